"""What tests against a real control plane share."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from mto.cluster.connection import Connection
from mto.cluster.kubeconfig import load
from mto.cluster.ref import Ref
from mto.local import cluster as planes
from mto.local.binaries import locate
from mto.local.cluster import Cluster as ControlPlane
from mto.local.lock import exclusive
from mto.state.filebackend import FileBackend
from tests.support.audit import Audit
from tests.support.guarded import Guarded
from tests.support.guarded import guarded as make_guarded
from tests.support.kubectl import Kubectl, KubectlAs
from tests.support.mto import Project
from tests.support.objects import namespace, run
from tests.support.stack import GreenStack

RUN = "MTO_TEST_RUN"


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


@pytest.fixture
def project(control_plane: ControlPlane, tmp_path: Path) -> Project:
    """A project on the shared cluster.

    Its state is its own, and the platform is found and adopted: all projects declare the same one,
    so that tests need not agree on anything but the names of tenants and quotas.
    """
    return Project(tmp_path, control_plane.kubeconfig)


@pytest.fixture
def bench(control_plane: ControlPlane, tmp_path: Path) -> GreenStack:
    """One stack of the direct engine, in a state and a namespace of its own."""
    backend = FileBackend(f"file://{tmp_path}")
    return GreenStack(control_plane, backend, f"green-{uuid4().hex[:8]}")


@pytest.fixture(scope="session")
def admin(kubectl: KubectlAs) -> Kubectl:
    return kubectl()


@pytest.fixture
def audit(control_plane: ControlPlane) -> Callable[..., Audit]:
    log = control_plane.audit_log
    assert log is not None
    return lambda *names: Audit(log, names)


@pytest.fixture
def spare() -> Iterator[ControlPlane]:
    """A second cluster, alone for one test at a time: to be stopped, or set up differently."""
    name = f"{os.environ[RUN]}-spare"
    lock = Path(tempfile.gettempdir()) / f"{name}.lock"
    with exclusive(lock):
        yield planes.up(name)  # removed with all others at the end of the run
        lock.unlink()


@pytest.fixture
def spare_admin(spare: ControlPlane, tmp_path: Path) -> Kubectl:
    return Kubectl(locate(["kubectl"])["kubectl"], spare.kubeconfig, tmp_path / "kubectl")


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    """A cluster for tests of admission, one for each worker of a parallel run."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    plane = planes.up(f"{os.environ[RUN]}-guarded-{worker}")
    return make_guarded(plane, tmp_path_factory.mktemp("guarded"))
