"""Secrets and replacements of one stack, back and forth between the engines.

Runs with Pulumi's real CLI and Kubernetes provider, wherever both are on the PATH.
"""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mto.cluster.client import Cluster
from mto.cluster.kubeconfig import load
from mto.engine.direct.engine import DirectEngine, Vault
from mto.engine.port import Engine, Op, Result
from mto.engine.pulumi.engine import Ground, PulumiEngine
from mto.engine.pulumi.folder import Setting
from mto.plan.resource import PROVIDER, Key, Plan, Resource
from mto.state.secret import Secret, new_provider
from tests.support import blue
from tests.support.kubectl import Kubectl
from tests.support.stack import COMPONENT, MARKS, GreenStack, ops

MISSING = [one for one in ("pulumi", "pulumi-resource-kubernetes") if shutil.which(one) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not on the PATH: {', '.join(MISSING)}")
PROVIDER_STATE = new_provider(blue.PASSPHRASE["PULUMI_CONFIG_PASSPHRASE"])
RBAC = "rbac.authorization.k8s.io"
# The provider takes Secrets and ConfigMaps for immutable, and replaces them.
SECRET_CHANGED = {"direct": Op.UPDATE, "pulumi": Op.REPLACE}
Work = Callable[[Engine], Awaitable[Result]]


class Pair:
    """Both engines on one stack."""

    def __init__(self, bench: GreenStack, root: Path) -> None:
        self.bench, self.root = bench, root

    def run(self, name: str, work: Work) -> Result:
        async def inside() -> Result:
            connection = load(self.bench.plane.kubeconfig, None, current=True)
            async with Cluster(connection) as cluster:
                if name == "direct":
                    vault = Vault(blue.PASSPHRASE, PROVIDER_STATE)
                    return await work(DirectEngine(cluster, self.bench.backend, vault=vault))
                salt = {"encryptionsalt": PROVIDER_STATE["state"]["salt"]}
                environ = {**os.environ, **blue.PASSPHRASE}
                setting = Setting(self.root, salt, environ, f"file://{self.root}")
                ground = Ground(cluster, self.bench.backend, setting, self.root / "notes")
                engine = PulumiEngine(ground, workers=1)
                try:
                    return await work(engine)
                finally:
                    await engine.close()

        return asyncio.run(inside())

    def up(self, name: str, plan: Plan) -> dict[str, Op]:
        result = self.run(name, lambda one: one.up(plan, deadline=120, watch=lambda _: None))
        assert result.ok, result.failures
        return ops(result)

    def assert_same(self, plan: Plan) -> None:
        for name in ("direct", "pulumi"):
            seen = self.run(name, lambda one: one.preview(plan, deadline=120))
            assert ops(seen) == {}, name


@pytest.fixture
def pair(bench: GreenStack, tmp_path: Path) -> Pair:
    return Pair(bench, tmp_path)


def planned(bench: GreenStack, *, token: str, role: str) -> Plan:
    """A secret and a binding in a namespace of the test's own."""
    metadata = {"namespace": bench.namespace, "labels": MARKS}
    metadata["annotations"] = {"pulumi.com/patchFieldManager": "mto"}
    # The provider records `stringData` as `data`, so a plan that is to go both ways uses `data`.
    sealed = base64.b64encode(token.encode()).decode()
    secret = bench.object(
        "v1", "Secret", {**metadata, "name": "pull"}, data=Secret({"token": sealed})
    )
    reference = {"apiGroup": RBAC, "kind": "ClusterRole", "name": role}
    person = {"apiGroup": RBAC, "kind": "User", "name": "ann@example.org"}
    binding = bench.object(
        f"{RBAC}/v1",
        "RoleBinding",
        {**metadata, "name": "who"},
        roleRef=reference,
        subjects=[person],
    )
    inside = (Key("kubernetes:core/v1:Namespace", bench.namespace),)
    provider = Resource(
        PROVIDER,
        "cluster",
        {"kubeconfig": str(bench.plane.kubeconfig), "enableServerSideApply": True},
    )
    rest = bench.plan(*(replace(one, depends_on=inside) for one in (secret, binding)))
    return replace(rest, resources=(provider, Resource(*COMPONENT), *rest.resources[2:]))


def token(admin: Kubectl, bench: GreenStack) -> Any:
    form = "jsonpath={.data.token}"
    return admin("-n", bench.namespace, "get", "secret", "pull", "-o", form).stdout


@pytest.mark.parametrize(("first", "then"), [("direct", "pulumi"), ("pulumi", "direct")])
def test_secrets_and_replacements_go_back_and_forth(
    pair: Pair, bench: GreenStack, admin: Kubectl, first: str, then: str
) -> None:
    plan = planned(bench, token="one", role="view")
    made = pair.up(first, plan)
    assert set(made.values()) == {Op.CREATE}
    pair.assert_same(plan)
    state = next(bench.backend.root.rglob("dev.green.json")).read_text()
    assert "b25l" not in state
    assert "ciphertext" in state
    changed = planned(bench, token="two", role="edit")
    assert pair.up(then, changed) == {
        f"Secret/{bench.namespace}/pull": SECRET_CHANGED[then],
        f"RoleBinding/{bench.namespace}/who": Op.REPLACE,
    }
    assert token(admin, bench) == "dHdv"
    pair.assert_same(changed)
    back = planned(bench, token="two", role="view")
    assert pair.up(first, back) == {f"RoleBinding/{bench.namespace}/who": Op.REPLACE}
    pair.assert_same(back)
