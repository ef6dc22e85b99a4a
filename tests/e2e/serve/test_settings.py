"""Settings that changed while no service ran are rolled out, and halted, as if one had run."""

from __future__ import annotations

from tests.support.mto import GROUP, Manifest, Project, members, quota, tenant, unique
from tests.support.service import Looks, Service, serving, soon


def settings(*roles: str) -> Manifest:
    owner = {"clusterRoles": list(roles)}
    return {
        "apiVersion": f"{GROUP}/v1beta1",
        "kind": "IntegrationConfig",
        "metadata": {"name": "tenant-operator-config"},
        "spec": {"accessControl": {"rbac": {"tenantRoles": {"default": {"owner": owner}}}}},
    }


def tried(service: Service) -> set[str]:
    """Tenants whose update failed."""
    return {str(one["stack"]) for one in service.said("tried again later")}


def test_settings_that_changed_meanwhile_are_halted_when_they_do_harm_also_over_a_restart(
    served: Project, look: Looks
) -> None:
    team = unique("team")
    names = [f"{team}-{letter}" for letter in "abcde"]
    access = members(owners=["anna"])
    world = [
        quota(team, pods=50),
        *(tenant(name, "dev", quota=team, accessControl=access) for name in names),
    ]

    def told() -> str:
        answer = look.admin(
            *("-n", "multi-tenant-operator", "get", "integrationconfig"),
            *("tenant-operator-config", "-o", "json"),
        )
        conditions = answer.json.get("status", {}).get("conditions", ())
        return next((one["message"] for one in conditions if one["type"] == "RolledOut"), "")

    def ready(*wanted: str) -> bool:
        return all(look.condition("tenant", name)[0] == "True" for name in wanted)

    halted = (
        f"halted after 3 of 5 tenants failed: {', '.join(names[:3])}; "
        "2 keep the settings from before"
    )
    served.declare(settings("admin"), *world)
    with serving(served) as service:
        soon(lambda: ready(*names))
        service.quiet()
    served.declare(settings("no/role"), *world)  # which the API server refuses
    for _ in range(2):
        with serving(served) as service:
            soon(lambda: tried(service) >= set(names[:3]))
            soon(lambda: told() == halted)
            assert ready(*names[3:])
            assert all(
                "mto-owner-admin" in look.names("rolebindings", f"{one}-dev") for one in names[3:]
            )
            assert not tried(service) & set(names[3:])
    served.declare(settings("edit"), *world)
    with serving(served):
        soon(lambda: ready(*names))
        assert all("mto-owner-edit" in look.names("rolebindings", f"{one}-dev") for one in names)
