"""Writing through the client to a real API server: what no script can promise."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from mto.cluster import observe
from mto.cluster.client import Cluster
from mto.cluster.connection import Connection
from mto.cluster.errors import (
    AlreadyExists,
    Conflict,
    Invalid,
    NotFound,
)
from mto.cluster.ref import Ref
from mto.plan.observed import Quota
from tests.support.objects import (
    MANAGED,
    RBAC,
    Manifest,
    cluster_wide,
    config,
    in_a_namespace,
    manifest,
    run,
    served,
)


async def created_only_once(cluster: Cluster, wanted: Manifest) -> None:
    """The promise on which creation rests, and which no document of Kubernetes makes."""
    dry = await cluster.apply(wanted, create_only=True, dry_run=True)
    made = await cluster.apply(wanted, create_only=True)
    for answer in (dry, made):
        managers = [
            (one["manager"], one["operation"]) for one in answer["metadata"]["managedFields"]
        ]
        assert managers == [("mto", "Apply")], wanted["kind"]
    for dry_run in (False, True):
        with pytest.raises(AlreadyExists) as caught:
            await cluster.apply(wanted, create_only=True, dry_run=dry_run)
        assert not caught.value.maybe_done


def test_what_exists_is_never_created_again_whatever_its_kind(
    connection: Connection, space: str
) -> None:
    async def say(cluster: Cluster) -> None:
        everywhere = list(cluster_wide(f"create-{uuid4().hex[:8]}"))
        try:
            for one in (*in_a_namespace(space), *everywhere):
                await created_only_once(cluster, one)
            api_version = await served(cluster, everywhere[-1])
            await created_only_once(cluster, manifest(api_version, "Widget", space, spec={"a": 1}))
        finally:
            for one in everywhere:
                await cluster.delete(Ref.of(one))

    run(connection, say)


def test_of_many_who_create_the_same_exactly_one_succeeds(
    connection: Connection, space: str
) -> None:
    async def say(cluster: Cluster) -> list[object]:
        creations = (
            cluster.apply(config(space, by=str(number)), create_only=True) for number in range(32)
        )
        return await asyncio.gather(*creations, return_exceptions=True)

    outcomes = run(connection, say)

    assert sum(isinstance(one, dict) for one in outcomes) == 1
    assert sum(type(one) is AlreadyExists for one in outcomes) == 31


def test_fields_that_are_no_longer_declared_are_removed(connection: Connection, space: str) -> None:
    async def say(cluster: Cluster) -> list[Manifest]:
        await cluster.apply(config(space, a="1", b="2"), create_only=True)
        return [await cluster.apply(config(space, a="1")) for _ in range(2)]

    first, second = run(connection, say)

    assert first["data"] == {"a": "1"}
    assert first["metadata"]["resourceVersion"] == second["metadata"]["resourceVersion"]


def test_fields_of_another_manager_are_left_without_force(
    connection: Connection, space: str
) -> None:
    async def say(cluster: Cluster) -> None:
        await cluster.apply(config(space, a="1"), manager="helm")
        await cluster.apply(config(space, a="2"), force=False)

    with pytest.raises(Conflict) as caught:
        run(connection, say)

    assert str(caught.value) == (
        f"can't apply ConfigMap {space}/settings: Apply failed with 1 conflict: conflict with "
        '"helm": .data.a; leave these fields to their manager, or force them'
    )
    assert caught.value.fields == ("data.a",)


def test_a_uid_stands_for_the_very_object(connection: Connection, space: str) -> None:
    ref = Ref("v1", "ConfigMap", "settings", space)

    async def say(cluster: Cluster) -> None:
        uid = (await cluster.apply(config(space, a="1")))["metadata"]["uid"]
        await cluster.apply(config(space, a="2"), uid=uid)
        for attempt in (
            cluster.apply(config(space, a="3"), uid="another"),
            cluster.apply(config(space, "absent", a="3"), uid="another"),
            cluster.delete(ref, uid="another"),
        ):
            with pytest.raises(Conflict):
                await attempt
        assert await cluster.delete(ref, uid=uid)
        assert not await cluster.delete(ref, uid=uid)

    run(connection, say)


def test_a_role_that_a_binding_names_cannot_be_changed(connection: Connection, space: str) -> None:
    def binding(role: str) -> Manifest:
        role_ref = {"apiGroup": RBAC, "kind": "ClusterRole", "name": role}
        return manifest(f"{RBAC}/v1", "RoleBinding", space, roleRef=role_ref)

    async def say(cluster: Cluster) -> None:
        await cluster.apply(binding("view"))
        await cluster.apply(binding("edit"))

    with pytest.raises(Invalid) as caught:
        run(connection, say)

    assert caught.value.immutable
    assert caught.value.fields == ("roleRef",)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"stringData": {"key": {"nested": "hunter2"}}}, id="wrong type"),
        pytest.param({"data": {"key": "hunter2!!"}}, id="not base64"),
        pytest.param(
            {
                "type": "kubernetes.io/dockerconfigjson",
                "stringData": {".dockerconfigjson": "hunter2"},
            },
            id="not what its type says",
        ),
        pytest.param({"type": 7, "stringData": {"key": "hunter2"}}, id="wrong type elsewhere"),
    ],
)
def test_the_servers_words_about_a_secret_are_not_repeated(
    connection: Connection, space: str, fields: Manifest
) -> None:
    with pytest.raises(Invalid) as caught:
        run(connection, lambda cluster: cluster.apply(manifest("v1", "Secret", space, **fields)))

    assert "hunter2" not in f"{caught.value} {caught.value.problem}"


def test_a_namespace_that_is_not_there_is_what_is_missing(connection: Connection) -> None:
    with pytest.raises(NotFound) as caught:
        run(connection, lambda cluster: cluster.apply(config("no-such-namespace", a="1")))

    assert str(caught.value) == (
        "can't apply ConfigMap no-such-namespace/settings: "
        'namespaces "no-such-namespace" not found; create that first'
    )


def test_a_quotas_status_is_written_under_its_version(connection: Connection, space: str) -> None:
    async def say(cluster: Cluster) -> dict[str, Quota]:
        wanted = manifest(
            "v1",
            "ResourceQuota",
            space,
            name="mto",
            metadata={"labels": MANAGED},
            spec={"hard": {"count/widgets.example.com": "5"}},
        )
        live = await cluster.apply(wanted)
        live["status"] = {"hard": {"count/widgets.example.com": "5"}, "used": {}}
        for _ in range(20):  # the quota controller writes the same status
            try:
                await cluster.replace(live, subresource="status")
                break
            except Conflict:
                live |= {"metadata": (await cluster.get(Ref.of(wanted)))["metadata"]}
        return await observe.quotas(cluster)

    quota = run(connection, say)[space]

    assert quota.spec == quota.status == {"count/widgets.example.com": "5"}


@asynccontextmanager
async def losing_answers(server: str) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """A way to the server that breaks off once, after the server's answer has come back."""
    parts, lose = urlsplit(server), asyncio.Event()

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, back: bool) -> None:
        while data := await source.read(65536):
            if back and lose.is_set():
                lose.clear()
                break
            sink.write(data)
        sink.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(parts.hostname, parts.port)
        await asyncio.gather(
            pump(reader, far_writer, back=False), pump(far_reader, writer, back=True)
        )

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        yield f"https://127.0.0.1:{port}", lose


def test_a_create_whose_answer_is_lost_is_told_from_another_ones(
    connection: Connection, space: str
) -> None:
    async def main() -> Manifest:
        async with losing_answers(connection.server) as (url, lose):
            by_detour = dataclasses.replace(connection, server=url, server_name="localhost")
            async with Cluster(by_detour) as cluster:
                await cluster.list("v1", "ConfigMap", namespace=space)  # opens the connection
                lose.set()
                with pytest.raises(AlreadyExists) as caught:
                    await cluster.apply(config(space, a="1"), create_only=True)
                assert caught.value.maybe_done
                return await cluster.get(Ref.of(config(space)))

    assert asyncio.run(main())["data"] == {"a": "1"}
