"""The service as a process: what it tells, how it ends, and what a kill leaves."""

from __future__ import annotations

import time

from tests.support.mto import Project, quota, tenant, unique
from tests.support.service import Looks, Service, serving, soon


def declare(project: Project, count: int) -> list[str]:
    names = [unique("blue") for _ in range(count)]
    spaces = ("dev", "qa", "prod")
    project.declare(quota(names[0]), *(tenant(one, *spaces, quota=names[0]) for one in names))
    return names


def test_health_readiness_and_metrics_are_told(served: Project, look: Looks) -> None:
    (name,) = declare(served, 1)
    with serving(served) as service:
        soon(lambda: look.condition("tenant", name)[0] == "True")
        assert service.get("/healthz") == (200, "ok")
        assert service.metric('mto_updates_total{result="changed"}') >= 2
        assert service.metric('mto_steps_total{op="create"}') >= 15
        assert service.metric('mto_phase_seconds_count{phase="update"}') >= 2
        assert service.metric("mto_queue_depth") == 0
        (done,) = [one for one in service.said("") if one.get("stack") == name][:1]
        assert done["message"].endswith("changed")
        assert len(done["update"]) == 12


def test_nothing_to_do_writes_nothing(served: Project, look: Looks) -> None:
    (name,) = declare(served, 1)
    with serving(served) as service:
        soon(lambda: look.condition("tenant", name)[0] == "True")
        service.quiet()
    before = served.files()
    with serving(served) as service:
        service.quiet()
        assert service.metric('mto_updates_total{result="changed"}') == 0
    assert served.files() == before


def test_sigterm_in_the_middle_ends_cleanly_and_the_next_run_goes_on(
    served: Project, look: Looks
) -> None:
    names = declare(served, 12)
    with serving(served) as service:
        working(service)
        assert service.stop() == 0, service.rest
    assert list((served.root / ".state/.pulumi/locks").rglob("*.json")) == []
    complete(served, look, names)


def test_after_a_kill_the_next_run_goes_on_and_doubles_nothing(
    served: Project, look: Looks
) -> None:
    names = declare(served, 12)
    with serving(served) as service:
        working(service)
        service.process.kill()
        service.process.wait()
    complete(served, look, names)


def working(service: Service) -> None:
    ends = time.monotonic() + 60
    while service.metric("mto_updates_running") == 0:
        assert time.monotonic() < ends
        time.sleep(0.01)


def complete(project: Project, look: Looks, names: list[str]) -> None:
    with serving(project) as service:
        for name in names:
            soon(lambda name=name: look.condition("tenant", name)[0] == "True")  # type: ignore[misc]
        service.quiet()
    assert project("up", "--refresh", "--expect-no-changes").code == 0
