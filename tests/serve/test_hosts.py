from __future__ import annotations

from typing import Any, cast

from mto.cluster.client import Cluster
from mto.serve.hosts import Hosts
from mto.serve.picture import Picture


def ingress(namespace: str, created: int, *hosts: str, name: str = "web") -> dict[str, Any]:
    metadata = {
        "name": name,
        "namespace": namespace,
        "creationTimestamp": f"2026-01-05T19:00:{created:02}Z",
    }
    return {"metadata": metadata, "spec": {"rules": [{"host": host} for host in hosts]}}


def watching(*owners: str) -> tuple[Hosts, list[str]]:
    """Each tenant has one namespace, ``<tenant>-dev``."""
    picture, heard = Picture(), list[str]()
    for owner in owners:
        labels = {"stakater.com/tenant": owner}
        metadata = {"name": f"{owner}-dev", "uid": owner, "labels": labels}
        picture.namespace_seen({"metadata": metadata})
    return Hosts(cast("Cluster", None), picture, heard.append), heard


def test_each_tenant_of_a_shared_host_is_told_and_the_oldest_has_it() -> None:
    hosts, heard = watching("blue", "red", "green")
    hosts.seen(
        [
            ingress("red-dev", 1, "x.org", "red.org"),
            ingress("blue-dev", 0, "x.org"),
            ingress("blue-dev", 3, "x.org", name="more"),
            ingress("green-dev", 2, "green.org"),
        ]
    )
    assert hosts.told == {
        "blue": (
            (
                "host 'x.org' is served by tenant 'red' (Ingress red-dev/web) as well; Ingress "
                "blue-dev/web is older and has it"
            ),
        ),
        "red": (
            (
                "host 'x.org' of Ingress red-dev/web is served by tenant 'blue' (Ingress "
                "blue-dev/web), which is older and has it"
            ),
        ),
    }
    assert heard == ["blue", "red"]


def test_only_what_changes_is_told_again_and_what_is_over_is_over() -> None:
    hosts, heard = watching("blue", "red")
    shared = [ingress("red-dev", 1, "x.org"), ingress("blue-dev", 0, "x.org")]
    hosts.seen(shared)
    hosts.seen(shared)
    assert heard == ["blue", "red"]
    hosts.seen(shared[:1])
    assert hosts.told == {}
    assert heard == ["blue", "red", "blue", "red"]
