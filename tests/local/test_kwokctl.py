from __future__ import annotations

import json
from pathlib import Path

import pytest

from mto.local.kwokctl import Kwokctl
from mto.local.paths import Home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("MTO_CACHE_DIR", str(tmp_path))
    home = Home("blue")
    home.work.joinpath("logs").mkdir(parents=True)
    return home


def script(folder: Path, body: str) -> Path:
    path = folder / "fake-kwokctl"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def finished(kwokctl: Kwokctl, *arguments: str) -> None:
    kwokctl.begin(*arguments)
    while not kwokctl.ended:
        pass


def test_it_is_told_which_cluster_in_which_folder_and_nothing_of_the_users_own(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KWOK_RUNTIME", "docker")
    monkeypatch.setenv("KUBECONFIG", "/somebody/else")
    said = tmp_path / "said"
    body = f'echo "$@|$KWOK_WORKDIR|$KWOK_RUNTIME|$KUBECONFIG" > {said}'
    with Kwokctl(home, script(tmp_path, body)) as kwokctl:
        finished(kwokctl, "create", "cluster")
        assert not kwokctl.failed
    assert said.read_text().strip() == (
        f"create cluster --name blue --config {home.kwokctl_config}|{home.kwok}||"
    )


def test_a_failure_is_explained_by_its_errors_and_the_last_words_of_the_dead(
    home: Home, tmp_path: Path
) -> None:
    lines = "\n".join(f"line {number}" for number in range(5))
    home.work.joinpath("logs", "etcd.log").write_text(lines)
    note = json.dumps({"level": "INFO", "msg": "Cluster is creating"})
    error = json.dumps({"level": "ERROR", "msg": "Failed to setup config", "err": "no etcd"})
    body = f"echo '{note}'; echo '{error}'; echo 'a plain line' >&2; exit 1"
    with Kwokctl(home, script(tmp_path, body)) as kwokctl:
        finished(kwokctl)
        assert kwokctl.failed
        assert kwokctl.explanation(["etcd", "kwok-controller"]) == (
            "kwokctl: Failed to setup config: no etcd\nkwokctl: a plain line\n"
            "etcd: line 2\netcd: line 3\netcd: line 4"
        )


def test_where_nothing_says_why_that_is_said(home: Home, tmp_path: Path) -> None:
    with Kwokctl(home, script(tmp_path, "exit 3")) as kwokctl:
        finished(kwokctl)
        assert kwokctl.explanation([]) == f"nothing in {home.root / 'kwokctl.log'} says why"


def test_it_does_not_outlive_its_use(home: Home, tmp_path: Path) -> None:
    with Kwokctl(home, script(tmp_path, "exec sleep 60")) as kwokctl:
        kwokctl.begin()
        assert not kwokctl.ended
    assert kwokctl.ended
