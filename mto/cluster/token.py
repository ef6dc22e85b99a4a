"""Tokens of service accounts, as their pods get them: short-lived, kept in memory only."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import orjson

from mto.cluster.client import Cluster
from mto.cluster.connection import Connection, Issued, fixed
from mto.cluster.errors import Call
from mto.cluster.ref import Ref
from mto.cluster.transport import JSON, Request

SHORTEST: Final = 600
"""Seconds that a token lasts at least; the API server allows no less."""


async def connection(cluster: Cluster, ref: Ref) -> Connection:
    """A connection of the service account ``ref``, good for ten minutes.

    Raises:
        Forbidden: the caller may not create ``serviceaccounts/token``.
        NotFound: there is no such account.
    """
    call = Call("request a token of", ref)
    path = (await cluster.served(ref.api_version, ref.kind)).path(ref.name, ref.namespace)
    asked = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"expirationSeconds": SHORTEST},
    }
    made = Request(call, "POST", f"{path}/token", orjson.dumps(asked), JSON)
    answer = await cluster.transport.send(made)
    issued = Issued(f"Bearer {answer['status']['token']}")
    return replace(cluster.connection, issue=fixed(issued), headers=())
