"""What tests of the service share: a cluster that no other service works on meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mto.local.binaries import locate
from mto.local.cluster import Cluster as ControlPlane
from mto.local.user import kubeconfig_for
from tests.support.kubectl import Kubectl
from tests.support.mto import Project
from tests.support.service import Looks

As = Callable[..., Kubectl]


@pytest.fixture
def served(spare: ControlPlane, tmp_path: Path) -> Project:
    """A project on that cluster, to be served."""
    return Project(tmp_path, spare.kubeconfig)


@pytest.fixture
def look(spare_admin: Kubectl) -> Looks:
    return Looks(spare_admin)


@pytest.fixture
def as_user(spare: ControlPlane, tmp_path: Path) -> As:
    """kubectl of a real user of that cluster."""

    def make(name: str, groups: Sequence[str] = ()) -> Kubectl:
        path = tmp_path / f"{name}.kubeconfig"
        path.write_text(kubeconfig_for(spare.name, name, groups))
        return Kubectl(locate(["kubectl"])["kubectl"], path, tmp_path / "kubectl")

    return make
