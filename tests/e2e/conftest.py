"""What tests of the client share."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from mto.cluster.connection import Connection
from mto.cluster.kubeconfig import load
from mto.cluster.ref import Ref
from mto.local.cluster import Cluster as ControlPlane
from tests.support.objects import namespace, run


@pytest.fixture
def connection(control_plane: ControlPlane) -> Connection:
    return load(control_plane.kubeconfig, None, current=True)


@pytest.fixture
def space(connection: Connection) -> Iterator[str]:
    """A namespace of the test's own; its deletion isn't waited for."""
    name = f"cluster-{uuid4().hex[:8]}"
    run(connection, lambda cluster: cluster.apply(namespace(name)))
    yield name
    run(connection, lambda cluster: cluster.delete(Ref("v1", "Namespace", name)))
