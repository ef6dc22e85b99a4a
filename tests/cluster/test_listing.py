"""Pages of a large listing, against a scripted server."""

from __future__ import annotations

from mto.cluster.client import Cluster
from mto.cluster.kinds import WELL_KNOWN
from tests.support.apiserver import Reply, refused, talk


def page(*names: str, more: str = "") -> Reply:
    items = [{"metadata": {"name": name, "uid": name}} for name in names]
    return Reply(200, {"metadata": {"continue": more}, "items": items})


async def _names(cluster: Cluster) -> list[list[str]]:
    pages = cluster.pages(WELL_KNOWN["v1", "Pod"], label_selector="a!=b")
    return [[one["metadata"]["name"] for one in items] async for items in pages]


def test_pages_come_one_by_one_and_ask_for_metadata_only() -> None:
    names, server = talk([page("a", "b", more="next"), page("c")], _names)

    assert names == [["a", "b"], ["c"]]
    assert server.seen[1].query == {"labelSelector": "a!=b", "limit": "500", "continue": "next"}
    assert "PartialObjectMetadataList" in server.seen[0].headers["Accept"]


def test_pages_that_expire_go_on_without_pages_and_bring_each_object_once() -> None:
    script = [page("a", more="next"), refused(410, "Expired"), page("a", "b")]

    names, _ = talk(script, _names)

    assert names == [["a"], ["b"]]
