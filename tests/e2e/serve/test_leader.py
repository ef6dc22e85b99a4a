"""Two replicas, one of them active; and a former leader is refused by the API server."""

from __future__ import annotations

import asyncio
import json
import signal
from dataclasses import replace
from pathlib import Path

from mto.cluster.client import Cluster
from mto.cluster.errors import Forbidden
from mto.cluster.kubeconfig import load
from mto.local.cluster import Cluster as ControlPlane
from mto.serve.leader import fence
from mto.serve.lease import LEASE, term
from mto.state import process
from tests.support.mto import ENVIRONMENT, Project, quota, tenant, unique, until
from tests.support.objects import config, namespace
from tests.support.service import Looks, serving, soon


def test_the_other_replica_takes_over_when_the_active_one_stops(
    served: Project, look: Looks
) -> None:
    name = unique("blue")
    with serving(served) as first:
        soon(lambda: bool(first.said("active")))
        with serving(served) as second:
            soon(lambda: bool(second.said("standing by")))
            assert second.metric("mto_leader") == 0
            assert first.metric("mto_leader") == 1
            assert first.stop() == 0
            soon(lambda: bool(second.said("active")))
            served.declare(quota(name), tenant(name, "dev", quota=name))
            soon(lambda: look.condition("tenant", name)[0] == "True")
            terms = [one.said("active")[0]["term"] for one in (first, second)]
            assert terms[1] == terms[0] + 1


def test_a_leader_that_was_paused_past_its_lease_ends_instead_of_going_on(
    served: Project, look: Looks
) -> None:
    name = unique("blue")
    with serving(served) as first:
        soon(lambda: bool(first.said("active")))
        with serving(served) as second:
            first.process.send_signal(signal.SIGSTOP)
            soon(lambda: bool(second.said("active")))
            former = first.said("active")[0]["term"]
            lock = locked(served, f"{ENVIRONMENT}.{name}", first.process.pid, term=former)
            served.declare(quota(name), tenant(name, "dev", quota=name))
            soon(lambda: look.condition("tenant", name)[0] == "True")
            assert not lock.exists()
            first.process.send_signal(signal.SIGCONT)
            assert first.ended() == 1
            told = "".join(first.rest)
            lease = "multi-tenant-operator/mto"
            assert told == f"mto: the lease {lease} could not be kept: somebody else holds it\n"
            assert second.process.poll() is None


def locked(project: Project, stack: str, pid: int, *, term: int) -> Path:
    """A lock as a process holds it that is paused in the middle of an update: alive, and silent."""
    owner = process.of(pid)
    content = {
        "pid": pid,
        "username": "mto",
        "hostname": "here",
        "timestamp": "2026-11-21T12:00:00Z",
        "mto": {
            "startTime": owner.started,
            "pidSpace": owner.space,
            "expires": "2126-11-21T12:00:00Z",
            "term": term,
        },
    }
    path = project.stacks.parents[1] / "locks/organization/mto" / stack / "0.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


async def refusal(plane: ControlPlane, space: str, *, of: int) -> tuple[int, str]:
    """The term of now, and what is said to a request of another one; a request of now passes."""
    connection = load(plane.kubeconfig, None, current=True)
    async with Cluster(connection) as plain:
        await plain.apply(namespace(space), manager="test")
        now = term(await plain.get(LEASE))
        refused = ""
        for number in (now, of or now - 1):
            headers = await fence(plain, number)
            async with Cluster(replace(connection, headers=headers)) as fenced:
                try:
                    await fenced.apply(config(space, f"in-term-{number}"), manager="test")
                except Forbidden as error:
                    refused = error.problem
        return now, refused


def test_the_api_server_refuses_what_is_sent_in_an_earlier_term(
    served: Project, spare: ControlPlane
) -> None:
    with serving(served):
        now, refused = asyncio.run(refusal(spare, unique("space"), of=0))
    assert (
        f"this was sent in term {now - 1} of the lease multi-tenant-operator/mto, which is in term "
        f"{now} now: another replica is active"
    ) in refused


def test_the_lease_is_kept_and_whoever_forces_it_away_lets_no_former_leader_in(
    served: Project, spare: ControlPlane, look: Looks
) -> None:
    lease = ("-n", LEASE.namespace, "lease", LEASE.name)
    with serving(served) as first:
        former = int(first.said("active")[0]["term"])
        until(lambda: look.admin("delete", *lease, "--dry-run=server").code == 1, seconds=60)
        kept = look.admin("delete", *lease)
        assert "tells the active replica of MTO from former ones, and stays." in kept.stderr
        back = look.admin("patch", *lease, "--type=merge", "-p", '{"spec":{"leaseTransitions":1}}')
        assert "leaseTransitions only grows" in back.stderr

        first.process.send_signal(signal.SIGSTOP)
        look.admin("delete", "validatingadmissionpolicybinding", "mto-lease")
        until(lambda: look.admin("delete", *lease).code == 0, seconds=60)
        with serving(served) as second:
            assert int(second.said("active")[0]["term"]) > former
            _, refused = asyncio.run(refusal(spare, unique("space"), of=former))
            assert f"this was sent in term {former} of the lease" in refused
            first.process.send_signal(signal.SIGCONT)
            assert first.process.wait(timeout=60) == 1
