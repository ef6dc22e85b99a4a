"""The CRDs as a real API server takes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from mto.local.cluster import Cluster as ControlPlane
from mto.sources.yaml import read
from mto.spec.schema import crd_files, crds
from tests.support.caller import MERGE, Caller
from tests.support.constraints import CASES
from tests.support.kubectl import Answer, Kubectl, KubectlAs
from tests.support.mto import until

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
    ],
)
def test_what_files_refuse_the_server_refuses_too(
    change: dict[str, Any], said: str, attempt: Try
) -> None:
    answer = attempt(CONFIG | change)
    assert answer.code != 0
    assert said in answer.stderr


COLLECTIONS = {
    "Tenant": "/apis/tenantoperator.stakater.com/v1beta3/tenants",
    "Quota": "/apis/tenantoperator.stakater.com/v1beta1/quotas",
    "IntegrationConfig": (
        "/apis/tenantoperator.stakater.com/v1beta1/namespaces/default/integrationconfigs"
    ),
    "TenantPolicy": "/apis/mto.stakater.com/v1alpha1/namespaces/default/tenantpolicies",
}


@pytest.mark.usefixtures("admin")
def test_the_server_breaks_no_rule_that_mto_check_keeps_and_keeps_none_that_it_breaks(
    control_plane: ControlPlane,
) -> None:
    server = Caller(control_plane.kubeconfig)
    verdicts = [
        (case, server.create(COLLECTIONS[case.kind], case.manifest, dry_run=True)) for case in CASES
    ]
    assert [case for case, said in verdicts if case.broken not in said.message] == []
    assert [case for case, said in verdicts if said.status != (422 if case.broken else 201)] == []


def test_a_tenant_from_before_a_rule_takes_status_and_can_be_deleted(
    admin: Kubectl, control_plane: ControlPlane
) -> None:
    """A rule about all of an object is asked at every change of it, of its finalizers too."""
    server, path = Caller(control_plane.kubeconfig), f"{COLLECTIONS['Tenant']}/{'b' * 61}"
    (crd,) = (one for one in crds() if one["spec"]["names"]["kind"] == "Tenant")
    before = json.loads(json.dumps(crd))
    del before["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["x-kubernetes-validations"]
    (too_long,) = (one.manifest for one in CASES if one.name == "b" * 61)
    too_long["metadata"]["finalizers"] = ["example.org/held"]

    def install(definition: Any) -> None:
        text = json.dumps(definition)
        assert admin("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=text).code == 0

    install(before)
    until(lambda: server.create(COLLECTIONS["Tenant"], too_long).status in {201, 409}, seconds=60)
    install(crd)
    refused = {**too_long, "metadata": {"name": "c" * 61}}
    create = partial(server.create, COLLECTIONS["Tenant"], refused, dry_run=True)
    until(lambda: create().status == 422, seconds=60)
    assert server("PATCH", f"{path}/status", {"status": {"ready": False}}, kind=MERGE).ok
    assert server.delete(path).ok
    assert server("PATCH", path, {"metadata": {"finalizers": None}}, kind=MERGE).ok
    assert server("GET", path).status == 404


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
