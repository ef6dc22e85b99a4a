"""Which backend a URL means, and that it answers with what is there now."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mto.state.backend import open_backend
from mto.state.checkpoint import Checkpoint
from mto.state.errors import BackendUnsupported
from mto.state.filebackend import FileBackend


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:///var/state", "/var/state"),
        ("file:///var/a%20b/../state?no_tmp_dir=true", "/var/state"),
        ("file://~", "/srv/anna"),
        ("file://~/state", "/srv/anna/state"),
        ("file://./state", "/srv/state"),
        ("file://state", "/srv/state"),
    ],
)
def test_a_url_means_the_folder_that_it_means_to_pulumi(
    url: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/srv/anna")
    monkeypatch.setattr(os, "getcwd", lambda: "/srv")

    assert repr(open_backend(url)) == f"FileBackend({path!r})"


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("s3://bucket/path?region=x", "s3://bucket"),
        ("postgresql://user:hunter2@db.local/state", "postgresql://db.local"),
        ("https://api.pulumi.com", "https://api.pulumi.com"),
        ("/var/state", "/var/state"),
    ],
)
def test_another_backend_is_refused_without_its_credentials(url: str, place: str) -> None:
    with pytest.raises(BackendUnsupported) as caught:
        open_backend(url)
    assert str(caught.value) == (
        f"state at {place!r} is out of mto's reach, which keeps state in files or in "
        "PostgreSQL: give PULUMI_BACKEND_URL a file:// or postgres:// URL, or run `pulumi up` "
        "instead of mto"
    )
    assert caught.value.exit_code == 2


def test_what_is_unchanged_is_read_once(tmp_path: Path) -> None:
    backend = FileBackend(f"file://{tmp_path}", durable=False)
    backend.save(Checkpoint("dev.blue"))

    assert backend.load("dev.blue") is backend.load("dev.blue")


def test_what_another_process_wrote_in_between_is_seen(tmp_path: Path) -> None:
    mine, another = (FileBackend(f"file://{tmp_path}", durable=False) for _ in range(2))
    mine.save(Checkpoint("dev.blue"))
    mine.load("dev.blue")
    another.save(Checkpoint("dev.blue", metadata={"by": "another"}))

    found = mine.load("dev.blue")
    assert found is not None
    assert found.metadata == {"by": "another"}
