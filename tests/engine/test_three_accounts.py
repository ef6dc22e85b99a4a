"""One plan, three accounts of it that must agree in every detail, for every example.

The *plan* itself; the *registrations* that the Pulumi program makes of it, which are what the CLI
acts on; and the *record* that the direct engine leaves. An option that one of them forgets would be
a change as soon as a stack goes from one engine to the other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import metadata
from typing import Any

import pytest

from mto.engine.direct.diff import PROVIDER_VERSION, actions
from mto.engine.direct.record import Recorder
from mto.engine.port import Op
from mto.plan.observed import Observed
from mto.plan.resource import PROJECT, PROVIDER, SECRET, STACK, Plan, Resource
from mto.state.checkpoint import Checkpoint, ResourceState, serialise
from mto.state.integrity import verify
from mto.state.secret import SECRET_SIGNATURE, SIGNATURE_KEY, Crypter, Secret, conceal, reveal
from tests.support import blue, plans
from tests.support.options import HAND_MADE
from tests.support.registrations import Registration, run

ID = "an-id"
"""Of the provider; each engine makes up its own."""


@dataclass(frozen=True)
class Account:
    """A resource as it must be, whoever speaks of it. ``secrets``: outputs that stay hidden."""

    type: str
    name: str
    custom: bool
    inputs: Mapping[str, Any]
    parent: str
    dependencies: frozenset[str] = frozenset()
    provider: str = ""
    version: str = ""
    deleted_with: str = ""
    protect: bool = False
    retain_on_delete: bool = False
    secrets: tuple[str, ...] = ()
    outputs: Mapping[str, Any] | None = None
    """Of components and of the stack itself; those of objects come from the cluster."""


Accounts = dict[str, Account]


# ---- the plan ------------------------------------------------------------------------------------


def planned(plan: Plan) -> Accounts:
    """What the plan says, in Pulumi's words: a provider's settings are text."""
    root = Account(STACK, f"{PROJECT}-{plan.stack}", custom=False, inputs={}, parent="")
    found = {plan.root_urn: replace(root, outputs=plan.outputs)}
    return found | {plan.urn(one.key): _planned(plan, one) for one in plan}


def _planned(plan: Plan, one: Resource) -> Account:
    hidden = ("data", "stringData") if one.type == SECRET else ()
    return Account(
        type=one.type,
        name=one.name,
        custom=not one.component,
        inputs={key: _said(one, key, value) for key, value in one.inputs.items()},
        parent=plan.urn(one.parent) if one.parent else plan.root_urn,
        dependencies=frozenset(plan.urn(key) for key in one.depends_on),
        provider=f"{plan.urn(plan.provider.key)}::{ID}" if one.kubernetes else "",
        version=PROVIDER_VERSION if one.type == PROVIDER else "",
        deleted_with=plan.urn(one.deleted_with) if one.deleted_with else "",
        protect=one.protect,
        retain_on_delete=one.retain_on_delete,
        secrets=hidden,
        outputs=plan.outputs if one.component else None,
    )


def _said(one: Resource, key: str, value: Any) -> Any:
    if one.type == PROVIDER and not isinstance(value, str):
        return json.dumps(value)
    hidden = one.type == SECRET and key in ("data", "stringData")
    return Secret(value) if hidden else value


# ---- the program ---------------------------------------------------------------------------------


def registered(plan: Plan) -> Accounts:
    """What the program asks Pulumi's engine for."""
    monitor = run(plan)
    return {
        urn: _registered(one, monitor.outputs.get(urn))
        for urn, one in monitor.registrations.items()
    }


def _registered(one: Registration, outputs: Mapping[str, Any] | None) -> Account:
    return Account(
        type=one.type,
        name=one.name,
        custom=one.custom,
        inputs=_opened(one.inputs),
        parent=one.parent,
        dependencies=one.dependencies,
        provider=one.provider.replace("::cluster::cluster", f"::cluster::{ID}"),
        version=one.version if one.type == PROVIDER else "",
        deleted_with=one.deleted_with,
        protect=one.protect,
        retain_on_delete=one.retain_on_delete,
        secrets=one.secret_outputs,
        outputs=outputs,
    )


def _opened(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    if value.get(SIGNATURE_KEY) == SECRET_SIGNATURE:
        return Secret(value["value"])
    return {key: _opened(one) for key, one in value.items()}


# ---- the direct engine ---------------------------------------------------------------------------


def carried_out(plan: Plan) -> Checkpoint:
    """The record of a stack that the direct engine made, every request answered."""
    empty = Checkpoint(plan.stack, secrets_provider=blue.checkpoint("1-created").secrets_provider)
    keys = _keys(empty)
    todo = actions(plan, empty, reveal=lambda value: reveal(value, keys))
    recorder = Recorder(plan, empty, ID, lambda value, before: conceal(value, keys, before=before))
    done = {one.urn: f"uid-{one.step.object}" if one.request else "" for one in todo}
    return recorder.ended(todo, done, doubtful=frozenset())


@cache
def _crypter(salt: str) -> Crypter:
    provider = {"type": "passphrase", "state": {"salt": salt}}
    return Crypter(provider, settings=blue.PASSPHRASE, stack="dev.blue")


def _keys(checkpoint: Checkpoint) -> Crypter:
    assert checkpoint.secrets_provider is not None
    return _crypter(checkpoint.secrets_provider["state"]["salt"])


def recorded(plan: Plan) -> Accounts:
    """What the record says, its secrets opened."""
    checkpoint = carried_out(plan)
    verify(checkpoint)
    keys = _keys(checkpoint)
    return {one.urn: _recorded(one, keys) for one in checkpoint.resources}


def _recorded(one: ResourceState, keys: Crypter) -> Account:
    inputs = dict(reveal(one.inputs, keys))
    inputs.pop("__internal", None)
    version = inputs.pop("version", "") if one.type == PROVIDER else ""
    return Account(
        type=one.type,
        name=one.name,
        custom=one.custom,
        inputs=inputs,
        parent=one.parent,
        dependencies=frozenset(one.dependencies),
        provider=one.provider,
        version=version,
        deleted_with=one.deleted_with,
        protect=one.protect,
        retain_on_delete=one.retain_on_delete,
        secrets=one.additional_secret_outputs,
        outputs=None if one.custom else one.outputs,
    )


# ---- all three -----------------------------------------------------------------------------------


def lived_in() -> dict[str, Plan]:
    """Tenants whose namespaces are there: a purged one, one kept, self-made ones."""
    observed = Observed(
        {
            "blue-own": plans.live("blue-own", managed=False),
            "blue-old": plans.live("blue-old"),
        }
    )
    marks = "metadata: {common: {labels: {team: blue}}}"
    purge = f"namespaces: {{withTenantPrefix: [dev], onDeletePurgeNamespaces: true, {marks}}}"
    kept = f"namespaces: {{withTenantPrefix: [dev], {marks}}}"
    classes = "storageClasses: {allowed: [fast]}\n"
    return {
        "namespaces of owners, purged": plans.plan(plans.ANNA + classes + purge, observed),
        "namespaces of owners, kept": plans.plan(plans.ANNA + classes + kept, observed),
    }


PLANS = {**plans.examples(), **lived_in(), **HAND_MADE}
EVERY = pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)


@EVERY
def test_plan_program_and_record_agree(plan: Plan) -> None:
    wanted = planned(plan)
    assert registered(plan) == wanted
    assert recorded(plan) == wanted


@EVERY
def test_a_field_that_is_not_to_be_compared_is_so_for_both_engines(plan: Plan) -> None:
    """A checkpoint has no place for it: the program registers it, the direct engine heeds it."""
    asked = run(plan).registrations
    known, keys = carried_out(plan), _keys(carried_out(plan))
    for one in plan:
        urn = plan.urn(one.key)
        assert asked[urn].ignore_changes == one.ignore_changes
        for path in one.ignore_changes:
            other = replace(one, inputs=_edited(one.inputs, _keys_of(path)))
            assert other.inputs != one.inputs
            edited = tuple(other if two.key == one.key else two for two in plan)
            found = actions(
                replace(plan, resources=edited), known, reveal=lambda value: reveal(value, keys)
            )
            assert [two.step.op for two in found if two.urn == urn] == [Op.SAME]


def _edited(inputs: Mapping[str, Any], path: Sequence[str]) -> dict[str, Any]:
    """The same with another value at ``path``."""
    head, *rest = path
    inner = inputs.get(head, {})
    return {**inputs, head: _edited(inner, rest) if rest else "edited"}


def _keys_of(path: str) -> list[str]:
    """``metadata.annotations["a.b/c"]`` as its keys."""
    return [dotted or quoted for quoted, dotted in re.findall(r"""\["([^"]+)"\]|([\w-]+)""", path)]


def test_the_examples_use_every_option_that_is_compared() -> None:
    """Else the comparison above could not fail."""
    accounts = [one for plan in PLANS.values() for one in planned(plan).values()]
    for option in ("dependencies", "provider", "deleted_with", "protect", "retain_on_delete"):
        assert any(getattr(one, option) for one in accounts), option
    assert any(one.secrets for one in accounts)
    assert any(one.ignore_changes for plan in PLANS.values() for one in plan)
    kinds = {one.type.rsplit(":", 1)[-1] for one in accounts}
    assert {"NamespacePatch", "ServiceAccountPatch", "AppProject", "Secret"} <= kinds


@EVERY
def test_no_secret_stands_in_the_record(plan: Plan) -> None:
    assert b"s3cr3t" not in serialise(carried_out(plan))


@EVERY
def test_what_is_recorded_is_no_change_in_the_next_update(plan: Plan) -> None:
    known = carried_out(plan)
    keys = _keys(known)
    found: Iterator[Op] = (
        one.step.op for one in actions(plan, known, reveal=lambda value: reveal(value, keys))
    )
    assert set(found) == {Op.SAME}
    recorder = Recorder(plan, known, ID, lambda value, before: conceal(value, keys, before=before))
    assert recorder.unchanged()


def test_both_engines_ask_for_one_version_of_the_plug_in() -> None:
    assert metadata.version("pulumi_kubernetes") == PROVIDER_VERSION
