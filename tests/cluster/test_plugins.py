"""Users whose credentials come from a program; a fake one stands for aws, gcloud and the like."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mto.cluster.connection import ClientCertificate, Issued
from mto.cluster.errors import KubeconfigError
from mto.cluster.kubeconfig import load

API = "client.authentication.k8s.io/v1"
WHEN = "2126-01-01T00:00:00Z"


def ask(folder: Path, script: str, command: str = "./login") -> Issued:
    """Credentials from a kubeconfig whose program, beside it, is this shell script."""
    program = folder / "login"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    user: dict[str, Any] = {"exec": {"apiVersion": API, "command": command, "args": ["me"]}}
    path = folder / "config"
    path.write_text(
        yaml.safe_dump(
            {
                "clusters": [{"name": "c", "cluster": {"server": "https://api"}}],
                "users": [{"name": "u", "user": user}],
                "contexts": [{"name": "dev", "context": {"cluster": "c", "user": "u"}}],
            }
        )
    )

    async def issue() -> Issued:
        return await load(path, "dev").issue()

    return asyncio.run(issue())


def printing(status: dict[str, str]) -> str:
    credential = {"apiVersion": API, "kind": "ExecCredential", "status": status}
    return f"echo '{json.dumps(credential)}'"


def test_a_program_beside_the_kubeconfig_gives_a_token(tmp_path: Path) -> None:
    issued = ask(tmp_path, printing({"token": "fresh", "expirationTimestamp": WHEN}))

    assert issued.authorization == "Bearer fresh"
    assert 1e6 < issued.seconds < float("inf")


def test_a_token_without_an_expiry_is_asked_for_again_in_a_day(tmp_path: Path) -> None:
    assert ask(tmp_path, printing({"token": "fresh"})).seconds == 86400


def test_a_program_may_give_a_certificate(tmp_path: Path) -> None:
    issued = ask(tmp_path, printing({"clientCertificateData": "CRT", "clientKeyData": "KEY"}))

    assert issued.authorization == ""
    assert issued.certificate == ClientCertificate(b"CRT", b"KEY")


@pytest.mark.parametrize(
    ("script", "command", "said"),
    [
        pytest.param(
            "echo 'not logged in' >&2; exit 3",
            "./login",
            "gave no credentials: exec: process returned 3. not logged in; "
            "run it by hand to see why",
            id="it fails",
        ),
        pytest.param(
            printing({}),
            "./login",
            "gave neither a token nor a certificate with its key; "
            "run it by hand to see what it prints",
            id="it prints nothing of use",
        ),
        pytest.param(
            "",
            "no-such-program-here",
            "gave no credentials: [Errno 2] No such file or directory: 'no-such-program-here'; "
            "run it by hand to see why",
            id="it is not installed",
        ),
    ],
)
def test_a_program_that_fails_is_named_with_what_it_said(
    tmp_path: Path, script: str, *, command: str, said: str
) -> None:
    name = tmp_path / "login" if command == "./login" else command

    with pytest.raises(KubeconfigError) as caught:
        ask(tmp_path, script, command)

    assert str(caught.value) == f"the credentials program {name} {said}"


def test_an_auth_provider_is_asked_through_the_library(tmp_path: Path) -> None:
    user = {"auth-provider": {"name": "oidc"}}
    path = tmp_path / "config"
    path.write_text(
        yaml.safe_dump(
            {
                "clusters": [{"name": "c", "cluster": {"server": "https://api"}}],
                "users": [{"name": "u", "user": user}],
                "contexts": [{"name": "dev", "context": {"cluster": "c", "user": "u"}}],
            }
        )
    )

    async def issue() -> Issued:
        return await load(path, "dev").issue()

    with pytest.raises(KubeconfigError) as caught:
        asyncio.run(issue())

    assert str(caught.value) == (
        "the auth-provider oidc gave no credentials: oidc: missing configuration; "
        "run it by hand to see why"
    )


def test_plain_users_do_not_load_the_slow_library() -> None:
    program = "import sys, mto.cluster.kubeconfig; print('kubernetes_asyncio' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "False\n"
