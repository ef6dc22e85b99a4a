"""Tricks with namespaces: each verb, each kind of namespace, by owners and by others."""

from __future__ import annotations

from mto.cluster.attempt import Attempt, Verb
from mto.service.checks.check import Try
from mto.service.checks.scene import Who
from mto.service.checks.theft import checks
from tests.support.scenes import scene

FOUND = {one.id: tuple(one.tries(scene())) for one in checks()}


def verbs(tries: tuple[Try, ...], who: Who) -> set[Verb]:
    return {
        one.request.verb for one in tries if isinstance(one.request, Attempt) and one.who is who
    }


def test_a_label_is_written_by_every_verb_that_can() -> None:
    patches = {Verb.MERGE_PATCH, Verb.STRATEGIC_PATCH, Verb.JSON_PATCH, Verb.UPDATE, Verb.APPLY}

    for trick in ("MTO-NS-4", "MTO-NS-5", "MTO-NS-6", "MTO-NS-7"):
        for who in (Who.OWNER, Who.POWER):
            assert verbs(FOUND[trick], who) == patches, (trick, who)


def test_status_and_finalize_are_ways_in_as_well() -> None:
    parts = {
        one.request.subresource for one in FOUND["MTO-NS-8"] if isinstance(one.request, Attempt)
    }

    assert parts == {"status", "finalize"}


def test_names_that_begin_alike_or_differ_in_case_are_other_tenants() -> None:
    labels = {
        one.request.body["metadata"]["labels"]["stakater.com/tenant"]
        for one in FOUND["MTO-NS-3"]
        if isinstance(one.request, Attempt) and isinstance(one.request.body, dict)
    }

    assert labels == {"blue", "blue-probe", "BLUE", "blu"}


def test_a_label_is_added_even_where_there_are_none() -> None:
    steps = [
        one.request.body
        for one in FOUND["MTO-NS-6"]
        if isinstance(one.request, Attempt) and one.request.verb is Verb.JSON_PATCH
    ]

    assert steps[0] == [
        {"op": "add", "path": "/metadata/labels", "value": {"stakater.com/tenant": "blue"}}
    ]
