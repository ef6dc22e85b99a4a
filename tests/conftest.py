"""What every test can ask for. Whatever lies in ``tests/e2e`` runs against one real control plane.

It is made by the first test that asks, shared by all workers of a parallel run, and removed by the
process that started the run, however that ends.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest

from mto.local import cluster
from mto.local.binaries import locate
from mto.local.cluster import Cluster
from mto.local.user import kubeconfig_for
from tests.support import postgres
from tests.support.kubectl import Kubectl, KubectlAs, UserKubeconfig

RUN = "MTO_TEST_RUN"
"""Names this run's clusters: ``test-<process id>-<random>``; workers inherit it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden plans of tests/plan anew"
    )
    parser.addoption(
        "--crowd", type=int, default=12, help="healthy tenants around one that always fails (500)"
    )


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ[RUN] = f"test-{os.getpid()}-{uuid4().hex[:6]}"


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        _remove_clusters_of(os.environ.pop(RUN))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if (Path(__file__).parent / "e2e") in item.path.parents:
            item.add_marker(pytest.mark.e2e)


def _remove_clusters_of(run: str) -> None:
    for name in cluster.names():
        if name.startswith(run):
            cluster.down(name)


def _sweep() -> None:
    """Remove what a killed run could not."""
    for name in cluster.names():
        if name.startswith("test-") and not Path("/proc", name.split("-")[1]).exists():
            cluster.down(name)


@pytest.fixture(scope="session")
def control_plane() -> Cluster:
    """The shared control plane: running, three simulated nodes, audit log on."""
    if Path("/proc").exists():
        _sweep()
    return cluster.up(os.environ[RUN])


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """One PostgreSQL server for all tests of a worker."""
    with postgres.running() as one:
        yield one.server


@pytest.fixture
def database(postgres_server: postgres.Server) -> postgres.Server:
    """An empty database of the test's own."""
    return postgres_server.fresh(f"state_{uuid4().hex[:8]}")


@pytest.fixture
def another_name() -> Iterator[str]:
    """A name for a control plane of the test's own, which is removed after the test."""
    name = f"{os.environ[RUN]}-{uuid4().hex[:6]}"
    yield name
    cluster.down(name)


@pytest.fixture(scope="session")
def user_kubeconfig(
    control_plane: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> UserKubeconfig:
    """A kubeconfig file of a real user, made once for each user and groups."""
    folder = tmp_path_factory.mktemp("users")
    numbers = itertools.count()

    @cache
    def make(name: str, groups: tuple[str, ...]) -> Path:
        path = folder / f"{next(numbers)}.kubeconfig"
        path.write_text(kubeconfig_for(control_plane.name, name, groups))
        return path

    return lambda name, groups: make(name, tuple(groups))


@pytest.fixture(scope="session")
def kubectl(
    control_plane: Cluster,
    user_kubeconfig: UserKubeconfig,
    tmp_path_factory: pytest.TempPathFactory,
) -> KubectlAs:
    program = locate(["kubectl"])["kubectl"]
    cached = tmp_path_factory.mktemp("kubectl")

    def make(user: str | None = None, groups: Sequence[str] = ()) -> Kubectl:
        mine = control_plane.kubeconfig if user is None else user_kubeconfig(user, groups)
        return Kubectl(program, mine, cached)

    return make
