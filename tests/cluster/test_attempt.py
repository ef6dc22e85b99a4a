"""Requests that are made to see what becomes of them, against a scripted server."""

from __future__ import annotations

import pytest

from mto.cluster.attempt import Answered, Attempt, Identity, Verb
from mto.cluster.client import Cluster
from mto.cluster.errors import Forbidden
from mto.cluster.kinds import WELL_KNOWN
from mto.cluster.ref import Ref
from tests.support.apiserver import Reply, refused, talk
from tests.support.calls import CONFIG, REF

CONFIG_MAP = WELL_KNOWN["v1", "ConfigMap"]
OF_ALL = Ref("v1", "ConfigMap", "", "blue-dev")
WARNINGS = {"Warning": r'299 - "it said \"no\" to a\\b"'}


@pytest.mark.parametrize(
    ("verb", "ref", "method", "path"),
    [
        pytest.param(Verb.GET, REF, "GET", "configmaps/settings?", id="get"),
        pytest.param(Verb.LIST, OF_ALL, "GET", "configmaps?limit=1", id="list"),
        pytest.param(
            Verb.CREATE, OF_ALL, "POST", "configmaps?dryRun=All&fieldManager=mto", id="create"
        ),
        pytest.param(
            Verb.UPDATE, REF, "PUT", "configmaps/settings?dryRun=All&fieldManager=mto", id="update"
        ),
        pytest.param(
            Verb.APPLY,
            REF,
            "PATCH",
            "configmaps/settings?dryRun=All&fieldManager=mto&force=true",
            id="apply",
        ),
        pytest.param(Verb.DELETE, REF, "DELETE", "configmaps/settings?dryRun=All", id="delete"),
        pytest.param(
            Verb.DELETE_COLLECTION, OF_ALL, "DELETE", "configmaps?dryRun=All", id="deletecollection"
        ),
    ],
)
def test_every_write_is_a_dry_run(verb: Verb, ref: Ref, method: str, path: str) -> None:
    attempt = Attempt(verb, ref)

    assert attempt.method == method
    assert attempt.path(CONFIG_MAP) == f"/api/v1/namespaces/blue-dev/{path}"


def test_a_subresource_goes_with_the_name_even_when_it_is_created() -> None:
    attempt = Attempt(Verb.CREATE, Ref("v1", "Pod", "web", "blue-dev"), {}, "eviction")

    assert attempt.path(WELL_KNOWN["v1", "Pod"]) == (
        "/api/v1/namespaces/blue-dev/pods/web/eviction?dryRun=All&fieldManager=mto"
    )


def test_a_refusal_is_an_answer_and_comes_with_the_warnings() -> None:
    reply = refused(403, "Forbidden", "no, says the policy")
    reply.headers = WARNINGS

    answered, server = talk([reply], lambda cluster: _try(cluster, None))

    assert isinstance(answered.error, Forbidden)
    assert answered.error.problem == "no, says the policy"
    assert answered.warnings == ('it said "no" to a\\b',)
    assert "Impersonate-User" not in server.seen[0].headers


def test_what_is_let_through_has_no_error_and_is_asked_as_somebody_else() -> None:
    reply = Reply(201, CONFIG, {"Warning": "not as the API server writes it"})

    answered, server = talk([reply], lambda cluster: _try(cluster, Identity("ann", ("blue",))))

    assert answered.error is None
    assert answered.warnings == ("not as the API server writes it",)
    assert server.seen[0].headers["Impersonate-User"] == "ann"
    assert server.seen[0].headers["Impersonate-Group"] == "blue"
    assert server.seen[0].query == {"dryRun": "All", "fieldManager": "mto"}


async def _try(cluster: Cluster, identity: Identity | None) -> Answered:
    return await cluster.attempt(Attempt(Verb.CREATE, OF_ALL, CONFIG), identity=identity)
