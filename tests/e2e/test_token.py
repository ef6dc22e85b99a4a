"""A service account's own token, as `mto verify --real` uses it."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import pytest

from mto.cluster import token
from mto.cluster.attempt import Attempt, Identity, Verb
from mto.cluster.client import Cluster
from mto.cluster.connection import Connection
from mto.cluster.errors import NotFound
from mto.cluster.ref import Ref
from mto.service.actors import Actors
from tests.support.kubectl import Kubectl
from tests.support.mto import until
from tests.support.objects import run

REVIEW = Ref("authentication.k8s.io/v1", "SelfSubjectReview", "")
BODY = {"apiVersion": REVIEW.api_version, "kind": REVIEW.kind}


def test_a_real_service_account_is_itself_and_its_namespaces_groups(
    connection: Connection, space: str, admin: Kubectl
) -> None:
    until(lambda: admin("-n", space, "get", "serviceaccount", "default").code == 0, seconds=60)
    account = f"system:serviceaccount:{space}:default"

    async def ask(cluster: Cluster) -> Any:
        async with AsyncExitStack() as stack:
            actors = Actors(cluster, real=True, stack=stack)
            attempt = Attempt(Verb.CREATE, REVIEW, BODY)
            return (await actors.ask(Identity(account), attempt)).body

    user = run(connection, ask)["status"]["userInfo"]
    assert user["username"] == account
    assert f"system:serviceaccounts:{space}" in user["groups"]
    (credential,) = user["extra"]["authentication.kubernetes.io/credential-id"]
    assert credential.startswith("JTI=")


def test_there_is_no_token_of_an_account_that_there_is_not(
    connection: Connection, space: str
) -> None:
    missing = Ref("v1", "ServiceAccount", "nobody", space)
    with pytest.raises(NotFound):
        run(connection, lambda cluster: token.connection(cluster, missing))
