"""What manifests say of others: a Tenant's Quota, an Extensions' Tenant and its Argo CD."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from mto.spec.extensions import Extensions
from mto.spec.integrationconfig import NAME, IntegrationConfig
from mto.spec.origin import Declared
from mto.spec.problem import Note, Problem, near
from mto.spec.quota import Quota
from mto.spec.tenant import Tenant

_LISTED = 10


def check(
    tenants: Mapping[str, Declared[Tenant]],
    quotas: Mapping[str, Declared[Quota]],
    extensions: Mapping[str, Declared[Extensions]],
    *,
    config: Declared[IntegrationConfig],
    unsure: Callable[[str, str], bool],
) -> Iterator[Problem]:
    """``unsure(kind, name)``: it may be declared in what could not be read, so it is not missed."""
    for tenant in tenants.values():
        name = tenant.value.spec.quota
        if name not in quotas and not unsure("Quota", name):
            said = f"quota {name!r} is not declared{_known('quotas', name, quotas)}"
            yield Problem.at(tenant.origin, ("spec", "quota"), said)
    seen: dict[str, Declared[Extensions]] = {}
    for one in extensions.values():
        name = one.value.spec.tenant_name
        path = ("spec", "tenantName")
        if name not in tenants and not unsure("Tenant", name):
            said = f"tenant {name!r} is not declared{_known('tenants', name, tenants)}"
            yield Problem.at(one.origin, path, said)
        if (first := seen.setdefault(name, one)) is not one:
            said = f"tenant {name!r} has Extensions already, in {first.origin.at()}"
            yield Problem.at(one.origin, path, said)
        if one.value.spec.argo_cd is not None and not unsure("IntegrationConfig", NAME):
            yield from _without_argocd(one, config)


def _without_argocd(
    extensions: Declared[Extensions], config: Declared[IntegrationConfig]
) -> Iterator[Note]:
    argocd = config.value.spec.integrations.argocd
    where = "spec.integrations.argocd"
    if argocd is None:
        why = f"but the IntegrationConfig does not say where Argo CD is ({where}.namespace)"
    elif not argocd.enabled:
        why = f"but {config.origin.at('spec', 'integrations', 'argocd', 'enabled')} has Argo CD off"
    else:
        return
    said = f"asks for an AppProject, {why}: none is made"
    yield Note.at(extensions.origin, ("spec", "argoCD"), said)


def _known(what: str, name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    if hint := near(name, names):
        return hint
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"; declared {what}: {', '.join(names[:_LISTED]) or 'none'}{more}"
