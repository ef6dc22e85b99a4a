"""Reading through the client from a real API server, and getting there at all."""

from __future__ import annotations

import asyncio
import dataclasses
from uuid import uuid4

import pytest

from mto.cluster import listing, observe
from mto.cluster.client import Cluster
from mto.cluster.connection import Connection, Issued, fixed
from mto.cluster.errors import (
    Forbidden,
    NotFound,
    StillThere,
    Unauthorized,
    UnknownKind,
    Unreachable,
)
from mto.cluster.kinds import WELL_KNOWN
from mto.cluster.kubeconfig import load
from mto.cluster.live import Live
from mto.cluster.ref import Ref
from mto.plan.observed import Contents
from tests.support.kubectl import UserKubeconfig
from tests.support.objects import (
    LABELS,
    MANAGED,
    POD,
    Manifest,
    config,
    definition,
    manifest,
    namespace,
    run,
    served,
)


def test_a_user_without_the_right_is_named(user_kubeconfig: UserKubeconfig) -> None:
    jane = load(user_kubeconfig("jane", ["testers"]), None, current=True)

    with pytest.raises(Forbidden) as caught:
        run(jane, lambda cluster: cluster.apply(config("default", a="1")))

    assert caught.value.who == "jane"
    assert str(caught.value) == (
        'can\'t apply ConfigMap default/settings: configmaps "settings" is forbidden: User "jane" '
        'cannot patch resource "configmaps" in API group "" in the namespace "default"; '
        "give jane that right, or use other credentials"
    )


def test_impersonation_is_sent(connection: Connection) -> None:
    headers = (("Impersonate-User", "joe"), ("Impersonate-Group", "testers"))
    joe = dataclasses.replace(connection, headers=headers)

    with pytest.raises(Forbidden) as caught:
        run(joe, lambda cluster: cluster.list("v1", "Secret"))

    assert caught.value.who == "joe"


def test_a_token_that_nobody_issued_is_refused(connection: Connection) -> None:
    stranger = dataclasses.replace(connection, issue=fixed(Issued("Bearer made-up")))

    with pytest.raises(Unauthorized):
        run(stranger, lambda cluster: cluster.list("v1", "Secret"))


def test_another_clusters_server_is_not_trusted(connection: Connection) -> None:
    distrustful = dataclasses.replace(connection, ca=None)

    with pytest.raises(Unreachable) as caught:
        run(distrustful, lambda cluster: cluster.list("v1", "Secret"))

    assert f"the certificate of {connection.server} is not trusted" in str(caught.value)


def test_a_listing_of_many_pages_is_complete(
    connection: Connection, space: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 7)
    names = {f"item-{number}" for number in range(40)}

    async def say(cluster: Cluster) -> list[Manifest]:
        await asyncio.gather(
            *(
                cluster.apply(
                    manifest("v1", "ConfigMap", space, name=name, metadata={"labels": LABELS})
                )
                for name in names
            )
        )
        return await cluster.list(
            "v1", "ConfigMap", namespace=space, label_selector="app=web", metadata_only=True
        )

    found = run(connection, say)

    assert {one["metadata"]["name"] for one in found} == names
    assert {one["kind"] for one in found} == {"ConfigMap"}
    assert not any("data" in one for one in found)


def test_a_kind_defined_a_moment_ago_is_found(connection: Connection, space: str) -> None:
    made = definition(f"late-{uuid4().hex[:8]}.example.com")
    widget = manifest(f"{made['spec']['group']}/v1", "Widget", space)

    async def say(cluster: Cluster) -> None:
        with pytest.raises(UnknownKind):
            await cluster.apply(widget)
        await cluster.apply(made)
        await served(cluster, made)
        await cluster.apply(widget)
        assert (await cluster.get(Ref.of(widget)))["kind"] == "Widget"
        await cluster.delete(Ref.of(made))

    run(connection, say)


def test_a_namespace_is_waited_for_until_it_is_gone(connection: Connection) -> None:
    name = f"gone-{uuid4().hex[:8]}"
    ref = Ref("v1", "Namespace", name)
    finalizer = {"metadata": {"finalizers": ["example.com/keep"]}}

    async def say(cluster: Cluster) -> None:
        uid = (await cluster.apply(namespace(name)))["metadata"]["uid"]
        await cluster.apply(
            config(name) | {"metadata": config(name)["metadata"] | finalizer["metadata"]}
        )
        await cluster.delete(ref, uid=uid)
        with pytest.raises(StillThere) as caught:
            await cluster.wait_gone(ref, deadline=7)
        assert "Some resources are remaining: configmaps. has 1 resource instances" in str(
            caught.value
        )
        await cluster.patch(Ref.of(config(name)), {"metadata": {"finalizers": None}})
        await cluster.wait_gone(ref, uid=uid, deadline=60)
        with pytest.raises(NotFound):
            await cluster.get(ref)

    run(connection, say)


def test_what_a_namespace_holds_is_counted_without_ours_and_kubernetes_own(
    connection: Connection, space: str
) -> None:
    async def say(cluster: Cluster) -> list[Contents]:
        before = await observe.contents(cluster, space)
        template = {"metadata": {"labels": LABELS}, "spec": POD}
        spec = {"replicas": 2, "selector": {"matchLabels": LABELS}, "template": template}
        await cluster.apply(manifest("apps/v1", "Deployment", space, spec=spec))
        await cluster.apply(manifest("v1", "Secret", space, metadata={"labels": MANAGED}))
        await cluster.apply(manifest("v1", "Secret", space, name="own"))
        async with asyncio.timeout(20):
            while len(await cluster.list("v1", "Pod", namespace=space)) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        return [before, await observe.contents(cluster, space)]

    assert run(connection, say) == [
        Contents(),
        Contents({"deployments.apps": 1, "secrets": 1}),
    ]


def test_tenants_namespaces_are_told_by_their_label(connection: Connection) -> None:
    name = f"labelled-{uuid4().hex[:8]}"
    ref = Ref("v1", "Namespace", name)

    async def say(cluster: Cluster) -> None:
        await cluster.apply(namespace(name, **{"stakater.com/tenant": "blue"}))
        found = (await observe.namespaces(cluster))[name]
        assert (found.tenant, found.terminating) == ("blue", False)
        await cluster.patch(ref, {"metadata": {"labels": {"stakater.com/tenant": None}}})
        assert name not in await observe.namespaces(cluster)
        await cluster.delete(ref)

    run(connection, say)


def test_live_objects_are_found_with_and_without_our_marker(
    connection: Connection, space: str
) -> None:
    marked = manifest("v1", "ConfigMap", space, name="ours", metadata={"labels": MANAGED})
    plain = config(space, "theirs")

    async def say(cluster: Cluster) -> list[str | None]:
        await asyncio.gather(cluster.apply(marked), cluster.apply(plain))
        live = Live(cluster)
        asked = [Ref.of(marked), Ref.of(plain), Ref("v1", "ConfigMap", "absent", space)]
        found = await asyncio.gather(*map(live.get, asked))
        return [one["metadata"]["name"] if one else None for one in found]

    assert run(connection, say) == ["ours", "theirs", None]


def test_the_table_of_well_known_kinds_is_what_the_server_serves(connection: Connection) -> None:
    served = run(connection, lambda cluster: cluster.discover()).kinds

    ours = {key: one for key, one in WELL_KNOWN.items() if not key[0].startswith("mto.")}
    assert {key: (served[key].plural, served[key].namespaced) for key in ours} == {
        key: (one.plural, one.namespaced) for key, one in ours.items()
    }
