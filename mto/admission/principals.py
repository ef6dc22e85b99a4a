"""Who stands outside of the rules: CEL over ``request.userInfo``, from the IntegrationConfig.

A service account is privileged by its own list only: tenants choose the names of theirs, and an
expression for people that isn't anchored would match them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mto.admission.cel import either, listed, matches, quoted
from mto.admission.rule import Exempt
from mto.spec.integrationconfig import IntegrationConfig, Principals

USER: Final = "request.userInfo.username"
GROUPS: Final = "request.userInfo.?groups.orValue([])"
ALWAYS_PRIVILEGED: Final = "kube:admin"
"""OpenShift's first administrator."""
SERVICE_ACCOUNT: Final = "system:serviceaccount:"


def principals(config: IntegrationConfig) -> dict[str, str]:
    """Variables, in an order in which each uses only those before it.

    ``bypass``, ``privileged`` (with those that are denied) and ``denied``.
    """
    access = config.spec.access_control
    people = access.privileged
    account = f"{USER}.startsWith({quoted(SERVICE_ACCOUNT)})"
    accounts, users = matches(USER, people.service_accounts), matches(USER, people.users)
    trusted = either(
        (
            f"{USER} == {quoted(ALWAYS_PRIVILEGED)}",
            _in_groups(people.groups),
            f"{account} ? ({accounts}) : ({users})",
        )
    )
    return {
        "bypass": _in_groups(config.spec.admission.bypass_groups),
        "privileged": f"variables.bypass || {trusted}",
        "denied": either(_named(access.namespace_access_policy.deny.privileged_namespaces)),
    }


EXEMPT: Final = {
    Exempt.NOBODY: "false",
    Exempt.BYPASS: "variables.bypass",
    Exempt.PRIVILEGED: "variables.bypass || (variables.privileged && !variables.denied)",
    Exempt.GUARD: "variables.bypass || (variables.privileged && !variables.denied)",
}
"""The variable ``exempt`` by who is let through; holders of the guards' verb are asked for last."""


NEEDED: Final = {
    Exempt.NOBODY: (),
    Exempt.BYPASS: ("bypass",),
    Exempt.PRIVILEGED: ("bypass", "privileged", "denied"),
    Exempt.GUARD: ("bypass", "privileged", "denied"),
}
"""Variables that a rule may use besides its own, by who is let through."""


def _named(principals: Principals) -> Iterator[str]:
    yield f"{USER} in {listed(principals.users)}"
    yield _in_groups(principals.groups)


def _in_groups(groups: tuple[str, ...]) -> str:
    return f"{GROUPS}.exists(group, group in {listed(groups)})"
