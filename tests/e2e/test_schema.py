"""The CRDs as a real API server takes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mto.sources.yaml import read
from mto.spec.schema import crd_files, crds
from tests.support.kubectl import Answer, Kubectl, KubectlAs

ROOT = Path(__file__).resolve().parents[2]
MANIFESTS = (
    *sorted((ROOT / "tenants").glob("*.yaml")),
    ROOT / "tests" / "fixtures" / "import.yaml",
)
CONFIG = {
    "apiVersion": "tenantoperator.stakater.com/v1beta1",
    "kind": "IntegrationConfig",
    "metadata": {"name": "tenant-operator-config", "namespace": "default"},
    "spec": {},
}
Try = Callable[[Any], Answer]


@pytest.fixture(scope="session")
def admin(kubectl: KubectlAs) -> Kubectl:
    """The administrator, on a cluster that has our kinds."""
    found = kubectl()
    text = "---\n".join(crd_files().values())
    made = found("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=text)
    assert made.code == 0, made.stderr
    for crd in crds():
        name = f"crd/{crd['metadata']['name']}"
        ready = found("wait", "--for=condition=Established", "--timeout=30s", name)
        assert ready.code == 0, ready.stderr
    return found


@pytest.fixture
def attempt(admin: Kubectl) -> Try:
    """Create an object for a try: nothing is kept."""
    return lambda manifest: admin(
        "create", "--dry-run=server", "--validate=strict", "-f", "-", stdin=json.dumps(manifest)
    )


def test_every_schema_is_structural_for_the_server(admin: Kubectl) -> None:
    for crd in crds():
        found = admin("get", "crd", crd["metadata"]["name"], "-o", "json").json
        states = {one["type"]: one["status"] for one in found["status"]["conditions"]}
        assert states == {"NamesAccepted": "True", "Established": "True"}


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_the_sample_manifests_are_accepted(path: Path, attempt: Try) -> None:
    for document in read(path.name, path.read_bytes()).documents:
        manifest = document.data
        if "namespace" in manifest["metadata"]:
            manifest["metadata"]["namespace"] = "default"
        answer = attempt(manifest)
        assert answer.code == 0, answer.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(
            {"spec": {"acessControl": {}}}, 'unknown field "spec.acessControl"', id="typo"
        ),
        pytest.param(
            {"metadata": {"name": "other", "namespace": "default"}},
            "the name must be tenant-operator-config",
            id="name",
        ),
        pytest.param(
            {"spec": {"integrations": {"vault": {"enabled": True}}}},
            "accessInfo and config are required when vault is enabled",
            id="vault",
        ),
    ],
)
def test_what_files_refuse_the_server_refuses_too(
    change: dict[str, Any], said: str, attempt: Try
) -> None:
    answer = attempt(CONFIG | change)
    assert answer.code != 0
    assert said in answer.stderr


def test_amounts_may_be_text_or_numbers_and_helm_values_anything(attempt: Try) -> None:
    quota = yaml.safe_load(
        "{apiVersion: tenantoperator.stakater.com/v1beta1, kind: Quota, metadata: {name: q}, "
        "spec: {resourcequota: {hard: {pods: 5, requests.cpu: 500m, requests.memory: '1.5Gi'}}}}"
    )
    assert attempt(quota).code == 0
    quota["spec"]["resourcequota"]["hard"]["pods"] = "many"
    assert "should match" in attempt(quota).stderr
    values = {"any": {"thing": [1, "two", None]}}
    assert attempt(CONFIG | {"spec": {"components": {"dex": {"values": values}}}}).code == 0


def test_kinds_have_short_names(admin: Kubectl) -> None:
    for short in ("tn", "tq", "ic", "ext", "tpol"):
        assert admin("get", short, "-A").code == 0
