"""``deploy/service/manifests``: what `mto:service` comes to, for those who deploy with kubectl."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import yaml
from typing_extensions import override

from mto.plan import rights
from mto.plan.labels import ADOPT
from mto.plan.service import MANIFESTS, RESTRICTED, manifests
from mto.spec.integrationconfig import NAMESPACE
from mto.spec.service import Deployed, Git, Service, State

ENVIRONMENT: Final = "production"
_NOTICE: Final = "# Generated from the code by `mto schema`: the same as `mto:service` deploys.\n"


def files() -> Mapping[str, str]:
    """By name. Image, repository and the Secret of the state are the reader's to fill in."""
    spec = Service(
        image="mto:latest",
        git=Git(repository="https://git.example.org/platform/tenants.git"),
        state=State(secret="mto-state"),  # noqa: S106 - a Secret's name
    )
    config = {"mto:inCluster": True, "mto:tenants": f"{MANIFESTS}/{spec.git.path}"}
    settings = yaml.safe_dump({"config": config}, sort_keys=False)
    everything = list(manifests(Deployed(spec, settings), ENVIRONMENT))
    own = list(rights.manifests())
    return {
        "kustomization.yaml": _text(
            [
                {
                    "apiVersion": "kustomize.config.k8s.io/v1beta1",
                    "kind": "Kustomization",
                    "resources": ["namespace.yaml", "rights.yaml", "service.yaml"],
                }
            ]
        ),
        "namespace.yaml": _text([_namespace()]),
        "rights.yaml": _text(own),
        "service.yaml": _text(one for one in everything if one not in own),
    }


def _namespace() -> dict[str, Any]:
    """The platform's first update takes it over."""
    metadata = {"name": NAMESPACE, "annotations": {ADOPT: "true"}, "labels": RESTRICTED}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


class _Plain(yaml.SafeDumper):
    """Without anchors."""

    @override
    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def _text(objects: Iterable[Mapping[str, Any]]) -> str:
    body = yaml.dump_all(objects, Dumper=_Plain, sort_keys=False, width=100, allow_unicode=True)
    return f"{_NOTICE}{body}"
