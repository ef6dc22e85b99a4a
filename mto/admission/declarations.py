"""Tenants, Quotas, IntegrationConfigs, Extensions and TenantPolicies: written by the platform."""

from __future__ import annotations

from typing import Final

from mto.admission.cel import quoted
from mto.admission.rights import BYPASS, GUARDS, holds
from mto.admission.rule import Check, Exempt, Match, Rule, Selects
from mto.admission.sentence import cannot
from mto.spec.labels import USED_BY

_MTO: Final = "tenantoperator.stakater.com"
_WRITTEN: Final = ("CREATE", "UPDATE", "DELETE")
_USERS: Final = (
    "(oldObject.?status.?usedBy.orValue([]).size() > 0 ? oldObject.status.usedBy.join(', ') : "
    f"oldObject.metadata.?annotations[?{quoted(USED_BY)}].orValue(''))"
)
"""Both count: `pulumi up` writes no status, and what the cluster declares has no annotation."""

_DECLARED: Final = Rule(
    name="declarations",
    summary="tenants, quotas and MTO's settings are written by the platform alone",
    matches=(
        Match(
            _MTO,
            tuple(
                resource
                for kind in ("tenants", "quotas", "integrationconfigs", "extensions")
                for resource in (kind, f"{kind}/status")
            ),
            operations=_WRITTEN,
        ),
        Match("mto.stakater.com", ("tenantpolicies",), operations=_WRITTEN),
    ),
    checks=(
        Check(
            "false",
            cannot(
                "it belongs to the platform, and privileged users alone write it; change the "
                "manifest that declares it"
            ),
        ),
    ),
    parameters=False,
    exempt=Exempt.GUARD,
    selects=Selects.EVERYTHING,
)

_IN_USE: Final = Rule(
    name="quotas-in-use",
    summary="a quota that a tenant uses stays",
    matches=(Match(_MTO, ("quotas",), operations=("DELETE",)),),
    checks=(
        Check(
            f"{_USERS} == ''",
            "'Cannot DELETE quota ' + request.name + ': it is the budget of ' + "
            f"{_USERS} + '; give these tenants another quota first'",
            asks=holds(BYPASS, GUARDS),
        ),
    ),
    parameters=False,
    exempt=Exempt.BYPASS,
    selects=Selects.EVERYTHING,
)

RULES: Final = (_DECLARED, _IN_USE)
