"""Parsing and serialising, against files that the real CLI wrote."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import orjson
import pytest

from mto.state.checkpoint import (
    Checkpoint,
    Manifest,
    Operation,
    ResourceState,
    instant,
    parse,
    serialise,
)
from mto.state.errors import StateUnreadable, StateUnsupported
from mto.state.secret import Secret

FIXTURES = Path(__file__).parents[1] / "fixtures" / "checkpoints"
NAMES = [
    "checkpoint-0-empty",
    "checkpoint-1-created",
    "checkpoint-2-updated",
    "checkpoint-3-refreshed-after-drift",
    "checkpoint-4-repaired",
    "checkpoint-5-killed",
    "checkpoint-6-destroyed",
    "checkpoint-options",
]
ROOT = "urn:pulumi:dev.blue::mto::pulumi:pulumi:Stack::mto-dev.blue"


def content(name: str) -> bytes:
    return (FIXTURES / f"{name}.json").read_bytes()


def fixture(name: str) -> Checkpoint:
    return parse(content(name), source=name)


def test_every_fixture_is_covered() -> None:
    assert sorted(path.stem for path in FIXTURES.glob("*.json")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_what_the_cli_wrote_is_written_again_to_the_letter(name: str) -> None:
    written = serialise(fixture(name))

    compact = json.dumps(json.loads(content(name)), separators=(",", ":"))
    assert written.decode() == compact


def test_a_resource_is_read_into_its_fields() -> None:
    quota = next(
        one for one in fixture("checkpoint-options").resources if one.name == "blue-dev/quota"
    )

    namespace = (
        "urn:pulumi:dev.blue::mto::mto:tenancy:Tenant$kubernetes:core/v1:Namespace::blue-dev"
    )
    assert quota.type == "kubernetes:core/v1:ResourceQuota"
    assert quota.custom
    assert quota.id == "blue-dev/mto"
    assert quota.inputs["spec"] == {"hard": {"pods": "10"}}
    assert quota.parent == "urn:pulumi:dev.blue::mto::mto:tenancy:Tenant::blue"
    assert quota.dependencies == (namespace,)
    assert quota.provider.rpartition("::")[0].endswith("pulumi:providers:kubernetes::cluster")
    assert quota.property_dependencies["spec"] == []
    assert quota.retain_on_delete
    assert quota.deleted_with == namespace
    assert not quota.protect
    assert not quota.delete
    assert quota.extra == {}


def test_options_and_secret_outputs_are_read() -> None:
    by_name = {one.name: one for one in fixture("checkpoint-options").resources}

    assert by_name["blue-dev"].protect
    assert by_name["blue-dev/pull"].additional_secret_outputs == ("data", "stringData")


def test_pending_operations_of_a_killed_run_are_read() -> None:
    pending = fixture("checkpoint-5-killed").pending

    assert {one.type for one in pending} == {Operation.CREATING}
    assert len(pending) == 8
    assert pending[0].resource.name == "blue-dev/svc13"
    assert pending[0].resource.id == ""


def test_a_stack_without_a_deployment_is_an_empty_one() -> None:
    bare = b'{"version":3,"checkpoint":{"stack":"organization/mto/dev.blue"}}'

    assert parse(bare, source="x") == Checkpoint("dev.blue")


def test_unknown_keys_survive_at_every_level() -> None:
    whole: dict[str, Any] = {
        "version": 3,
        "checkpoint": {
            "stack": "organization/mto/dev.blue",
            "config": {"mto:a": "b"},
            "latest": {
                "manifest": {
                    "time": "2026-01-01T00:00:00Z",
                    "magic": "",
                    "version": "",
                    "plugins": [{"name": "kubernetes"}],
                },
                "resources": [
                    {"urn": ROOT, "custom": False, "type": "t", "initErrors": ["e"], "new": {}}
                ],
                "metadata": {"integrity_error": {"version": "v3"}},
                "newer": None,
            },
        },
        "note": 1,
    }

    checkpoint = parse(orjson.dumps(whole), source="x")

    assert checkpoint.resources[0].extra == {"initErrors": ["e"], "new": {}}
    assert orjson.loads(serialise(checkpoint)) == whole


def test_resources_marked_for_deletion_do_not_hide_their_successors() -> None:
    new = ResourceState(ROOT, "t", id="new")
    old = replace(new, id="old", delete=True)

    assert Checkpoint("dev.blue", (new, old)).by_urn == {ROOT: new}


def test_a_name_may_hold_the_separator() -> None:
    assert ResourceState("urn:pulumi:dev::mto::t::a::b", "t").name == "a::b"


def test_our_stamp_is_the_time_and_no_version() -> None:
    berlin = timezone(timedelta(hours=1))
    stamped = fixture("checkpoint-1-created").stamped(datetime(2026, 1, 2, 3, 4, 5, 6, berlin))

    assert stamped.manifest == Manifest("2026-01-02T02:04:05.000006Z", magic="", version="")


def test_an_instant_always_has_its_fraction() -> None:
    assert instant(datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-02T00:00:00.000000Z"


def test_a_secret_that_was_not_concealed_is_never_written() -> None:
    resource = ResourceState(ROOT, "t", inputs={"data": Secret("hunter2")})

    with pytest.raises(TypeError, match="Secret") as caught:
        serialise(Checkpoint("dev.blue", (resource,)))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            b"[]", "blue.json can't be read: it is no Pulumi checkpoint", id="another thing"
        ),
        pytest.param(
            b'{"checkpoint":{}}',
            "blue.json can't be read: it is no Pulumi checkpoint",
            id="no version",
        ),
        pytest.param(
            b'{"version":3,"checkpoint":{"stack":1}}',
            "blue.json can't be read: it is no Pulumi checkpoint "
            "(AttributeError: 'int' object has no attribute 'rsplit')",
            id="stack is a number",
        ),
        pytest.param(
            b'{"version":3,"checkpoint":{"stack":"x","latest":{"resources":[{"type":"t"}]}}}',
            "blue.json can't be read: it is no Pulumi checkpoint (KeyError: 'urn')",
            id="a resource without URN",
        ),
        pytest.param(
            b'{"version":3,"checkpoint":{"stack":"x","latest":{"resources":[{"urn":"u"}]}}}',
            "blue.json can't be read: it is no Pulumi checkpoint (ValueError: 'u' is no URN)",
            id="a URN that is none",
        ),
        pytest.param(
            b'{"version":3,"checkpoint":{"stack":"x","latest":{"pending_operations":'
            b'[{"resource":{"urn":"urn:pulumi:d::m::t::n","type":"t"},"type":"dreaming"}]}}}',
            "blue.json can't be read: it is no Pulumi checkpoint "
            "(ValueError: 'dreaming' is not a valid Operation)",
            id="an unknown operation",
        ),
    ],
)
def test_what_is_no_checkpoint_is_refused(text: bytes, message: str) -> None:
    with pytest.raises(StateUnreadable) as caught:
        parse(text, source="blue.json")
    assert str(caught.value) == message


def test_half_a_file_is_refused() -> None:
    half = content("checkpoint-1-created")[:5000]

    with pytest.raises(StateUnreadable, match=r"^blue\.json can't be read: it is no JSON \("):
        parse(half, source="blue.json")


@pytest.mark.parametrize(
    ("head", "message"),
    [
        pytest.param(
            {"version": 4},
            "blue.json is a checkpoint of version 4, MTO reads version 3: a newer Pulumi wrote "
            "it. Use --engine pulumi, or a newer MTO",
            id="newer",
        ),
        pytest.param(
            {"version": 2},
            "blue.json is a checkpoint of version 2, MTO reads version 3: an old Pulumi wrote "
            "it. Run `pulumi refresh` with a current one, which rewrites it",
            id="older",
        ),
        pytest.param(
            {"version": 3, "features": ["views", "taint"]},
            "blue.json uses features that MTO does not know: views, taint. "
            "Use --engine pulumi, or a newer MTO",
            id="features",
        ),
    ],
)
def test_another_version_is_refused_with_what_to_do(head: dict[str, Any], message: str) -> None:
    with pytest.raises(StateUnsupported) as caught:
        parse(orjson.dumps(head | {"checkpoint": {"stack": "x"}}), source="blue.json")
    assert str(caught.value) == message
