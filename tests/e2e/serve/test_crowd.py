"""One tenant's trouble, or that of many, is not the others'."""

from __future__ import annotations

import json
import time
from itertools import pairwise

import pytest

from tests.support.mto import GROUP, Project, quota, tenant, unique
from tests.support.objects import config
from tests.support.service import Looks, Service, serving, soon

BROKEN = 10_000
STUCK = 10


@pytest.fixture
def crowd(request: pytest.FixtureRequest) -> int:
    """``--crowd 500`` for the size that is meant."""
    found: int = request.config.getoption("--crowd")
    return found


def ready(look: Looks, *names: str) -> None:
    for name in names:
        soon(lambda name=name: look.condition("tenant", name)[0] == "True")  # type: ignore[misc]


SETTINGS = {
    "apiVersion": f"{GROUP}/v1beta1",
    "kind": "IntegrationConfig",
    "metadata": {"name": "tenant-operator-config", "namespace": "multi-tenant-operator"},
    "spec": {},
}


def test_ten_thousand_broken_files_hold_nobody_up(served: Project, look: Looks) -> None:
    """As long as the IntegrationConfig is known, which might be in any of them."""
    name = unique("blue")
    served.declare(SETTINGS, file="settings.yaml")
    served.declare(quota(name), tenant(name, "dev", quota=name), file=f"{name}.yaml")
    folder = served.root / "tenants" / "broken"
    folder.mkdir()
    for number in range(BROKEN):
        (folder / f"{number}.yaml").write_text("kind: Tenant\n  metadata: {")
    with serving(served) as service:
        ready(look, name)
        served.declare(quota(name), tenant(name, "dev", "qa", quota=name), file=f"{name}.yaml")
        soon(lambda: look.labels(f"{name}-qa") != {})
        for one in folder.iterdir():
            one.unlink()
        served.declare(quota(name), tenant(name, "dev", "lab", quota=name), file=f"{name}.yaml")
        soon(lambda: look.labels(f"{name}-lab") != {})
        assert service.get("/readyz") == (200, "ok")


def test_a_tenant_that_always_fails_is_tried_ever_more_rarely_among_healthy_ones(
    served: Project, look: Looks, crowd: int
) -> None:
    word = unique("crowd")
    names = [f"{word}-{number}" for number in range(crowd)]
    foreign = unique("foreign")
    look.admin("create", "namespace", foreign)
    spaces = {"withoutTenantPrefix": [foreign]}
    bad = tenant(f"{word}-bad", "dev", quota=word, namespaces=spaces)
    served.declare(quota(word), bad, *(tenant(one, "dev", quota=word) for one in names))
    with serving(served) as service:
        ready(look, *names)
        soon(lambda: look.condition("tenant", f"{word}-bad")[1] == "Failed")
        assert f"Namespace {foreign}" in look.condition("tenant", f"{word}-bad")[2]
        assert look.labels(f"{word}-bad-dev")["stakater.com/tenant"] == f"{word}-bad"
        soon(lambda: len(waits(service, f"{word}-bad")) >= 3)
        pauses = waits(service, f"{word}-bad")
        assert all(later > before for before, later in pairwise(pauses))
        served.declare(quota(word), bad, *(tenant(one, "dev", "qa", quota=word) for one in names))
        soon(lambda: all(look.labels(f"{one}-qa") for one in (names[0], names[-1])))
        look.admin("delete", "namespace", foreign)
        answer = look.admin("annotate", "tenant", f"{word}-bad", "somebody=looked")
        assert answer.code == 0, answer.stderr


def waits(service: Service, name: str) -> list[float]:
    return [one["seconds"] for one in service.said("tried again later") if one["stack"] == name]


def test_namespaces_that_do_not_go_hold_up_no_other_tenant(served: Project, look: Looks) -> None:
    """More of them than there are places for turns."""
    word = unique("stuck")
    names = [f"{word}-{number}" for number in range(STUCK)]

    def declare(healthy: str, *spaces: str) -> None:
        served.declare(
            quota(word),
            tenant(f"{word}-healthy", healthy, quota=word),
            *(
                tenant(
                    one,
                    *spaces,
                    quota=word,
                    metadata={"annotations": {"mto.stakater.com/delete": f"{one}-qa"}},
                )
                for one in names
            ),
        )

    declare("dev", "dev", "qa")
    with serving(served):
        ready(look, *names, f"{word}-healthy")
        for one in names:
            held = config(f"{one}-qa", "held")
            held["metadata"]["finalizers"] = ["example.org/nobody"]
            assert look.admin("create", "-f", "-", stdin=json.dumps(held)).code == 0
        declare("dev", "dev")
        soon(lambda: all(going(look, f"{one}-qa") for one in names))
        begun = time.monotonic()
        declare("prod", "dev")
        soon(lambda: look.labels(f"{word}-healthy-prod") != {})
        assert all(going(look, f"{one}-qa") for one in names)
        assert time.monotonic() - begun < 90
        for one in names:
            free = '{"metadata":{"finalizers":null}}'
            look.admin("-n", f"{one}-qa", "patch", "configmap", "held", "--type=merge", "-p", free)
        ready(look, *names)


def going(look: Looks, space: str) -> bool:
    answer = look.admin("get", "namespace", space, "-o", "json")
    return answer.code == 0 and "deletionTimestamp" in answer.json["metadata"]
