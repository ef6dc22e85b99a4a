"""Watches against a server that answers from a script."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson

from mto.cluster.client import Cluster
from mto.cluster.errors import ServerBusy
from mto.cluster.watch import Event, Verb, watch
from tests.support.apiserver import RESET, Reply, Server, refused, talk


def item(name: str, uid: str = "1", version: str = "5") -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "blue", "uid": uid, "resourceVersion": version}}


def listing(*items: dict[str, Any], version: str = "5", more: str = "") -> Reply:
    metadata = {"resourceVersion": version} | ({"continue": more} if more else {})
    return Reply(body={"items": list(items), "metadata": metadata})


def lines(*events: tuple[str, dict[str, Any]]) -> Reply:
    body = b"\n".join(orjson.dumps({"type": kind, "object": one}) for kind, one in events)
    return Reply(body=body + b"\n")


def gone(version: str = "410") -> tuple[str, dict[str, Any]]:
    return "ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "message": version}


def heard(script: list[Reply], number: int) -> tuple[list[tuple[Verb, str]], Server]:
    """The first events, each as what happened and to whom."""

    async def say(cluster: Cluster) -> list[Event]:
        events: AsyncIterator[Event] = watch(cluster, ("v1", "ConfigMap"), label_selector="a=b")
        found: list[Event] = []
        while len(found) < number:
            event = await anext(events)
            found += [event] if event.verb is not Verb.GOING else []
        return found

    found, server = talk(script, say)
    return [(one.verb, one.object.get("metadata", {}).get("name", "")) for one in found], server


def test_everything_is_listed_and_then_every_change_told() -> None:
    script = [
        listing(item("a"), more="next"),
        listing(item("b")),
        lines(("ADDED", item("c", version="6")), ("DELETED", item("a", version="7"))),
    ]
    found, server = heard(script, 5)
    assert found == [
        (Verb.SET, "a"),
        (Verb.SET, "b"),
        (Verb.SYNCED, ""),
        (Verb.SET, "c"),
        (Verb.GONE, "a"),
    ]
    assert server.seen[0].query == {"labelSelector": "a=b", "limit": "500"}
    assert server.seen[2].query["resourceVersion"] == "5"
    assert server.seen[2].query["allowWatchBookmarks"] == "true"


def test_objects_say_what_they_are() -> None:
    async def say(cluster: Cluster) -> Event:
        return await anext(watch(cluster, ("v1", "ConfigMap")))

    event, _ = talk([listing(item("a"))], say)
    assert (event.object["apiVersion"], event.object["kind"]) == ("v1", "ConfigMap")


def test_a_watch_that_ends_goes_on_from_the_last_version_bookmarks_included() -> None:
    bookmark = {"metadata": {"resourceVersion": "9"}}
    script = [
        listing(item("a")),
        lines(("MODIFIED", item("a", version="6")), ("BOOKMARK", bookmark)),
        lines(("MODIFIED", item("a", version="10"))),
    ]
    found, server = heard(script, 4)
    assert [verb for verb, _ in found] == [Verb.SET, Verb.SYNCED, Verb.SET, Verb.SET]
    assert server.seen[2].query["resourceVersion"] == "9"


def test_what_the_server_no_longer_remembers_is_listed_again_and_what_is_gone_is_told() -> None:
    script = [
        listing(item("a"), item("b", uid="2")),
        lines(gone()),
        listing(item("a"), version="20"),
        lines(("ADDED", item("c", version="21"))),
    ]
    found, server = heard(script, 7)
    assert found[3:] == [(Verb.SET, "a"), (Verb.GONE, "b"), (Verb.SYNCED, ""), (Verb.SET, "c")]
    assert server.seen[3].query["resourceVersion"] == "20"


def test_a_refusal_with_410_lists_again_as_well() -> None:
    script = [listing(item("a")), refused(410, "Expired"), listing(item("a"))]
    found, _ = heard(script, 4)
    assert [verb for verb, _ in found] == [Verb.SET, Verb.SYNCED, Verb.SET, Verb.SYNCED]


def test_a_broken_connection_is_told_and_the_watch_goes_on() -> None:
    script = [listing(item("a")), RESET, lines(("ADDED", item("b", version="6")))]
    found, server = heard(script, 4)
    assert [verb for verb, _ in found] == [Verb.SET, Verb.SYNCED, Verb.BROKEN, Verb.SET]
    assert server.seen[2].query["resourceVersion"] == "5"


def test_a_watch_says_when_it_goes_on_after_a_break() -> None:
    async def say(cluster: Cluster) -> list[Verb]:
        events = watch(cluster, ("v1", "ConfigMap"))
        return [(await anext(events)).verb for _ in range(4)]

    found, _ = talk([listing(), RESET, lines(("ADDED", item("a")))], say)
    assert found == [Verb.SYNCED, Verb.BROKEN, Verb.GOING, Verb.SET]


def test_a_busy_server_is_told_with_its_error() -> None:
    async def say(cluster: Cluster) -> Event:
        events = watch(cluster, ("v1", "ConfigMap"))
        found = [await anext(events) for _ in range(2)]
        return found[1]

    event, _ = talk([listing(), refused(503, "ServiceUnavailable", "later")], say)
    assert event.verb is Verb.BROKEN
    assert isinstance(event.error, ServerBusy)
    assert str(event.error) == (
        "can't watch ConfigMap (v1): later; try again when the server is healthy"
    )


def test_an_answer_that_is_no_event_is_told() -> None:
    found, _ = heard([listing(), Reply(body=b"<html>\n")], 2)
    assert [verb for verb, _ in found] == [Verb.SYNCED, Verb.BROKEN]
