"""Classes that a tenant may name, on every kind that names one, as the API server judges them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from mto.local.cluster import Cluster as ControlPlane
from tests.support.kubectl import UserKubeconfig
from tests.support.mto import Manifest, unique, until
from tests.support.objects import definition
from tests.support.tenancy import SPEC, Tenancy, pod, tenancies, workloads

KINDS = sorted(workloads(SPEC))
BETA = "volume.beta.kubernetes.io/storage-class"
CLASS = "kubernetes.io/ingress.class"


def sentence(rule: str, what: str, name: str, allowed: str, field: str) -> str:
    return (
        f"{rule}: tenant 'TENANT' may not use {what} {name}; allowed: {allowed}; ask an "
        f"administrator to change spec.{field} of Tenant 'TENANT'"
    )


def storage(name: str) -> str:
    return sentence("storage-classes", "storage class", name, "'fast'", "storageClasses")


def ingress_(name: str) -> str:
    return sentence("ingress-classes", "ingress class", name, "'nginx'", "ingressClasses")


def priority(name: str) -> str:
    return sentence("priority-classes", "priority class", name, "'batch'", "podPriorityClasses")


def runtime(name: str) -> str:
    return sentence("runtime-classes", "runtime class", name, "'gvisor', none", "runtimeClasses")


def gateway_(name: str) -> str:
    return sentence("gateway-classes", "gateway class", name, "'internal'", "gatewayClasses")


@pytest.fixture(scope="module")
def tenants(
    control_plane: ControlPlane,
    user_kubeconfig: UserKubeconfig,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Tenancy]]:
    fields = ("storageClasses", "ingressClasses", "podPriorityClasses", "gatewayClasses")
    specs: dict[str, Any] = {
        "storage": {"storageClasses": {"allowed": ["fast"]}},
        "ingress": {"ingressClasses": {"allowed": ["nginx"]}},
        "priority": {"podPriorityClasses": {"allowed": ["batch"]}},
        "runtime": {"runtimeClasses": {"allowed": ["gvisor", ""]}},
        "gateway": {"gatewayClasses": {"allowed": ["internal"]}},
        "unnamed": {"storageClasses": {"allowed": [""]}, "ingressClasses": {"allowed": [""]}},
        "all": {field: {} for field in fields},
        "listless": {field: {"allowed": []} for field in fields},
        "free": {},
    }
    folder = tmp_path_factory.mktemp("classes")
    with tenancies(control_plane, user_kubeconfig, folder, **specs) as found:
        admin = found["free"].admin
        admin.ensure(definition("gateway.networking.k8s.io", "Gateway", "gateways"))
        admin.ensure(scheduling("batch", 100))
        admin.ensure(scheduling("urgent", 1000))
        until(lambda: found["storage"].create(claim("slow")) != [""])
        yield found


def scheduling(name: str, value: int) -> Manifest:
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "value": value,
    }


def claim_spec(name: str | None, **more: Any) -> dict[str, Any]:
    named = {} if name is None else {"storageClassName": name}
    asked = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {**asked, **named, **more}


def claim(name: str | None, annotations: Mapping[str, str] | None = None, **more: Any) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"annotations": annotations or {}},
        "spec": claim_spec(name, **more),
    }


def ingress(name: str | None, annotations: Mapping[str, str] | None = None) -> Manifest:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    named = {} if name is None else {"ingressClassName": name}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"annotations": annotations or {}},
        "spec": {"defaultBackend": backend, **named},
    }


def gateway(name: str) -> Manifest:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "spec": {"gatewayClassName": name, "listeners": []},
    }


# ---- storage -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manifest", "answer"),
    [
        pytest.param(claim("fast"), "", id="in the list"),
        pytest.param(claim("slow"), storage("'slow'"), id="outside of the list"),
        pytest.param(claim(""), storage("none"), id="the empty class"),
        pytest.param(claim(None), storage("none"), id="none, and no default"),
        pytest.param(claim("fast", volumeName="pv"), "", id="a volume of an allowed class"),
        pytest.param(claim(None, volumeName="pv"), storage("none"), id="a volume without class"),
        pytest.param(claim("", volumeName="pv"), storage("none"), id="a volume of the empty class"),
        pytest.param(claim(None, {BETA: "fast"}), "", id="in the annotation"),
        pytest.param(claim(None, {BETA: "slow"}), storage("'slow'"), id="not in the annotation"),
        pytest.param(claim("fast", {BETA: "slow"}), storage("'slow'"), id="in the field only"),
    ],
)
def test_a_claim_names_an_allowed_class(
    tenants: dict[str, Tenancy], manifest: Manifest, answer: str
) -> None:
    assert tenants["storage"].create(manifest) == [answer]


def test_the_empty_class_may_be_in_the_list(tenants: dict[str, Tenancy]) -> None:
    unnamed = tenants["unnamed"]
    assert unnamed.create(claim(""), claim(None), claim("", volumeName="pv")) == ["", "", ""]
    assert unnamed.create(claim("fast")) == [
        sentence("storage-classes", "storage class", "'fast'", "none", "storageClasses")
    ]


@pytest.mark.parametrize(
    ("name", "answer"),
    [("fast", ""), ("slow", storage("'slow'")), ("", storage("none")), (None, "")],
)
def test_templates_of_claims_are_judged_and_may_wait_for_the_default(
    tenants: dict[str, Tenancy], name: str | None, answer: str
) -> None:
    stateful = workloads(SPEC)["StatefulSet"]
    template = {"metadata": {"name": "data"}, "spec": claim_spec(name)}
    stateful["spec"]["volumeClaimTemplates"] = [template]
    volume = {"name": "data", "ephemeral": {"volumeClaimTemplate": {"spec": claim_spec(name)}}}
    pods = workloads({**SPEC, "volumes": [volume]})
    expected = [answer] * (len(pods) + 1)
    assert tenants["storage"].create(stateful, *pods.values()) == expected


# ---- ingress -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manifest", "answer"),
    [
        pytest.param(ingress("nginx"), "", id="in the list"),
        pytest.param(ingress("public"), ingress_("'public'"), id="outside of the list"),
        pytest.param(ingress(None), ingress_("none"), id="none"),
        pytest.param(ingress(None, {CLASS: "nginx"}), "", id="in the annotation"),
        pytest.param(ingress(None, {CLASS: "public"}), ingress_("'public'"), id="by annotation"),
    ],
)
def test_an_ingress_names_an_allowed_class(
    tenants: dict[str, Tenancy], manifest: Manifest, answer: str
) -> None:
    assert tenants["ingress"].create(manifest) == [answer]


def test_an_ingress_may_name_none_where_the_list_says_so(tenants: dict[str, Tenancy]) -> None:
    assert tenants["unnamed"].create(ingress(None)) == [""]


def test_an_ingress_that_was_there_is_judged_by_what_changes(tenants: dict[str, Tenancy]) -> None:
    named = {"metadata": {"name": unique("old")}}
    made = tenants["ingress"].given({**ingress("public"), **named})
    made["metadata"]["labels"] = {"new": "label"}
    assert tenants["ingress"].update(made) == ""
    made["metadata"]["annotations"] = {CLASS: "other"}
    assert tenants["ingress"].update(made) == ingress_("'other'")
    made["metadata"]["annotations"] = {}
    made["spec"]["ingressClassName"] = "nginx"
    assert tenants["ingress"].update(made) == ""


# ---- priority, runtime, gateway ------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("tenant", "named", "answer"),
    [
        pytest.param("priority", {"priorityClassName": "batch"}, "", id="priority allowed"),
        pytest.param(
            "priority", {"priorityClassName": "urgent"}, priority("'urgent'"), id="priority"
        ),
        pytest.param("priority", {}, priority("none"), id="no priority"),
        pytest.param("runtime", {}, "", id="no runtime"),
        pytest.param("runtime", {"runtimeClassName": "kata"}, runtime("'kata'"), id="runtime"),
    ],
)
def test_every_kind_of_workload_is_judged(
    tenants: dict[str, Tenancy],
    kind: str,
    tenant: str,
    named: dict[str, str],
    answer: str,
) -> None:
    (said,) = tenants[tenant].create(workloads({**SPEC, **named})[kind])
    unknown = 'pod rejected: RuntimeClass "kata" not found'
    assert said == answer or (kind == "Pod" and unknown in said)


def test_a_priority_has_no_number_without_its_class(tenants: dict[str, Tenancy]) -> None:
    template = workloads({**SPEC, "priority": 5000})["Deployment"]
    assert tenants["priority"].create(template) == [priority("'number 5000'")]
    (bare,) = tenants["priority"].create(pod(SPEC, priority=5000))
    assert "the integer value of priority (5000) must not be provided in pod spec" in bare


def test_a_gateway_names_an_allowed_class(tenants: dict[str, Tenancy]) -> None:
    answers = tenants["gateway"].create(gateway("internal"), gateway("public"))
    assert answers == ["", gateway_("'public'")]


# ---- the three states ----------------------------------------------------------------------------


@pytest.mark.parametrize("tenant", ["all", "listless", "free"])
def test_absent_and_empty_lists_allow_everything(tenants: dict[str, Tenancy], tenant: str) -> None:
    some = workloads({**SPEC, "priorityClassName": "urgent"})["Deployment"]
    asked = (claim("slow"), claim(None), ingress("public"), ingress(None), some, gateway("public"))
    assert tenants[tenant].create(*asked) == [""] * len(asked)
