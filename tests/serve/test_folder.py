from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mto.errors import UsageError
from mto.serve.folder import Folder
from tests.support.manifests import QUOTA

SMALL = QUOTA + "spec: {resourcequota: {hard: {pods: 10}}}\n"


def test_only_what_changed_is_read_again(tmp_path: Path) -> None:
    one, other = tmp_path / "a.yaml", tmp_path / "b.yaml"
    one.write_text(SMALL)
    other.write_text(SMALL.replace("small", "large"))
    folder = Folder(tmp_path)
    assert folder.read()
    before = folder.files
    assert not folder.read()
    one.write_text(SMALL.replace("10", "2000"))
    assert folder.read()
    assert folder.files[other] is before[other]
    assert folder.files[one] is not before[one]
    other.unlink()
    assert folder.read()
    assert set(folder.files) == {one}


def test_a_link_that_is_switched_is_seen(tmp_path: Path) -> None:
    for name, pods in (("first", "10"), ("second", "20")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.yaml").write_text(SMALL.replace("10", pods))
    link = tmp_path / "current"
    link.symlink_to("first")
    folder = Folder(link)
    assert folder.read()
    link.unlink()
    link.symlink_to("second")
    assert folder.read()
    (found,) = folder.files.values()
    assert found.declared[0].value.model_dump()["spec"]["resourcequota"]["hard"] == {"pods": "20"}


def test_a_folder_that_is_not_there_keeps_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "tenants"
    path.mkdir()
    (path / "a.yaml").write_text(SMALL)
    folder = Folder(path)
    folder.read()
    path.rename(tmp_path / "away")
    with pytest.raises(UsageError, match="no such file or folder; manifests are read from there"):
        folder.read()
    assert len(folder.files) == 1


def test_a_change_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SMALL)

    async def told() -> None:
        stop = asyncio.Event()
        changes = Folder(tmp_path).changes(stop)
        waiting = asyncio.ensure_future(anext(changes))
        async with asyncio.timeout(20):
            while not waiting.done():  # the notifications need a moment to be set up
                (tmp_path / "a.yaml").write_text(SMALL)
                await asyncio.wait({waiting}, timeout=0.2)
        stop.set()
        assert [one async for one in changes] == []

    asyncio.run(told())
