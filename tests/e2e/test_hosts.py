"""Host names of Ingresses, Routes, Gateways and their routes, as the API server judges them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mto.local.cluster import Cluster as ControlPlane
from tests.support.kubectl import UserKubeconfig
from tests.support.mto import Manifest, unique, until
from tests.support.objects import definition
from tests.support.tenancy import Tenancy, tenancies

GATEWAY = "gateway.networking.k8s.io"
ROUTE = "route.openshift.io"
KINDS = {
    "Gateway": "gateways",
    "ListenerSet": "listenersets",
    "HTTPRoute": "httproutes",
    "GRPCRoute": "grpcroutes",
    "TLSRoute": "tlsroutes",
}
BACKEND = {"service": {"name": "web", "port": {"number": 80}}}
PATHS = {"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": BACKEND}]}}
EXPRESSION = r"^[a-z0-9-]+\.y\.example\.org$"


def refused(host: str) -> str:
    return (
        f"hosts: tenant 'TENANT' may not use host '{host}' ('*' stands for whatever names no "
        f"host); allowed: 'a.example.org', '*.x.example.org', and what matches {EXPRESSION}; ask "
        "an administrator to change spec.hostValidationConfig of Tenant 'TENANT'"
    )


@pytest.fixture(scope="module")
def tenants(
    control_plane: ControlPlane,
    user_kubeconfig: UserKubeconfig,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Tenancy]]:
    folder = tmp_path_factory.mktemp("hosts")
    specs: dict[str, Any] = {
        "strict": {
            "hostValidationConfig": {
                "allowed": ["A.example.org", "*.x.example.org"],
                "allowedRegex": EXPRESSION,
            }
        },
        "tame": {
            "hostValidationConfig": {
                "allowed": ["*.tame.example.org", "tame.example.org"],
                "allowedRegex": r"\.wild\.example\.org$",
                "denyWildcards": True,
            }
        },
        "any": {"hostValidationConfig": {"allowed": ["*"]}},
        "none": {"hostValidationConfig": {}},
        "free": {},
    }
    with tenancies(control_plane, user_kubeconfig, folder, **specs) as found:
        admin = found["free"].admin
        for kind, plural in KINDS.items():
            admin.ensure(definition(GATEWAY, kind, plural))
        admin.ensure(definition(ROUTE, "Route", "routes"))
        until(lambda: found["none"].create(ingress("a.org")) != [""])
        yield found


def ingress(*hosts: str, tls: Any = None, default: bool = False) -> Manifest:
    rules = [({"host": host} if host else {}) | PATHS for host in hosts]
    spec = {"rules": rules} | ({"tls": tls} if tls else {})
    spec |= {"defaultBackend": BACKEND} if default else {}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": spec}


def gateway_api(kind: str, **spec: Any) -> Manifest:
    return {"apiVersion": f"{GATEWAY}/v1", "kind": kind, "spec": spec}


def listeners(kind: str, *hosts: str) -> Manifest:
    named = [{"name": "web", **({"hostname": host} if host else {})} for host in hosts]
    return gateway_api(kind, gatewayClassName="internal", listeners=named)


def route(host: str | None, **spec: Any) -> Manifest:
    named = {} if host is None else {"host": host}
    return {"apiVersion": f"{ROUTE}/v1", "kind": "Route", "spec": {**named, **spec}}


@pytest.mark.parametrize(
    ("manifest", "answer"),
    [
        pytest.param(ingress("a.example.org"), "", id="listed"),
        pytest.param(ingress("web.y.example.org"), "", id="matched"),
        pytest.param(ingress("b.example.org"), refused("b.example.org"), id="neither"),
        pytest.param(ingress("*.x.example.org"), "", id="a wildcard, literally"),
        pytest.param(ingress("w.x.example.org"), refused("w.x.example.org"), id="below it"),
        pytest.param(ingress("*.y.example.org"), refused("*.y.example.org"), id="no match"),
        pytest.param(ingress("a.example.org", "b.org"), refused("b.org"), id="the second"),
        pytest.param(ingress(""), refused("*"), id="a rule without host"),
        pytest.param(ingress(default=True), refused("*"), id="a default backend"),
        pytest.param(
            ingress("a.example.org", default=True), refused("*"), id="a default backend besides"
        ),
        pytest.param(
            ingress("a.example.org", tls=[{"hosts": ["a.example.org"]}]), "", id="TLS listed"
        ),
        pytest.param(
            ingress("a.example.org", tls=[{"hosts": ["a.example.org", "b.org"]}]),
            refused("b.org"),
            id="TLS of another host",
        ),
        pytest.param(
            ingress("a.example.org", tls=[{"hosts": ["a.example.org"]}, {"secretName": "all"}]),
            refused("*"),
            id="TLS without hosts",
        ),
        pytest.param(route("a.example.org"), "", id="route"),
        pytest.param(route("b.org"), refused("b.org"), id="route not listed"),
        pytest.param(route(None), refused("*"), id="route without host"),
        pytest.param(route(None, subdomain="web"), refused("*"), id="route of a subdomain"),
        pytest.param(
            route("w.x.example.org", wildcardPolicy="Subdomain"), "", id="route as a wildcard"
        ),
        pytest.param(
            route("a.example.org", wildcardPolicy="Subdomain"),
            refused("*.example.org"),
            id="route as a wildcard not listed",
        ),
    ],
)
def test_every_host_is_listed_or_matched(
    tenants: dict[str, Tenancy], manifest: Manifest, answer: str
) -> None:
    assert tenants["strict"].create(manifest) == [answer]
    assert tenants["free"].create(manifest) == [""]


@pytest.mark.parametrize("kind", ["HTTPRoute", "GRPCRoute", "TLSRoute"])
def test_routes_of_gateways_are_judged(tenants: dict[str, Tenancy], kind: str) -> None:
    assert tenants["strict"].create(
        gateway_api(kind, hostnames=["a.example.org", "W.Y.example.org"]),
        gateway_api(kind, hostnames=["a.example.org", "b.org"]),
        gateway_api(kind, hostnames=[]),
        gateway_api(kind),
    ) == ["", refused("b.org"), refused("*"), refused("*")]


@pytest.mark.parametrize("kind", ["Gateway", "ListenerSet"])
def test_listeners_are_judged(tenants: dict[str, Tenancy], kind: str) -> None:
    assert tenants["strict"].create(
        listeners(kind, "a.example.org", "*.x.example.org"),
        listeners(kind, "a.example.org", "b.org"),
        listeners(kind, ""),
    ) == ["", refused("b.org"), refused("*")]


def test_wildcards_can_be_denied_though_they_are_listed_or_matched(
    tenants: dict[str, Tenancy],
) -> None:
    hosts = ("tame.example.org", "a.wild.example.org", "*.tame.example.org", "*.wild.example.org")
    answers = tenants["tame"].create(*map(ingress, hosts))
    assert answers[:2] == ["", ""]
    assert answers[2:] == [
        f"hosts: tenant 'TENANT' may not use host '{host}' ('*' stands for whatever names no "
        "host); allowed: '*.tame.example.org', 'tame.example.org', and what matches "
        r"\.wild\.example\.org$, but no wildcards; ask an administrator to change "
        "spec.hostValidationConfig of Tenant 'TENANT'"
        for host in hosts[2:]
    ]


def test_any_host_may_be_allowed_and_is_no_other(tenants: dict[str, Tenancy]) -> None:
    answers = tenants["any"].create(ingress(""), ingress(default=True), ingress("a.org"))
    assert answers[:2] == ["", ""]
    assert answers[2].startswith("hosts: tenant 'TENANT' may not use host 'a.org'")


def test_without_a_name_and_an_expression_no_host_is_allowed(tenants: dict[str, Tenancy]) -> None:
    assert tenants["none"].create(ingress("a.org")) == [
        (
            "hosts: tenant 'TENANT' may not use host 'a.org' ('*' stands for whatever names no "
            "host); "
            "allowed: none; ask an administrator to change spec.hostValidationConfig of Tenant "
            "'TENANT'"
        )
    ]


def test_a_host_that_was_there_may_stay(tenants: dict[str, Tenancy]) -> None:
    named = {"metadata": {"name": unique("old")}}
    made = tenants["strict"].given({**ingress("old.org"), **named})
    made["metadata"]["labels"] = {"new": "label"}
    assert tenants["strict"].update(made) == ""
    made["spec"]["tls"] = [{"hosts": ["old.org"]}]
    assert tenants["strict"].update(made) == ""
    made["spec"]["rules"] += ingress("new.org")["spec"]["rules"]
    assert tenants["strict"].update(made) == refused("new.org")


def test_the_largest_ingress_stays_within_the_budget_of_cost(
    control_plane: ControlPlane,
    user_kubeconfig: UserKubeconfig,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    label = "a" * 50
    hosts = [f"{number}.{label}.{label}.{label}.{label}.example.org" for number in range(100)]
    expression = "^(" + "|".join(["([a-z0-9]+)x"] * 37) + r")\.org$"
    assert 480 < len(expression) <= 512
    listed = [f"{number}.{label}.{label}.{label}.{label}.example.com" for number in range(500)]
    rules = {"allowed": listed, "allowedRegex": expression}
    largest = ingress(*hosts, tls=[{"hosts": hosts}])
    folder = tmp_path_factory.mktemp("large")
    with tenancies(
        control_plane, user_kubeconfig, folder, large={"hostValidationConfig": rules}
    ) as found:
        until(lambda: found["large"].create(ingress("a.org")) != [""])
        (answer,) = found["large"].create(largest)
    assert answer.startswith(f"hosts: tenant 'TENANT' may not use host '{hosts[0]}', ")
