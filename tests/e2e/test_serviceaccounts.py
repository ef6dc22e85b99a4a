"""Service accounts that no pod may run as, on every kind, as the API server judges them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mto.local.cluster import Cluster as ControlPlane
from tests.support.kubectl import UserKubeconfig
from tests.support.mto import until
from tests.support.tenancy import SPEC, Tenancy, tenancies, workloads

SENTENCE = (
    "service-accounts: tenant 'TENANT' may not run pods as service account '{}' ('default' where "
    "none is named); denied: 'default', 'deployer'; ask an administrator to change "
    "spec.serviceAccounts of Tenant 'TENANT'"
)
KINDS = sorted(workloads(SPEC))


@pytest.fixture(scope="module")
def tenants(
    control_plane: ControlPlane,
    user_kubeconfig: UserKubeconfig,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Tenancy]]:
    specs: dict[str, dict[str, Any]] = {
        "strict": {"serviceAccounts": {"denied": ["default", "deployer"]}},
        "empty": {"serviceAccounts": {}},
    }
    folder = tmp_path_factory.mktemp("accounts")
    with tenancies(control_plane, user_kubeconfig, folder, **specs) as found:
        strict = found["strict"]
        for name in ("web", "deployer"):
            strict.given(account(name))
        until(lambda: strict.create(workloads(SPEC)["Pod"]) != [""])
        yield found


def account(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("named", "answer"),
    [
        pytest.param({"serviceAccountName": "web"}, "", id="allowed"),
        pytest.param({"serviceAccount": "web"}, "", id="allowed by the deprecated name"),
        pytest.param({}, SENTENCE.format("default"), id="none is default"),
        pytest.param({"serviceAccountName": "deployer"}, SENTENCE.format("deployer"), id="denied"),
        pytest.param(
            {"serviceAccount": "deployer"},
            SENTENCE.format("deployer"),
            id="denied by the deprecated name",
        ),
    ],
)
def test_every_kind_is_judged(
    tenants: dict[str, Tenancy], kind: str, named: dict[str, str], answer: str
) -> None:
    assert tenants["strict"].create(workloads({**SPEC, **named})[kind]) == [answer]


def test_an_empty_list_denies_nothing(tenants: dict[str, Tenancy]) -> None:
    assert tenants["empty"].create(*workloads(SPEC).values()) == [""] * len(KINDS)


def test_what_was_there_before_can_be_scaled(tenants: dict[str, Tenancy]) -> None:
    strict = tenants["strict"]
    made = strict.given(workloads({**SPEC, "serviceAccountName": "deployer"})["Deployment"])
    made["spec"]["replicas"] = 2
    assert strict.update(made) == ""
    for name in ("serviceAccountName", "serviceAccount"):
        del made["spec"]["template"]["spec"][name]
    assert strict.update(made) == SENTENCE.format("default")
