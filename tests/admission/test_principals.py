from __future__ import annotations

from mto.admission.principals import principals
from mto.spec.integrationconfig import IntegrationConfig

NOBODY = principals(IntegrationConfig())


def made(**access: object) -> dict[str, str]:
    return principals(IntegrationConfig.model_validate({"spec": {"accessControl": access}}))


def test_by_default_only_the_clusters_administrators_bypass() -> None:
    assert NOBODY["bypass"] == (
        "request.userInfo.?groups.orValue([])"
        '.exists(group, group in ["system:cluster-admins", "system:masters"])'
    )


def test_the_first_administrator_of_openshift_is_always_privileged() -> None:
    assert 'request.userInfo.username == "kube:admin"' in NOBODY["privileged"]


def test_an_expression_for_people_is_never_asked_of_a_service_account() -> None:
    found = made(privileged={"users": ["admin"], "serviceAccounts": [r"^system:x\.y$"]})
    assert found["privileged"].endswith(
        '(request.userInfo.username.startsWith("system:serviceaccount:") '
        r'? ((request.userInfo.username.matches("^system:x\\.y$"))) '
        ': ((request.userInfo.username.matches("admin"))))'
    )


def test_groups_are_names() -> None:
    found = made(privileged={"groups": ["platform.admins"]})
    assert 'exists(group, group in ["platform.admins"])' in found["privileged"]


def test_those_who_must_leave_tenants_alone_are_named() -> None:
    deny = {"privilegedNamespaces": {"users": ["robot"], "groups": ["robots"]}}
    found = made(namespaceAccessPolicy={"deny": deny})
    assert found["denied"] == (
        '(request.userInfo.username in ["robot"]) || '
        '(request.userInfo.?groups.orValue([]).exists(group, group in ["robots"]))'
    )
