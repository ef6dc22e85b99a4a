"""Checkpoints that the real CLI wrote, carried on by the direct engine against a real API server.

The objects are made as that CLI made them (its field manager, by an update), under names of the
test's own; the records get these names and the objects' UIDs, and are else to the letter.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from mto.engine.port import Op, Result
from mto.local import cluster as planes
from mto.local.binaries import locate
from mto.local.cluster import Cluster as ControlPlane
from mto.plan.resource import Plan
from mto.state.checkpoint import Checkpoint, ResourceState, parse, serialise
from mto.state.filebackend import FileBackend
from mto.state.secret import Crypter, Secret, reveal
from tests.support import blue
from tests.support.kubectl import Kubectl
from tests.support.stack import GreenStack, ops

BERTA = "berta@example.org"
MANAGER = "--field-manager=pulumi-kubernetes"


@dataclass
class World:
    """One fixture's stack in a state and under names of its own."""

    bench: GreenStack
    admin: Kubectl
    space: str

    def moved(self, value: Any) -> Any:
        """The same with our names for its names."""
        if isinstance(value, str):
            return value.replace("blue-dev", self.space).replace("mto-sample", f"pl-{self.space}")
        if isinstance(value, Mapping):
            return {key: self.moved(one) for key, one in value.items()}
        return [self.moved(one) for one in value] if isinstance(value, list) else value

    def plan(self, **program: Any) -> Plan:
        plan = blue.plan(**program)
        resources = (
            replace(
                one,
                name=self.moved(one.name),
                inputs=self.moved(one.inputs),
                depends_on=tuple(key._replace(name=self.moved(key.name)) for key in one.depends_on),
            )
            for one in plan
        )
        return replace(plan, resources=tuple(resources), outputs=self.moved(plan.outputs))

    def checkpoint(self, name: str) -> Checkpoint:
        text = (blue.FIXTURES / f"checkpoint-{name}.json").read_text()
        return parse(self.moved(text).encode(), source=name)

    def opened(self, checkpoint: Checkpoint, value: Any) -> Any:
        """Its secrets in the clear."""
        crypter = Crypter(checkpoint.secrets_provider, settings=blue.PASSPHRASE, stack="dev.blue")
        return json.loads(json.dumps(reveal(value, crypter), default=_bare))

    def put(self, name: str, *, begun: int = 0) -> Path:
        """The cluster and the record as the CLI left them; so many of what is pending happened."""
        checkpoint = self.checkpoint(name)
        states = [self._made(checkpoint, one) for one in checkpoint.resources]
        for one in checkpoint.pending[:begun]:
            self._made(checkpoint, one.resource)
        path = self.bench.backend.root / ".pulumi/stacks/mto/dev.blue.json"
        path.parent.mkdir(parents=True)
        path.write_bytes(serialise(replace(checkpoint, resources=tuple(states))))
        return path

    def _made(self, checkpoint: Checkpoint, state: ResourceState) -> ResourceState:
        if not state.type.startswith("kubernetes:"):
            return state
        manifest = json.dumps(self.opened(checkpoint, state.inputs))
        answer = self.admin("create", MANAGER, "-f", "-", "-o", "json", stdin=manifest)
        assert answer.code == 0, answer.stderr
        metadata = {**state.outputs.get("metadata", {}), "uid": answer.json["metadata"]["uid"]}
        return replace(state, outputs={**state.outputs, "metadata": metadata})

    def up(self, **program: Any) -> Result:
        result = self.bench.up(self.plan(**program))
        assert result.ok, result.failures
        return result

    def told(self, checkpoint: Checkpoint) -> dict[str, Any]:
        """All of a record but what the CLI does not need: its own notes, live fields, the order."""
        return {
            one.urn: {
                "type": one.type,
                "custom": one.custom,
                "id": one.id,
                "parent": one.parent,
                "provider": one.provider,
                "inputs": self.opened(checkpoint, one.inputs),
                "__inputs": self.opened(checkpoint, one.outputs.get("__inputs")),
                "__fieldManager": one.outputs.get("__fieldManager"),
                "rest": (one.delete, one.protect, one.retain_on_delete, one.deleted_with),
            }
            for one in checkpoint.resources
        }

    @property
    def record(self) -> Checkpoint:
        found = self.bench.backend.load("dev.blue")
        assert found is not None
        return found

    def get(self, path: str, *what: str) -> str:
        answer = self.admin("-n", self.space, "get", *what, "-o", f"jsonpath={{{path}}}")
        assert answer.code == 0, answer.stderr
        return answer.stdout


def _bare(secret: Secret) -> Any:
    return secret.value


@pytest.fixture(scope="module")
def bare() -> Iterator[ControlPlane]:
    """A cluster without a platform: its policies would ask for what these old stacks don't have."""
    name = f"{os.environ['MTO_TEST_RUN']}-bare-{uuid4().hex[:4]}"
    yield planes.up(name)
    planes.down(name)


@pytest.fixture
def world(bare: ControlPlane, tmp_path: Path) -> World:
    space = f"b{uuid4().hex[:8]}"
    bench = GreenStack(bare, FileBackend(f"file://{tmp_path}"), space)
    admin = Kubectl(locate(["kubectl"])["kubectl"], bare.kubeconfig, tmp_path / "kubectl")
    return World(bench, admin, space)


@pytest.mark.parametrize(
    ("name", "program"),
    [
        pytest.param("1-created", {}, id="after the first up"),
        pytest.param(
            "2-updated", {"pods": "11", "owner": BERTA, "extra": True}, id="after another"
        ),
        pytest.param("4-repaired", {"pods": "11", "owner": BERTA, "extra": True}, id="mended"),
    ],
)
def test_where_nothing_changed_nothing_is_written(
    world: World, name: str, program: dict[str, Any]
) -> None:
    path = world.put(name)
    before = path.read_bytes()

    assert world.up(**program).changes == ()
    assert path.read_bytes() == before

    world.bench.run(lambda engine: engine.refresh("dev.blue", deadline=60, dry_run=False))
    assert world.up(**program).changes == ()
    assert world.told(world.record) == world.told(world.checkpoint(name))


def test_drift_that_the_cli_saw_is_repaired_and_recorded_as_the_cli_recorded_it(
    world: World,
) -> None:
    world.put("3-refreshed-after-drift")

    result = world.up(pods="11", owner=BERTA, extra=True)

    assert ops(result) == {
        f"RoleBinding/{world.space}/mto-owner-admin": Op.CREATE,
        f"ResourceQuota/{world.space}/mto": Op.UPDATE,
    }
    assert world.get(".spec.hard.pods", "resourcequota", "mto") == "11"
    assert world.get(".subjects[0].name", "rolebinding", "mto-owner-admin") == BERTA
    assert world.told(world.record) == world.told(world.checkpoint("4-repaired"))


def test_a_run_of_the_cli_that_was_killed_is_finished_without_doubling_anything(
    world: World,
) -> None:
    world.put("5-killed", begun=4)
    program: dict[str, Any] = {"pods": "12", "owner": BERTA, "services": 25}
    killed = world.checkpoint("5-killed")
    assert len(killed.pending) > 4

    world.up(**program)

    names = world.get(".items[*].metadata.name", "services").split()
    assert sorted(names) == sorted(f"svc{number}" for number in range(25))
    record = world.record
    assert record.pending == ()
    assert {one.name for one in record.resources if one.type.endswith(":Service")} == {
        f"{world.space}/svc{number}" for number in range(25)
    }
    told, before = world.told(record), world.told(killed)
    services = {urn for urn in before if ":Service::" in urn}
    assert services
    assert {urn: told[urn] for urn in services} == {urn: before[urn] for urn in services}
    assert world.up(**program).changes == ()
