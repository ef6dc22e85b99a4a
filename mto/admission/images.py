"""Images: from which registries they may come, and whether a copy on the node may do.

The registry is the part before the first '/', if it has a '.', a ':' or an upper-case letter, or is
``localhost`` (as ``distribution/reference`` reads names); all else is an image without registry.
Docker Hub has two names, of which a TenantPolicy has both or none.
"""

from __future__ import annotations

from typing import Final

from mto.admission.allowed import NONE_REFUSED, compared, parameter
from mto.admission.podspecs import POD, POLICY, WORKLOADS, volumes
from mto.admission.rule import Check, Rule
from mto.admission.sentence import names, refused

_ALLOWED: Final = parameter("imageRegistries", "allowed")
_REGISTRY: Final = "value.find('^([^/]*[.:A-Z][^/]*|localhost)/').replace('/', '').lowerAscii()"


def rules() -> tuple[Rule, ...]:
    return (_registries(), _pulls())


def _registries() -> Rule:
    return Rule(
        name="images",
        summary="an image comes from a registry that is not allowed",
        matches=WORKLOADS,
        policy=POLICY,
        conditions={"governed": "has(params.spec.imageRegistries)"},
        variables={
            **POD,
            **compared(
                _images(""),
                _images("Before"),
                refuse=f"!({_REGISTRY} in {_ALLOWED})",
            ),
        },
        checks=(
            Check(
                NONE_REFUSED,
                refused(
                    "may not run image ",
                    names("variables.refused", unnamed="without a name"),
                    "; allowed registries: ",
                    names(_ALLOWED, unnamed="images that name none"),
                    field="spec.imageRegistries",
                ),
            ),
        ),
    )


def _pulls() -> Rule:
    """By image and not by container: a pod that runs can be given another image."""
    return Rule(
        name="image-pulls",
        summary="an image is not pulled each time that it is run",
        matches=WORKLOADS,
        policy=POLICY,
        conditions={"governed": f"{parameter('alwaysPullImages', default='false')} == true"},
        variables={
            **POD,
            **compared(
                _kept(""),
                _kept("Before"),
                refuse="true",
            ),
        },
        checks=(
            Check(
                NONE_REFUSED,
                refused(
                    "must pull images each time, lest it runs private ones that another tenant's "
                    "pod left on the node; set imagePullPolicy Always for image ",
                    names("variables.refused", unnamed="without a name"),
                    everybody="spec.tenantPolicies.alwaysPullImages",
                ),
            ),
        ),
    )


def _images(when: str) -> str:
    """Those of all containers, and those that are mounted as volumes; ``when``: "" or "Before"."""
    mounted = f"{volumes(f'variables.pod{when}')}.filter(one, has(one.image))"
    return _named(f"variables.containers{when}", mounted)


def _kept(when: str) -> str:
    """Those of which a copy on the node will do."""
    return _named(
        f"variables.containers{when}.filter(one, one.?imagePullPolicy.orValue('') != 'Always')",
        f"{volumes(f'variables.pod{when}')}.filter(one, has(one.image) && "
        "one.image.?pullPolicy.orValue('') != 'Always')",
    )


def _named(running: str, mounted: str) -> str:
    return (
        f"{running}.map(one, one.?image.orValue('')) + "
        f"{mounted}.map(one, one.image.?reference.orValue(''))"
    )
