"""Registries of images, on every kind that makes pods, as the API server judges them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mto.local.cluster import Cluster as ControlPlane
from tests.support.kubectl import UserKubeconfig
from tests.support.mto import until
from tests.support.tenancy import Tenancy, pod, tenancies, workloads

GOOD, BAD = "ghcr.io/blue/web:1", "evil.example.org/web:1"
MAIN = {"name": "main", "image": GOOD}
SENTENCE = (
    "images: tenant 'TENANT' may not run image '{}'; allowed registries: 'ghcr.io', "
    "'docker.io', 'index.docker.io', 'registry.example.org:5000'; ask an administrator to change "
    "spec.imageRegistries of Tenant 'TENANT'"
)
REFUSED = SENTENCE.format(BAD)


@pytest.fixture(scope="module")
def tenants(
    control_plane: ControlPlane,
    user_kubeconfig: UserKubeconfig,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Tenancy]]:
    specs: dict[str, dict[str, Any]] = {
        "strict": {
            "imageRegistries": {"allowed": ["GHCR.io", "docker.io", "registry.example.org:5000"]}
        },
        "unnamed": {"imageRegistries": {"allowed": [""]}},
        "none": {"imageRegistries": {}},
        "free": {},
    }
    folder = tmp_path_factory.mktemp("images")
    with tenancies(control_plane, user_kubeconfig, folder, **specs) as found:
        until(lambda: found["none"].create(image(BAD)) != [""])
        yield found


def image(name: str) -> dict[str, Any]:
    return pod(containers=[{"name": "main", "image": name}])


KINDS = sorted(workloads({}))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("spec", "answer"),
    [
        pytest.param({"containers": [MAIN]}, "", id="allowed"),
        pytest.param({"containers": [{"name": "main", "image": BAD}]}, REFUSED, id="container"),
        pytest.param(
            {"containers": [MAIN], "initContainers": [{"name": "first", "image": BAD}]},
            REFUSED,
            id="init container",
        ),
        pytest.param(
            {
                "containers": [MAIN],
                "volumes": [{"name": "data", "image": {"reference": BAD}}],
            },
            REFUSED,
            id="image volume",
        ),
    ],
)
def test_every_kind_is_judged(
    tenants: dict[str, Tenancy], kind: str, spec: dict[str, Any], answer: str
) -> None:
    strict = tenants["strict"]
    assert strict.create(workloads(spec)[kind]) == [answer]
    assert tenants["free"].create(workloads(spec)[kind]) == [""]


@pytest.mark.parametrize(
    ("name", "tenant", "allowed"),
    [
        ("ghcr.io/web", "strict", True),
        ("GHCR.IO/web", "strict", True),
        ("ghcr.io/web@sha256:" + "0" * 64, "strict", True),
        ("ghcr.io/web:1@sha256:" + "0" * 64, "strict", True),
        ("docker.io/web", "strict", True),
        ("index.docker.io/library/web", "strict", True),
        ("registry.example.org:5000/web", "strict", True),
        ("registry.example.org/web", "strict", False),
        ("ghcr.io:443/web", "strict", False),
        ("ghcr.io.evil.org/web", "strict", False),
        ("evil.org/ghcr.io/web", "strict", False),
        ("evil@ghcr.io/web", "strict", False),
        ("https://ghcr.io/web", "strict", False),
        ("xindex.docker.io/web", "strict", False),
        ("web", "strict", False),
        ("library/web", "strict", False),
        ("ghcr/web", "strict", False),
        ("localhost/web", "strict", False),
        ("web", "unnamed", True),
        ("web:5000", "unnamed", True),
        ("library/web", "unnamed", True),
        ("library/web:1.2", "unnamed", True),
        ("localhost/web", "unnamed", False),
        ("localhost:5000/web", "unnamed", False),
        ("Library/web", "unnamed", False),
        ("docker.io/web", "unnamed", False),
        ("web", "none", False),
        ("ghcr.io/web", "none", False),
    ],
)
def test_a_registry_is_read_as_container_runtimes_do(
    tenants: dict[str, Tenancy], name: str, tenant: str, *, allowed: bool
) -> None:
    (answer,) = tenants[tenant].create(image(name))
    assert (answer == "") is allowed, answer
    assert allowed or answer.startswith(f"images: tenant 'TENANT' may not run image '{name}'; ")


def test_an_empty_list_says_none_and_an_unnamed_registry_is_told_in_words(
    tenants: dict[str, Tenancy],
) -> None:
    assert tenants["none"].create(image(BAD)) == [
        (
            f"images: tenant 'TENANT' may not run image '{BAD}'; allowed registries: none; ask an "
            "administrator to change spec.imageRegistries of Tenant 'TENANT'"
        )
    ]
    assert tenants["unnamed"].create(image(BAD)) == [
        (
            f"images: tenant 'TENANT' may not run image '{BAD}'; allowed registries: images that "
            f"name "
            "none; ask an administrator to change spec.imageRegistries of Tenant 'TENANT'"
        )
    ]


def test_what_was_there_before_can_be_changed_in_all_else(tenants: dict[str, Tenancy]) -> None:
    old = {"containers": [{"name": "main", "image": BAD}]}
    strict = tenants["strict"]
    made = strict.given(workloads(old)["Deployment"])
    assert strict.update({**made, "spec": {**made["spec"], "replicas": 3}}) == ""
    made["spec"]["template"]["spec"]["containers"] += [{"name": "more", "image": GOOD}]
    assert strict.update(made) == ""
    made["spec"]["template"]["spec"]["containers"] += [{"name": "worse", "image": f"{BAD}.1"}]
    assert strict.update(made) == SENTENCE.format(f"{BAD}.1")


def test_a_container_that_debugs_a_running_pod_is_judged(tenants: dict[str, Tenancy]) -> None:
    strict = tenants["strict"]
    made = strict.given(pod(containers=[{"name": "main", "image": BAD}]))
    debugger = {"name": "debug", "image": GOOD, "targetContainerName": "main"}
    made["spec"]["ephemeralContainers"] = [debugger]
    assert strict.update(made, "ephemeralcontainers") == ""
    made["spec"]["ephemeralContainers"] = [{**debugger, "image": f"{BAD}.1"}]
    assert strict.update(made, "ephemeralcontainers") == SENTENCE.format(f"{BAD}.1")


def test_the_largest_pod_stays_within_the_budget_of_cost(tenants: dict[str, Tenancy]) -> None:
    many = [{"name": f"c{number}", "image": f"{number}{BAD}" + "x" * 200} for number in range(100)]
    good = [{"name": f"g{number}", "image": GOOD + "x" * 200} for number in range(100)]
    (answer,) = tenants["strict"].create(pod(containers=many, initContainers=good))
    assert answer.startswith("images: tenant 'TENANT' may not run image '0evil.example.org/web")
    assert "…; allowed registries: 'ghcr.io'" in answer


# ---- pulling each time ---------------------------------------------------------------------------

KEPT = (
    "image-pulls: tenant 'TENANT' must pull images each time, lest it runs private ones that "
    "another tenant's pod left on the node; set imagePullPolicy Always for image '{}'; ask an "
    "administrator to change spec.tenantPolicies.alwaysPullImages of the IntegrationConfig"
)


@pytest.fixture
def pulling(tenants: dict[str, Tenancy]) -> Iterator[Tenancy]:
    """A tenant of a platform with the switch on, without switching it on for all other tests."""
    free = tenants["free"]
    policy = free.here(
        {
            "apiVersion": "mto.stakater.com/v1alpha1",
            "kind": "TenantPolicy",
            "metadata": {"name": "tenant-policy"},
        }
    )
    live = free.admin.read(policy)
    live["spec"]["alwaysPullImages"] = True
    assert free.admin.update(live, dry_run=False) == ""
    until(lambda: free.create(image(GOOD)) != [""])
    yield free
    live = free.admin.read(policy)
    live["spec"]["alwaysPullImages"] = False
    assert free.admin.update(live, dry_run=False) == ""


def test_images_are_pulled_each_time_on_every_kind(pulling: Tenancy) -> None:
    always = {**MAIN, "imagePullPolicy": "Always"}
    kept = {"name": "more", "image": BAD, "imagePullPolicy": "IfNotPresent"}
    volume = {"name": "data", "image": {"reference": BAD, "pullPolicy": "Never"}}
    for spec, answer in (
        ({"containers": [always]}, ""),
        ({"containers": [always, kept]}, KEPT.format(BAD)),
        ({"containers": [always], "initContainers": [kept]}, KEPT.format(BAD)),
        ({"containers": [always], "volumes": [volume]}, KEPT.format(BAD)),
    ):
        made = workloads(spec)
        assert pulling.create(*made.values()) == [answer] * len(made)


def test_another_image_of_a_running_pod_is_pulled_each_time_too(pulling: Tenancy) -> None:
    named = {"metadata": {"name": "running"}}
    made = pulling.given({**pod(containers=[MAIN], schedulerName="nobody"), **named})
    made["metadata"]["labels"] = {"new": "label"}
    assert pulling.update(made) == ""
    made["spec"]["containers"][0]["image"] = BAD
    assert pulling.update(made) == KEPT.format(BAD)
