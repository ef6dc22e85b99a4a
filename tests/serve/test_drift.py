from __future__ import annotations

from typing import Any

import pytest

from mto.cluster.ref import Ref
from mto.serve.drift import Drift, Ledger, culprit, expected

STACK = "dev.blue"
KIND = ("v1", "ResourceQuota")
REF = Ref("v1", "ResourceQuota", "mto", "blue-dev")
URN = "urn:pulumi:dev.blue::mto::kubernetes:core/v1:ResourceQuota::blue-dev/quota"


def quota(pods: str, *managers: tuple[str, str, str], **labels: str) -> dict[str, Any]:
    fields = [
        {"manager": manager, "operation": operation, "time": time}
        for manager, operation, time in managers
    ]
    metadata = {"name": "mto", "namespace": "blue-dev", "labels": {"mine": "true", **labels}}
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {**metadata, "managedFields": fields},
        "spec": {"hard": {"pods": pods}, "scopes": ["BestEffort"]},
        "status": {"used": {"pods": "3"}},
    }


DECLARED = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "mto", "namespace": "blue-dev", "labels": {"mine": "true"}},
    "spec": {"hard": {"pods": "5"}},
}


@pytest.fixture
def ledger() -> Ledger:
    found = Ledger()
    found.begin(STACK)
    assert found.expect(STACK, {REF: (URN, DECLARED)}) == ()
    assert found.seen(quota("5")) is None
    assert found.complete(KIND) == ()
    found.settle()
    return found


def test_what_was_left_as_it_was_is_no_drift_whatever_others_add(ledger: Ledger) -> None:
    assert ledger.seen(quota("5", more="label")) is None


def test_an_edit_is_drift_with_what_changed_and_who_did_it(ledger: Ledger) -> None:
    drift = ledger.seen(quota("9", ("mto", "Apply", "2026-01-01"), ("kubectl-edit", "Update", "2")))
    assert drift is not None
    assert (drift.ref, drift.urn, drift.gone, drift.who) == (
        REF,
        URN,
        False,
        "kubectl-edit (Update)",
    )
    assert drift.told == "~ spec.hard.pods: 5 → 9"


def test_a_deletion_is_drift(ledger: Ledger) -> None:
    drift = ledger.vanished(REF)
    assert drift == Drift(REF, URN, gone=True)
    assert drift.told == "it was deleted"


def test_an_object_that_is_nobody_s_is_no_drift(ledger: Ledger) -> None:
    other = quota("1")
    other["metadata"]["name"] = "theirs"
    assert ledger.seen(other) is None
    assert ledger.vanished(Ref.of(other)) is None


def test_what_happens_during_an_update_is_judged_after_it(ledger: Ledger) -> None:
    ledger.begin(STACK)
    assert ledger.seen(quota("7")) is None
    assert ledger.seen(quota("9", ("kubectl", "Update", "1"))) is None
    (drift,) = ledger.expect(STACK, {REF: (URN, DECLARED)})
    assert (drift.told, drift.who) == ("~ spec.hard.pods: 5 → 9", "kubectl (Update)")


def test_our_own_writes_during_an_update_are_no_drift(ledger: Ledger) -> None:
    ledger.begin(STACK)
    assert ledger.seen(quota("8")) is None
    changed = {**DECLARED, "spec": {"hard": {"pods": "8"}}}
    assert ledger.expect(STACK, {REF: (URN, changed)}) == ()


def test_an_object_made_and_deleted_during_one_update_is_missed_afterwards() -> None:
    ledger = Ledger()
    ledger.settle()
    ledger.begin(STACK)
    assert ledger.seen(quota("5")) is None
    assert ledger.vanished(REF) is None
    assert ledger.expect(STACK, {REF: (URN, DECLARED)}) == (Drift(REF, URN, gone=True),)


def test_an_update_that_failed_leaves_what_was_expected_before(ledger: Ledger) -> None:
    ledger.begin(STACK)
    assert ledger.vanished(REF) is None
    assert ledger.end(STACK) == (Drift(REF, URN, gone=True),)


def test_what_changed_while_nobody_watched_is_found_by_the_first_listing() -> None:
    ledger = Ledger()
    assert ledger.seen(quota("9")) is None
    ledger.begin(STACK)
    (drift,) = ledger.expect(STACK, {REF: (URN, DECLARED)}, untouched=[REF])
    assert drift.told == "~ spec.hard.pods: 5 → 9"


def test_what_was_deleted_while_nobody_watched_is_found_by_the_first_update() -> None:
    ledger = Ledger()
    assert ledger.complete(KIND) == ()
    ledger.begin(STACK)
    found = ledger.expect(STACK, {REF: (URN, DECLARED)}, untouched=[REF])
    assert found == (Drift(REF, URN, gone=True),)


def test_an_object_just_made_is_not_missed_because_the_watch_lags() -> None:
    ledger = Ledger()
    assert ledger.complete(KIND) == ()
    ledger.begin(STACK)
    assert ledger.expect(STACK, {REF: (URN, DECLARED)}) == ()


def test_a_listing_without_it_says_that_it_is_gone(ledger: Ledger) -> None:
    other = Ledger()
    other.begin(STACK)
    assert other.expect(STACK, {REF: (URN, DECLARED)}) == ()
    assert other.complete(KIND) == (Drift(REF, URN, gone=True),)
    assert ledger.complete(KIND) == ()


def test_what_is_planned_no_more_is_not_missed(ledger: Ledger) -> None:
    ledger.begin(STACK)
    assert ledger.vanished(REF) is None
    assert ledger.expect(STACK, {}) == ()
    assert ledger.vanished(REF) is None
    assert ledger.of(STACK) == frozenset()


def test_a_forgotten_stack_expects_nothing(ledger: Ledger) -> None:
    ledger.forget(STACK)
    assert ledger.vanished(REF) is None
    assert ledger.complete(KIND) == ()


def test_what_failed_is_not_expected() -> None:
    left = expected([(URN, DECLARED), ("urn:other", quota("1"))], failed=frozenset({"urn:other"}))
    assert left == {REF: (URN, DECLARED)}


@pytest.mark.parametrize(
    ("managers", "who"),
    [
        pytest.param((), "", id="nobody"),
        pytest.param((("mto", "Apply", "3"),), "", id="only us"),
        pytest.param(
            (("helm", "Apply", "2026-01-01"), ("kubectl", "Update", "2026-02-01")),
            "kubectl (Update)",
            id="the last one",
        ),
    ],
)
def test_the_culprit_is_who_wrote_last_besides_us(
    managers: tuple[tuple[str, str, str], ...], who: str
) -> None:
    assert culprit(quota("1", *managers)) == who
