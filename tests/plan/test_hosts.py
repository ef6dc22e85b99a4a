from __future__ import annotations

from typing import Any

from mto.plan.hosts import Duplicate, Served, duplicates
from mto.plan.observed import Namespace

SPACES = {
    name: Namespace(name, {"stakater.com/tenant": name.partition("-")[0]})
    for name in ("blue-dev", "blue-prod", "red-dev")
}


def ingress(namespace: str, created: str, *hosts: str | None, **spec: Any) -> dict[str, Any]:
    metadata = {"name": "web", "namespace": namespace, "creationTimestamp": created}
    rules = [{} if host is None else {"host": host} for host in hosts]
    return {"metadata": metadata, "spec": {"rules": rules, **spec}}


OLD, NEW, NEWEST = "2026-01-05T19:00:00Z", "2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z"


def test_the_oldest_has_a_host_that_two_tenants_serve() -> None:
    found = duplicates(
        [
            ingress("red-dev", NEW, "a.org", "red.org"),
            ingress("blue-dev", OLD, "a.org", "a.org", "blue.org"),
            ingress("blue-prod", NEWEST, "a.org"),
        ],
        SPACES,
    )
    blue = Served(OLD, "blue-dev", "web", "blue")
    others = (
        Served(NEW, "red-dev", "web", "red"),
        Served(NEWEST, "blue-prod", "web", "blue"),
    )
    assert found == (Duplicate("a.org", blue, others),)


def test_one_tenant_divides_its_own_hosts_as_it_likes() -> None:
    own = [ingress("blue-dev", OLD, "a.org"), ingress("blue-prod", NEW, "a.org")]
    assert duplicates(own, SPACES) == ()


def test_what_names_no_host_serves_any() -> None:
    found = duplicates(
        [
            ingress("blue-dev", OLD, None),
            ingress("red-dev", NEW, defaultBackend={"service": {"name": "web"}}),
        ],
        SPACES,
    )
    assert [(one.host, one.oldest.tenant) for one in found] == [("*", "blue")]


def test_a_certificate_alone_serves_nothing_and_other_namespaces_are_not_looked_at() -> None:
    found = duplicates(
        [
            ingress("blue-dev", OLD, "a.org"),
            ingress("red-dev", NEW, tls=[{"hosts": ["a.org"]}]),
            ingress("kube-system", OLD, "a.org"),
        ],
        SPACES,
    )
    assert found == ()
