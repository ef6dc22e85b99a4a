from __future__ import annotations

from typing import Any

import pytest

from mto.spec.tenant import ClassAccess, Members
from tests.support.manifests import tenant


@pytest.mark.parametrize(
    ("declared", "access"),
    [
        pytest.param({}, None, id="absent: not governed"),
        pytest.param({"storageClasses": {}}, ClassAccess(), id="{}: all"),
        pytest.param(
            {"storageClasses": {"allowed": []}}, ClassAccess(allowed=()), id="empty list: all"
        ),
        pytest.param(
            {"storageClasses": {"allowed": ["fast"]}},
            ClassAccess(allowed=("fast",)),
            id="a list: only these",
        ),
    ],
)
def test_access_to_classes_has_three_states(
    declared: dict[str, Any], access: ClassAccess | None
) -> None:
    assert tenant(**declared).spec.storage_classes == access


def test_parts_that_are_absent_are_empty_and_not_missing() -> None:
    spec = tenant().spec
    assert spec.access_control.owners == Members()
    assert spec.namespaces.with_tenant_prefix == ()
    assert spec.namespaces.sandboxes.enabled is False
    assert spec.namespaces.metadata.common.labels == {}
    assert spec.host_validation_config is None


def test_roles_come_highest_first() -> None:
    blue = tenant(accessControl={"owners": {"users": ["anna"]}, "viewers": {"groups": ["support"]}})
    assert blue.roles() == (
        ("owner", Members(users=("anna",))),
        ("editor", Members()),
        ("viewer", Members(groups=("support",))),
    )
