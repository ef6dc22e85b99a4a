"""Which backend a URL means."""

from __future__ import annotations

import os

import pytest

from mto.state.backend import open_backend
from mto.state.errors import BackendUnsupported


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
        ("postgres://user:hunter2@db.local/state", "postgres://db.local"),
        ("https://api.pulumi.com", "https://api.pulumi.com"),
        ("/var/state", "/var/state"),
    ],
)
def test_another_backend_is_refused_without_its_credentials(url: str, place: str) -> None:
    with pytest.raises(BackendUnsupported) as caught:
        open_backend(url)
    assert str(caught.value) == (
        f"state at {place!r} is out of reach of MTO's own engine, which keeps state in files: "
        "give PULUMI_BACKEND_URL a file:// URL, or use --engine pulumi"
    )
    assert caught.value.exit_code == 2
