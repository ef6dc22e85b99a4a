"""What a workspace asks of the cluster."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mto.plan.observed import ArgoCD
from mto.service.environment import Environment
from mto.service.workspace import Workspace
from mto.spec.world import World
from tests.support import plans


class Cluster:
    """Has everything that is asked for; what that is, is counted."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()

    async def list(self, _: str, kind: str, **__: Any) -> tuple[()]:
        self.asked[f"list {kind}"] += 1
        return ()

    async def get(self, ref: Any, **_: Any) -> Any:
        self.asked[str(ref)] += 1
        return {"metadata": {"name": ref.name, "uid": "u"}}

    async def served(self, _: str, kind: str) -> None:
        self.asked[kind] += 1


def surveyed(world: World, *, times: int) -> tuple[Counter[str], ArgoCD]:
    cluster: Any = Cluster()
    nothing: Any = None
    environment = Environment("dev", Path(), Path(), "file://nowhere")
    workspace = Workspace(environment, world, cluster, nothing, nothing)

    async def main() -> ArgoCD:
        for _ in range(times):
            live = await workspace.survey()
        return live.argocd

    return cluster.asked, asyncio.run(main())


@pytest.mark.parametrize("times", [1, 3])
def test_argo_cd_is_looked_for_once_however_often_namespaces_are(times: int) -> None:
    asked, argocd = surveyed(plans.read("tests/fixtures/argocd.yaml"), times=times)
    assert argocd == ArgoCD(kind=True, namespace=True)
    assert asked == {
        "list Namespace": times,
        "list ResourceQuota": times,
        "AppProject": 1,
        "ClusterResourceQuota": 1,
        "Namespace argocd": 1,
    }


def test_where_nobody_asks_for_an_app_project_nobody_looks_for_argo_cd() -> None:
    asked, argocd = surveyed(plans.read("tests/fixtures/minimal.yaml"), times=1)
    assert argocd == ArgoCD()
    assert asked == {"list Namespace": 1, "list ResourceQuota": 1, "ClusterResourceQuota": 1}
