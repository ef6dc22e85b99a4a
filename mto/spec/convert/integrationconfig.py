"""IntegrationConfig v1alpha1 as v1beta1. What v1beta1 has no place for is said, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from mto.spec.convert.fields import Converted, Manifest, Moves, get, mapping, put
from mto.spec.convert.v1alpha1 import Config
from mto.spec.integrationconfig import NAMESPACE
from mto.spec.origin import Origin, Path
from mto.spec.validate import validate

GROUP: Final = "tenantoperator.stakater.com"
OLD: Final = f"{GROUP}/v1alpha1"
NEW: Final = f"{GROUP}/v1beta1"
OLD_NAMESPACE: Final = "stakater-tenant-operator"
"""Where the operator, and with it this manifest, lived up to 0.9."""

Said = tuple[Path, str]

_PRIVILEGED: Final = ("spec", "accessControl", "privileged")
_VAULT: Final = ("spec", "integrations", "vault")
MOVES: Final[Moves] = (
    (("spec", "openshift", "project"), ("spec", "metadata", "namespaces")),
    (("spec", "openshift", "sandbox"), ("spec", "metadata", "sandboxes")),
    (("spec", "openshift", "group"), ("spec", "metadata", "groups")),
    (("spec", "openshift", "privilegedNamespaces"), (*_PRIVILEGED, "namespaces")),
    (("spec", "openshift", "privilegedServiceAccounts"), (*_PRIVILEGED, "serviceAccounts")),
    (("spec", "openshift", "clusterAdminGroups"), (*_PRIVILEGED, "groups")),
    (
        ("spec", "openshift", "namespaceAccessPolicy"),
        ("spec", "accessControl", "namespaceAccessPolicy"),
    ),
    (("spec", "tenantRoles"), ("spec", "accessControl", "rbac", "tenantRoles")),
    (("spec", "argocd"), ("spec", "integrations", "argocd")),
    (("spec", "vault", "enabled"), (*_VAULT, "enabled")),
    (("spec", "vault", "address"), (*_VAULT, "accessInfo", "address")),
    (("spec", "vault", "accessorPath"), (*_VAULT, "accessInfo", "accessorPath")),
    (("spec", "vault", "roleName"), (*_VAULT, "accessInfo", "roleName")),
    (("spec", "vault", "sso", "clientName"), (*_VAULT, "config", "ssoClient")),
    (("spec", "vault"), _VAULT),
    (("spec", "provision", "console"), ("spec", "components", "console")),
    (("spec", "provision", "showback"), ("spec", "components", "showback")),
    (("spec", "provision", "trustedRootCert"), ("spec", "components", "trustedRootCert")),
    *(
        (("spec", "provision", "ingress", *path), ("spec", "components", "ingress", *path))
        for path in (
            ("ingressClassName",),
            ("console", "host"),
            ("console", "tlsSecretName"),
            ("gateway", "host"),
            ("gateway", "tlsSecretName"),
        )
    ),
    (("spec", "provision"), ("spec", "components")),
)
_WHOLE: Final = (("spec", "vault"), ("spec", "provision"))
"""Places for lines only: what is within them moves one by one."""

_NO_PLACE: Final = "has no place in v1beta1 and is left out"
_BY_ENDPOINT: Final = (
    "is left out: with endpoint, as up to 0.9, it does not say what v1beta1 needs; write "
    "spec.integrations.vault yourself, with accessInfo (address, accessorPath, roleName) and "
    "config (ssoClient)"
)
_NONE_AT_ALL: Final[Mapping[Path, str]] = {
    ("spec", "nexus"): f"{_NO_PLACE}: MTO looks after no Nexus any more",
    ("spec", "rhsso"): f"{_NO_PLACE}: people log in through Dex, which spec.components.dex sets up",
    ("spec", "provision", "ingress", "keycloak"): f"{_NO_PLACE}: there is no Keycloak any more",
}


def to_v1beta1(manifest: Mapping[str, Any], origin: Origin) -> Converted:
    """The IntegrationConfig as v1beta1, or what is wrong with it in terms of v1alpha1."""
    clean = {key: value for key, value in manifest.items() if key != "status"}
    found = validate(Config, clean, origin)
    if isinstance(found, list):
        return Converted(problems=tuple(found))
    new = _moved(manifest)
    said = [
        (("apiVersion",), "IntegrationConfig v1alpha1 is read as v1beta1"),
        *_home(new),
        *((path, why) for path, why in _NONE_AT_ALL.items() if get(manifest, path)),
        *_vault(manifest, new),
        *_pages(manifest, new),
    ]
    return Converted((new,), tuple(said), {"IntegrationConfig": MOVES})


def _moved(manifest: Mapping[str, Any]) -> Manifest:
    new = {**manifest, "apiVersion": NEW, "spec": {}}
    for old, path in MOVES:
        value = get(manifest, old)
        if value is not None and old not in _WHOLE:
            put(new, path, value)
    return new


def _home(new: Manifest) -> Iterator[Said]:
    if get(new, ("metadata", "namespace")) == OLD_NAMESPACE:
        new["metadata"] = {**new["metadata"], "namespace": NAMESPACE}
        yield ("metadata", "namespace"), f"{OLD_NAMESPACE!r} is read as {NAMESPACE!r}"


def _vault(manifest: Mapping[str, Any], new: Manifest) -> Iterator[Said]:
    """Up to 0.9 Vault was reached by URL and token, without what v1beta1 asks for."""
    vault = mapping(get(manifest, ("spec", "vault")))
    if vault.get("endpoint") and not vault.get("address"):
        integrations = mapping(new["spec"].pop("integrations", None))
        if others := {key: one for key, one in integrations.items() if key != "vault"}:
            new["spec"]["integrations"] = others
        yield ("spec", "vault"), _BY_ENDPOINT
        return
    for path in (("endpoint",), ("sso", "accessorID")):
        if get(vault, path):
            yield ("spec", "vault", *path), f"{_NO_PLACE}: accessorPath takes its part"


def _pages(manifest: Mapping[str, Any], new: Manifest) -> Iterator[Said]:
    """Console and cost pages were on by default and are off now, so what was meant is written."""
    pages = ("console", "showback")
    silent = [one for one in pages if get(manifest, ("spec", "provision", one)) is None]
    for one in silent:
        put(new, ("spec", "components", one), value=True)
    if silent:
        told = " and ".join(f"{one}: true" for one in silent)
        said = f"v1alpha1 has them on unless told otherwise, so spec.components says {told}"
        yield ("spec", "provision"), said
    yield from _classes(mapping(get(manifest, ("spec", "provision", "ingress"))), new)


def _classes(ingress: Mapping[str, Any], new: Manifest) -> Iterator[Said]:
    """One ingress class is left where each page could have its own."""
    name = "ingressClassName"
    shared = ("spec", "components", "ingress", name)
    for page in ("console", "gateway"):
        own = get(ingress, (page, name))
        if own and not get(new, shared):
            put(new, shared, own)
        elif own and own != get(new, shared):
            kept = get(new, shared)
            said = f"{own!r} is left out: v1beta1 has one ingress class for all pages, {kept!r}"
            yield ("spec", "provision", "ingress", page, name), said
