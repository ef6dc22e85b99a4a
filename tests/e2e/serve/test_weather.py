"""The API server's bad days: slow, refusing, breaking off, restarted, and forgetful."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

from aiohttp import web

from mto.local import cluster as planes
from mto.local.cluster import Cluster as ControlPlane
from tests.support.apiserver import Reply, refused
from tests.support.etcd import compact
from tests.support.mto import Project, quota, tenant, unique
from tests.support.proxy import Fault, door
from tests.support.service import Looks, serving, soon

FAULTS = (
    Fault(refused(429, "TooManyRequests", "too many", retryAfterSeconds=1)),
    Fault(Reply(503, headers={"Retry-After": "1"})),
    Fault(refused(500, "InternalError", "etcd is full")),
    Fault(lost=True),
    Fault(reset=True),
    Fault(seconds=0.5),
)
EXPIRED = Fault(refused(410, "Expired", "too old resource version"))


def declare(project: Project, names: list[str], *spaces: str) -> None:
    project.declare(quota(names[0]), *(tenant(one, *spaces, quota=names[0]) for one in names))


def ready(look: Looks, names: list[str]) -> None:
    for name in names:
        soon(lambda name=name: look.condition("tenant", name)[0] == "True")  # type: ignore[misc]


def test_what_is_refused_lost_slow_or_broken_off_costs_time_and_nothing_else(
    served: Project, spare: ControlPlane, look: Looks, tmp_path: Path
) -> None:
    names = [unique("blue") for _ in range(6)]
    chance = random.Random(7)  # noqa: S311

    def fault(*_: object) -> Fault | None:
        return chance.choice(FAULTS) if chance.random() < 0.15 else None

    declare(served, names, "dev")
    with door(spare.kubeconfig, lambda _, __: None, tmp_path) as way:
        served.configure(kubeconfig=str(way.kubeconfig))
        with serving(served) as service:
            way.decide, way.asked = fault, fault
            ready(look, names)
            way.cut()
            declare(served, names, "dev", "qa")
            soon(lambda: all(look.labels(f"{one}-qa") for one in names))
            way.cut()
            look.admin("-n", f"{names[0]}-qa", "delete", "resourcequota", "mto")
            soon(lambda: look.names("resourcequota", f"{names[0]}-qa") == {"mto"})
            assert way.faults > 20
            way.decide, way.asked = lambda _, __: None, lambda _: None
            ready(look, names)
            service.quiet()
        assert served("up", "--refresh", "--expect-no-changes").code == 0


def test_what_happened_while_watches_expired_is_found_by_looking_again(
    served: Project, spare: ControlPlane, look: Looks, tmp_path: Path
) -> None:
    """410 Gone, etcd compacted; and the API server killed and started again."""
    names = [unique("blue") for _ in range(2)]
    declare(served, names, "dev")
    away = False

    def asked(request: web.Request) -> Fault | None:
        watched = request.query.get("watch") == "true"
        return Fault(reset=True) if watched and away else None

    with door(spare.kubeconfig, lambda _, __: None, tmp_path) as way:
        way.asked = asked
        served.configure(kubeconfig=str(way.kubeconfig))
        with serving(served) as service:
            ready(look, names)
            service.quiet()
            away = True
            way.cut()
            look.admin("-n", f"{names[0]}-dev", "delete", "resourcequota", "mto")
            look.admin("delete", "namespace", f"{names[1]}-dev")
            way.asked = lambda request: EXPIRED if "watch" in request.query else None
            compact(spare.name)
            way.cut()
            way.asked = asked
            away = False
            soon(lambda: look.names("resourcequota", f"{names[0]}-dev") == {"mto"})
            soon(lambda: "mto" in look.names("resourcequota", f"{names[1]}-dev"))


def test_an_api_server_that_is_killed_and_started_again_is_worked_with_as_before(
    served: Project, spare: ControlPlane, look: Looks
) -> None:
    name = unique("blue")
    declare(served, [name], "dev")
    with serving(served) as service:
        ready(look, [name])
        (server,) = (one for one in spare.processes if one.program == "kube-apiserver")
        os.kill(server.pid, signal.SIGKILL)
        declare(served, [name], "dev", "qa")
        planes.up(spare.name)
        if service.process.poll() is None:
            soon(lambda: service.process.poll() is not None or bool(look.labels(f"{name}-qa")))
        if service.process.poll() is not None:  # the Lease could not be kept for ten seconds
            assert "could not be kept" in "".join(service.rest)
    with serving(served) as service:
        ready(look, [name])
        soon(lambda: bool(look.labels(f"{name}-qa")))
        service.quiet()
    assert served("up", "--refresh", "--expect-no-changes").code == 0
