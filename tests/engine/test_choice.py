"""Which engine carries a stack out, and what is said where that one is not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from mto.cluster.ref import Ref
from mto.components.errors import ExtraFailed
from mto.components.extra import Extra
from mto.engine.choice import ChosenEngine
from mto.engine.direct.engine import DirectEngine, Vault
from mto.engine.direct.quota import QUOTA
from mto.engine.errors import NeedsCli
from mto.engine.port import EngineName, Op, Result
from mto.engine.pulumi.engine import PulumiEngine
from mto.engine.pulumi.errors import CliMissing, PluginMissing
from mto.plan.resource import Plan, Resource
from mto.state.checkpoint import Checkpoint, ResourceState
from tests.support.pulumi import STACK, Objects, StandIn, kubernetes
from tests.support.updates import BLUE, planned, thing

PLAN = planned(thing("one"))
AUTO, DIRECT, PULUMI = EngineName.AUTO, EngineName.DIRECT, EngineName.PULUMI
BUCKET = """
import pulumi

def tenant(component, tenant, cluster):
    options = pulumi.ResourceOptions(parent=component)
    pulumi.CustomResource("aws:s3/bucket:Bucket", "data", {"a": "b"}, options)
"""
ADDED = "Bucket/data (aws:s3/bucket:Bucket)"


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[StandIn]:
    with closing(StandIn(tmp_path)) as one:
        one.environ["PULUMI_CONFIG_PASSPHRASE"] = ""
        yield one


def preview(standin: StandIn, wanted: EngineName, *, deadline: float = 60) -> Result:
    async def work(engine: PulumiEngine) -> Result:
        direct = DirectEngine(cast("Any", standin.cluster), standin.backend, vault=Vault({}))
        chosen = ChosenEngine(direct, engine, standin.backend, wanted=wanted)
        return await chosen.preview(PLAN, deadline=deadline)

    return standin.run(work)


def extend(standin: StandIn, text: str = BUCKET) -> None:
    (standin.root / "own.py").write_text(text)
    standin.extra = Extra(standin.root, "own.py", "tenant", "blue")


def record_bucket(standin: StandIn) -> None:
    urn = "urn:pulumi:dev.blue::mto::aws:s3/bucket:Bucket::data"
    state = ResourceState(urn, "aws:s3/bucket:Bucket", id="b-1")
    root = ResourceState(
        f"urn:pulumi:{STACK}::mto::pulumi:pulumi:Stack::mto-{STACK}",
        "pulumi:pulumi:Stack",
        custom=False,
    )
    standin.backend.save(Checkpoint(STACK, (root, state)))


def test_what_the_direct_engine_can_run_it_runs(standin: StandIn) -> None:
    result = preview(standin, AUTO)
    assert (result.engine, result.chosen) == ("direct", "")
    assert not standin.log.exists()


def test_a_stack_with_resources_of_the_project_s_own_goes_to_the_cli(standin: StandIn) -> None:
    extend(standin)
    result = preview(standin, AUTO)
    assert result.engine == "pulumi"
    assert result.chosen == f"only Pulumi's CLI can run {ADDED}"
    step = next(one for one in result.steps if one.object == "Bucket/data")
    assert step.because == "own.py: tenant()"


def test_a_function_that_adds_nothing_needs_no_cli(standin: StandIn) -> None:
    extend(standin, "def tenant(component, tenant, cluster):\n    pass\n")
    assert preview(standin, AUTO).engine == "direct"


def test_a_record_with_another_provider_s_resource_goes_to_the_cli(standin: StandIn) -> None:
    record_bucket(standin)
    assert preview(standin, AUTO).engine == "pulumi"


def test_the_direct_engine_names_what_it_can_not_run_and_touches_nothing(
    standin: StandIn,
) -> None:
    extend(standin)
    with pytest.raises(NeedsCli) as error:
        preview(standin, DIRECT)
    assert str(error.value) == (
        f"stack 'dev.blue' has what only Pulumi's CLI can run: {ADDED}; use --engine auto or pulumi"
    )
    assert standin.backend.stacks() == []


def test_without_a_cli_such_a_stack_is_refused_with_what_is_missing(standin: StandIn) -> None:
    extend(standin)
    standin.environ["PATH"] = "/nowhere"
    with pytest.raises(NeedsCli) as error:
        preview(standin, AUTO)
    assert str(error.value) == (
        f"stack 'dev.blue' has what only Pulumi's CLI can run: {ADDED}; {CliMissing('/nowhere')}"
    )


def test_asked_for_by_name_the_cli_must_be_there(standin: StandIn) -> None:
    (standin.path / "pulumi-resource-kubernetes").unlink()
    standin.environ["PATH"] = f"{standin.path}:/nowhere"
    with pytest.raises(PluginMissing) as error:
        preview(standin, PULUMI)
    assert "looked for in pulumi-resource-kubernetes on the PATH" in str(error.value)


def test_asked_for_by_name_it_runs_everything(standin: StandIn) -> None:
    result = preview(standin, PULUMI)
    assert result.engine == "pulumi"
    assert set(kubernetes(result)) == {"ConfigMap/one"}


def test_a_function_that_fails_fails_its_stack_by_name(standin: StandIn) -> None:
    extend(standin, "def tenant(component, tenant, cluster):\n    raise KeyError('region')\n")
    with pytest.raises(ExtraFailed) as error:
        preview(standin, PULUMI)
    assert str(error.value) == "own.py: tenant(): KeyError: 'region' (line 2)"


def test_a_function_that_takes_its_process_along_is_reported(standin: StandIn) -> None:
    extend(standin, "import os\n\ndef tenant(component, tenant, cluster):\n    os._exit(3)\n")
    with pytest.raises(NeedsCli) as error:
        preview(standin, DIRECT)
    assert str(error.value) == (
        "stack 'dev.blue' has what only Pulumi's CLI can run: own.py: tenant(): it did not end "
        "within 30 s, or ended the process it ran in; use --engine auto or pulumi"
    )


@dataclass
class Live(Objects):
    """The cluster as the direct engine sees it; what is patched is kept."""

    patched: list[tuple[Ref, Any]] = field(default_factory=list)

    async def patch(self, ref: Ref, patch: Any, **_: Any) -> None:
        self.patched.append((ref, patch))


def holding(live: Mapping[str, Any]) -> Live:
    return Live({str(Ref.of(live)): live})


def carried_out(standin: StandIn, plan: Plan, live: Live) -> Result:
    async def work(engine: PulumiEngine) -> Result:
        direct = DirectEngine(cast("Any", live), standin.backend, vault=Vault(standin.environ))
        chosen = ChosenEngine(direct, engine, standin.backend, wanted=PULUMI)
        return await chosen.up(plan, deadline=60, watch=lambda _: None)

    return standin.run(work)


def test_a_look_at_some_objects_goes_the_direct_way_and_only_the_update_to_the_cli(
    standin: StandIn,
) -> None:
    standin.up(PLAN)
    (urn,) = (PLAN.urn(one.key) for one in PLAN if one.kubernetes)
    calls = len(standin.calls)

    async def look(engine: PulumiEngine) -> Result:
        direct = DirectEngine(cast("Any", Live()), standin.backend, vault=Vault(standin.environ))
        chosen = ChosenEngine(direct, engine, standin.backend, wanted=PULUMI)
        return await chosen.refresh(STACK, deadline=60, dry_run=False, only={urn})

    assert kubernetes(standin.run(look)) == {"ConfigMap/one": Op.DELETE}
    result = carried_out(standin, PLAN, Live())
    assert kubernetes(result) == {"ConfigMap/one": Op.CREATE}
    assert standin.calls[calls:] == ["up"]


def test_quotas_that_the_cli_wrote_count_at_once(standin: StandIn) -> None:
    metadata = {"name": "mto", "namespace": "blue-dev"}
    manifest = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata}
    hard = {"hard": {"pods": "5"}}
    quota = Resource(QUOTA, "blue-dev/quota", {**manifest, "spec": hard}, BLUE.key)
    live = holding({**manifest, "status": {"hard": {"pods": "9", "services": "1"}}})
    plan = planned(quota)

    assert carried_out(standin, plan, live).ok
    assert live.patched == [
        (Ref.of(manifest), {"status": {"hard": {"services": None, "pods": "5"}}})
    ]
    assert carried_out(standin, plan, live).ok
    assert len(live.patched) == 1  # nothing was written, nothing is enforced
