"""A chaos run as a whole: load, bad days, calm again, and the comparison with a fresh provisioning.

The budget's history is kept in pieces: it ends where the API server is killed, since a new one
does not remember what was, and a new one begins afterwards.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from mto.cluster.client import Cluster
from mto.cluster.kubeconfig import load as connection_of
from mto.local import cluster as planes
from mto.local.binaries import locate
from mto.local.cluster import Cluster as ControlPlane
from mto.local.user import kubeconfig_for
from mto.spec.quantity import parse
from tests.support.budget import KINDS, judged
from tests.support.chaos import DAYS, FOREIGN, OTHERS, STUCK, Chaos, opened, said
from tests.support.history import History
from tests.support.kubectl import Kubectl
from tests.support.load import KEYS, OWNER, PLAIN, TENANT, Load
from tests.support.mto import Project
from tests.support.snapshot import everything, settled

CLIENTS: Final = 12
FORGETFUL: Final = ("kill_the_api_server", "pause_the_api_server", "forget_the_past")
PATIENCE: Final = 420.0
"""Seconds: longer than a tenant that failed again and again waits before it is tried."""
ELSEWHERE: Final = (
    *("APIService", "CertificateSigningRequest", "ControllerRevision", "CSINode", "Node"),
    *("FlowSchema", "PriorityLevelConfiguration", "EndpointSlice", "Endpoints", "IPAddress"),
    "ComponentStatus",
)
"""Kinds that tell of the control plane and not of what is declared."""
UNLIKE: Final = ("/kube-root-ca.crt", "Service/default/kubernetes")
"""Objects with the authority and the port of a control plane."""


@dataclass
class Ending:
    """``handed_out`` tells where more than the budget was; ``differences`` should be none."""

    days: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    states: int = 0
    handed_out: list[str] = field(default_factory=list)
    objects: int = 0
    differences: list[str] = field(default_factory=list)


def run(
    name: str, folder: Path, *, seed: int, seconds: float = 0.0, days: Sequence[str] = ()
) -> Ending:
    """These days in the seed's order, or any for so long; ``name`` and ``name``-fresh are left."""
    ending, plane = Ending(), planes.up(name)
    with opened(plane, folder, seed=seed) as chaos:
        ending.ended = chaos.ended
        assert chaos.rests(120), chaos.service.lines[-5:]
        with loaded(plane, folder, seed):
            ends = time.monotonic() + seconds
            chosen = chaos.chance.sample(days, len(days)) if days else _at_random(chaos, ends=ends)
            _bad_days(chaos, ending, iter(chosen))
        _calm(chaos)
        assert chaos.service.stop() == 0
        project = chaos.project
        again = project("up", "--refresh", "--expect-no-changes")
        assert again.code == 0, again.stdout[-2000:] + again.stderr[-2000:]
    _compare(ending, chaos.admin, _fresh(f"{name}-fresh", folder / "fresh", project))
    return ending


@contextmanager
def loaded(plane: ControlPlane, folder: Path, seed: int) -> Iterator[None]:
    """Anna and her people go on through everything, straight at the API server."""
    path = folder / "anna.kubeconfig"
    path.write_text(kubeconfig_for(plane.name, OWNER))
    load = Load(seconds=float("inf"), clients=CLIENTS, seed=seed, makers=3, edits=False)

    async def work() -> None:
        ways = [connection_of(one, None, current=True) for one in (path, plane.kubeconfig)]
        async with Cluster(ways[0], deadline=5) as owner, Cluster(ways[1], deadline=5) as admin:
            await load.run(owner, admin)

    thread = threading.Thread(target=asyncio.run, args=(work(),))
    thread.start()
    try:
        yield
    finally:
        load.over = True
        thread.join()


def _at_random(chaos: Chaos, *, ends: float) -> Iterator[str]:
    while time.monotonic() < ends:
        yield chaos.chance.choice(DAYS)


def _bad_days(chaos: Chaos, ending: Ending, days: Iterator[str]) -> None:
    """A history for each row of days on which the API server forgets nothing."""
    day = next(days, None)
    while day is not None:
        with _history(chaos, ending):
            while day is not None and day not in FORGETFUL:
                _through(chaos, ending, day)
                day = next(days, None)
        if day is not None:
            _through(chaos, ending, day)
            day = next(days, None)


def _through(chaos: Chaos, ending: Ending, day: str) -> None:
    chaos.supervise()
    said(day)
    ending.days[day] += 1
    getattr(chaos, day)()
    time.sleep(chaos.chance.uniform(0, 1.5))


@contextmanager
def _history(chaos: Chaos, ending: Ending) -> Iterator[None]:
    """Kept in a thread of its own while the block runs, and judged then."""
    over, begun = threading.Event(), threading.Event()
    kept: list[History] = []

    async def keep() -> None:
        async with Cluster(connection_of(chaos.plane.kubeconfig, None, current=True)) as cluster:
            history = History(cluster, KINDS)
            async with history.kept():
                begun.set()
                await asyncio.to_thread(over.wait)
            kept.append(history)

    thread = threading.Thread(target=asyncio.run, args=(keep(),))
    thread.start()
    assert begun.wait(90)
    try:
        yield
    finally:
        over.set()
        thread.join()
    found = judged(kept[0], tenant=TENANT, keys=KEYS)
    ending.states += found.moments
    ending.handed_out += found.told


def _calm(chaos: Chaos) -> None:
    """Everything mended, all that people made taken away, and the service at rest."""
    said("calm")
    chaos.release()
    chaos.admin("delete", "namespace", FOREIGN)
    # Stripped of its mark while the state was lost, an object is nobody's until somebody says so.
    unmarked = ("-l", "stakater.com/tenant,mto.stakater.com/managed!=true")
    chaos.admin("annotate", "rolebinding", "-A", *unmarked, "mto.stakater.com/adopt=true")
    # Whoever mends something says so: by itself the tenant is tried again after minutes.
    chaos.declared["failing"]["metadata"]["annotations"] = {"example.org/mended": "true"}
    for name in (*OTHERS, "failing"):
        chaos.write(name)
    chaos.admin("delete", "namespace", PLAIN, "--ignore-not-found", "--wait=false")
    own = [f"{TENANT}-own{number}" for number in range(3)]
    chaos.admin("delete", "namespace", *own, STUCK, "--ignore-not-found", "--wait=false")
    spaces = ("-l", f"stakater.com/tenant={TENANT}", "-o", "name")
    for space in chaos.admin("get", "namespaces", *spaces).stdout.split():
        name = space.removeprefix("namespace/")
        kinds = "deployments,pods,secrets"
        chaos.admin("-n", name, "delete", kinds, "--all", "--wait=false", "--force")
        chaos.admin("annotate", "namespace", name, "mto.stakater.com/request-quota-")
    ends = time.monotonic() + PATIENCE
    while restless := _restless(chaos):
        assert time.monotonic() < ends, restless
        time.sleep(1.0)


def _restless(chaos: Chaos) -> list[str]:
    """What there is still to wait for, for the message of a run that does not come to rest."""
    chaos.supervise()
    tenants = chaos.admin("get", "tenants", "-o", "json")
    if tenants.code:
        return [tenants.stderr]
    found = [said for one in tenants.json["items"] if (said := _unready(one))]
    names = (STUCK, PLAIN, *(f"{TENANT}-own{number}" for number in range(3)))
    left = chaos.admin("get", "namespaces", *names, "--ignore-not-found", "-o", "name").stdout
    found += [f"{one} is still there" for one in left.split()]
    if not found and not chaos.rests(10):
        found.append("the service goes on and on")
    return found


def _unready(live: dict[str, Any]) -> str:
    status = live.get("status") or {}
    if status.get("ready"):
        return ""
    told = [
        f"{one['type']}: {one['reason']}, {one['message']}" for one in status.get("conditions", ())
    ]
    return f"{live['metadata']['name']}: {'; '.join(told)}"


def _fresh(name: str, folder: Path, like: Project) -> Kubectl:
    """The same manifests on a control plane that never saw anything else."""
    plane = planes.up(name)
    project = Project(folder, plane.kubeconfig)
    for one in (like.root / "tenants").iterdir():
        (project.root / "tenants" / one.name).write_text(one.read_text())
    answer = project("up")
    assert answer.code == 0, answer.stderr
    return Kubectl(locate(["kubectl"])["kubectl"], plane.kubeconfig, folder / "kubectl")


def _compare(ending: Ending, after: Kubectl, fresh: Kubectl) -> None:
    one, other = _comparable(after), _comparable(fresh)
    ending.objects = len(other)
    ending.differences += [
        f"only after chaos: {name}" for name in sorted(one.keys() - other.keys())
    ]
    ending.differences += [f"only when fresh: {name}" for name in sorted(other.keys() - one.keys())]
    for name in sorted(one.keys() & other.keys()):
        if one[name] != other[name]:
            ending.differences.append(
                f"{name}: {json.dumps(one[name])} ≠ {json.dumps(other[name])}"
            )


def _comparable(kubectl: Kubectl) -> dict[str, Any]:
    """All objects of all kinds, without what is another in every cluster.

    Shares of a budget depend on who used it when: what counts is that they add up to it.
    """
    found: dict[str, Any] = {}
    budgets: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for name, live in settled(everything(kubectl)).items():
        space = live["metadata"].get("namespace", "")
        if live["kind"] in ELSEWHERE or space.startswith("kube-") or name.endswith(UNLIKE):
            continue
        for moving in ("uid", "creationTimestamp", "ownerReferences"):
            live["metadata"].pop(moving, None)
        if live["kind"] == "ResourceQuota":
            owner = live["metadata"]["labels"]["stakater.com/tenant"]
            for key, amount in live["spec"].pop("hard").items():
                budgets[owner][key] += parse(amount)
        found[name] = live
    shares = {
        f"budget of {name}": {key: str(one) for key, one in keys.items()}
        for name, keys in budgets.items()
    }
    return found | shares
