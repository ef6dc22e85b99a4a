"""Manifests beside each rule between fields: some that break it, and near ones that don't."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mto.spec.admission import RULES

GROUP: Final = "tenantoperator.stakater.com"


@dataclass(frozen=True)
class Case:
    """``broken``: the message of the rule that it breaks; empty where all is well."""

    kind: str
    spec: Mapping[str, Any]
    broken: str = ""
    name: str = ""

    @property
    def manifest(self) -> dict[str, Any]:
        version, name = _KINDS[self.kind]
        metadata = {"name": self.name or name}
        return {
            "apiVersion": version,
            "kind": self.kind,
            "metadata": metadata,
            "spec": dict(self.spec),
        }

    @property
    def id(self) -> str:
        return f"{self.kind} {self.name} {dict(self.spec)}"[:120]


_KINDS: Final = {
    "Tenant": (f"{GROUP}/v1beta3", "blue"),
    "Quota": (f"{GROUP}/v1beta1", "small"),
    "IntegrationConfig": (f"{GROUP}/v1beta1", "tenant-operator-config"),
    "TenantPolicy": ("mto.stakater.com/v1alpha1", "tenant-policy"),
}
_LONG: Final = "n" * 58
_ACCESS: Final = {"address": "a", "accessorPath": "b", "roleName": "c"}
_REF: Final = {**_ACCESS, "secretRef": {"name": "token"}}
_SSO: Final = {"ssoClient": "mto"}


def _tenant(broken: str = "", *, name: str = "", **spec: Any) -> Case:
    return Case("Tenant", {"quota": "small", **spec}, broken, name)


def _spaces(broken: str = "", **namespaces: Any) -> Case:
    return _tenant(broken, namespaces=namespaces)


def _toleration(broken: str = "", **toleration: str) -> Case:
    return _tenant(broken, pods={"tolerations": {"allowed": [{"key": "gpu"}, toleration]}})


def _limit(broken: str = "", **item: Any) -> Case:
    return Case("Quota", {"limitrange": {"limits": [item]}}, broken)


def _config(broken: str = "", **spec: Any) -> Case:
    return Case("IntegrationConfig", spec, broken)


def _access(broken: str = "", **access: Any) -> Case:
    return _config(broken, accessControl=access)


def _selector(operator: str, values: list[str] | None, broken: str = "") -> Case:
    expression = {"key": "stage", "operator": operator}
    expression |= {} if values is None else {"values": values}  # type: ignore[dict-item]
    custom = [{"labelSelector": {"matchExpressions": [expression]}}]
    return _access(broken, rbac={"tenantRoles": {"custom": custom}})


def _vault(broken: str = "", **vault: Any) -> Case:
    return _config(broken, integrations={"vault": vault})


def _admission(broken: str = "", **admission: Any) -> Case:
    return _config(broken, admission=admission)


_CROWDS: Final = ("system:authenticated", "system:serviceaccounts", "system:unauthenticated")
_VALUES: Final = "operators In and NotIn need at least one value"
_NO_VALUES: Final = "operators Exists and DoesNotExist take no values"
_KEY: Final = "a value needs the key that it belongs to"
_POD: Final = "default and defaultRequest are for type Container, not for Pod"
_CLAIM: Final = "type PersistentVolumeClaim needs min or max for storage"
_MANY: Final = "more namespaces are declared than the limit allows; raise the limit"
_TOO_LONG: Final = "a namespace's name, <tenant>-<name>, has at most 63 characters"
_TWICE: Final = "privileged is given here and under namespaceAccessPolicy; keep this one only"
_POLICY: Final = (
    "the name must be tenant-policy; with eight digits behind it, it is what mto audit proposes to "
    "itself"
)


def _everybody(group: str, consequence: str) -> str:
    return f"everybody is in {group!r}, so that {consequence}; name a group of administrators"


CASES: Final = (
    _spaces(withTenantPrefix=["dev", "qa"], withoutTenantPrefix=["lab"], limit=3),
    _spaces(limit=0),
    _spaces(_MANY, withTenantPrefix=["dev", "qa"], withoutTenantPrefix=["lab"], limit=2),
    _spaces(_MANY, withoutTenantPrefix=["lab"], limit=0),
    _spaces(withTenantPrefix=[_LONG]),
    _spaces(_TOO_LONG, withTenantPrefix=["dev", _LONG + "n"]),
    _tenant(name="b" * 60, namespaces={"withTenantPrefix": ["qa"]}),
    _tenant(_TOO_LONG, name="b" * 61, namespaces={"withTenantPrefix": ["qa"]}),
    _tenant(name="b" * 63, namespaces={"withoutTenantPrefix": ["n" * 63]}),
    _toleration(key="pool", value="blue"),
    _toleration(effect="NoSchedule"),
    _toleration(_KEY, value="blue"),
    _toleration(_KEY, value=""),
    _limit(type="Container", default={"cpu": 1}),
    _limit(type="Pod", max={"cpu": "2"}, default={}),
    _limit(_POD, type="Pod", default={"cpu": 1}),
    _limit(_POD, type="Pod", defaultRequest={"cpu": "1"}),
    _limit(type="PersistentVolumeClaim", min={"storage": "1Gi"}),
    _limit(type="PersistentVolumeClaim", max={"storage": "1Gi"}, min={}),
    _limit(_CLAIM, type="PersistentVolumeClaim"),
    _limit(_CLAIM, type="PersistentVolumeClaim", max={"cpu": 1}),
    _selector("In", ["play"]),
    _selector("In", None, _VALUES),
    _selector("NotIn", [], _VALUES),
    _selector("Exists", []),
    _selector("DoesNotExist", None),
    _selector("Exists", ["play"], _NO_VALUES),
    _access(privileged={"groups": ["admins"]}, namespaceAccessPolicy={"deny": {}}),
    _access(namespaceAccessPolicy={"privileged": {"groups": ["admins"]}}),
    _access(_TWICE, privileged={}, namespaceAccessPolicy={"privileged": {}}),
    *(
        _access(
            _everybody(group, "everybody would be privileged"),
            privileged={"groups": ["admins", group]},
        )
        for group in _CROWDS
    ),
    _admission(rules={"hosts": "Warn", "pods": "Audit"}, bypassGroups=["admins"]),
    _admission(rules=dict.fromkeys(RULES, "Deny")),
    _admission(f"no such rule; rules: {', '.join(RULES)}", rules={"host": "Warn"}),
    *(
        _admission(_everybody(group, "no rule would hold for anybody"), bypassGroups=[group])
        for group in _CROWDS
    ),
    _vault(enabled=True, accessInfo=_ACCESS, config=_SSO),
    _vault(enabled=False),
    _vault(),
    _vault("accessInfo is required when vault is enabled", enabled=True, config=_SSO),
    _vault("config is required when vault is enabled", enabled=True, accessInfo=_ACCESS),
    _vault(authMethod="token", accessInfo=_REF),
    _vault(authMethod="token"),
    _vault(
        "accessInfo.secretRef is required for authMethod token",
        authMethod="token",
        accessInfo=_ACCESS,
    ),
    Case("IntegrationConfig", {}, "the name must be tenant-operator-config", name="other"),
    Case("TenantPolicy", {"tenant": "blue"}),
    Case("TenantPolicy", {"tenant": "blue"}, name="tenant-policy-0123abcd"),
    Case("TenantPolicy", {"tenant": "blue"}, _POLICY, name="tenant-policy-0123abcde"),
)
