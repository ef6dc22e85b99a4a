"""Which server and which user a kubeconfig means, and what is said when it can't be told."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from mto.cluster.connection import ClientCertificate, Connection, Issued
from mto.cluster.errors import KubeconfigError
from mto.cluster.kubeconfig import load

SERVER = "https://api.example.com:6443"


def config(user: Mapping[str, Any] | None = None, **cluster: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "prod",
        "clusters": [{"name": "main", "cluster": {"server": SERVER, **cluster}}],
        "users": [{"name": "jane", "user": dict(user or {})}],
        "contexts": [
            {"name": "prod", "context": {"cluster": "main", "user": "jane"}},
            {"name": "dev", "context": {"cluster": "main", "user": "jane", "namespace": "blue"}},
        ],
    }


def written(folder: Path, content: object, name: str = "config") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


def issued(connection: Connection) -> Issued:
    async def ask() -> Issued:
        return await connection.issue()

    return asyncio.run(ask())


def refusal(path: Path | None, context: str | None = "dev") -> str:
    with pytest.raises(KubeconfigError) as caught:
        load(path, context)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_a_context_names_server_user_and_namespace(tmp_path: Path) -> None:
    connection = load(written(tmp_path, config({"token": "t"})), "dev")

    assert (connection.server, connection.namespace) == (SERVER, "blue")
    assert issued(connection) == Issued("Bearer t")


def test_the_current_context_is_never_taken_unasked(tmp_path: Path) -> None:
    path = written(tmp_path, config())

    assert refusal(path, None) == f"no context was chosen for {path}; name one of: dev, prod"
    assert load(path, None, current=True).namespace == "default"


def test_an_unknown_context_is_told_with_those_there_are(tmp_path: Path) -> None:
    path = written(tmp_path, config())

    assert refusal(path, "prd") == f"no context 'prd' in {path}; its contexts are: dev, prod"


def test_a_file_without_a_current_context_has_none_to_take(tmp_path: Path) -> None:
    path = written(tmp_path, {"contexts": []})

    with pytest.raises(KubeconfigError) as caught:
        load(path, None, current=True)

    assert str(caught.value) == f"no context was chosen for {path}; name one of: none"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere"

    assert refusal(path) == (f"no kubeconfig at {path}; name an existing file, or set KUBECONFIG")


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    assert refusal(tmp_path) == (
        f"can't read the kubeconfig {tmp_path}: Is a directory; check the file and its rights"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("a: b: c", ", line 1 is not YAML; correct it", id="not YAML"),
        pytest.param("- a", " holds no settings; write it anew", id="a list"),
        pytest.param("", " holds no settings; write it anew", id="empty"),
        pytest.param(
            "contexts: [{context: {}}]",
            " has a malformed entry in contexts; each needs name and context",
            id="an entry without a name",
        ),
        pytest.param(
            "contexts: [{name: dev, context: text}]",
            " has a malformed entry in contexts; each needs name and context",
            id="an entry that is a text",
        ),
    ],
)
def test_a_broken_file_says_where(tmp_path: Path, content: str, said: str) -> None:
    path = written(tmp_path, content)

    assert refusal(path) == f"the kubeconfig {path}{said}"


def test_a_context_without_its_user_says_which_users_there_are(tmp_path: Path) -> None:
    content = config()
    content["users"] = [{"name": "joe", "user": {}}]

    assert refusal(written(tmp_path, content)) == (
        "context 'dev' names user 'jane', which the kubeconfig does not have; its users are: joe"
    )


@pytest.mark.parametrize(
    ("cluster", "user", "said"),
    [
        pytest.param(
            {"server": "api:6443"},
            {},
            "the cluster's server is 'api:6443'; it must begin with https:// or http://",
            id="no scheme",
        ),
        pytest.param(
            {"proxy-url": "socks5://proxy"},
            {},
            "the cluster's proxy-url has a scheme that is not supported; use http:// or https://",
            id="socks proxy",
        ),
        pytest.param(
            {},
            {"client-certificate": "a.pem"},
            "the user in the kubeconfig lacks client-key; give both, or neither",
            id="certificate without key",
        ),
        pytest.param(
            {},
            {"client-key": "a.pem"},
            "the user in the kubeconfig lacks client-certificate; give both, or neither",
            id="key without certificate",
        ),
        pytest.param(
            {"certificate-authority-data": "%%%"},
            {},
            "certificate-authority-data in the kubeconfig is not base64; "
            "write the PEM file in base64",
            id="not base64",
        ),
    ],
)
def test_settings_that_cannot_work_are_refused_on_reading(
    tmp_path: Path, cluster: dict[str, Any], *, user: dict[str, Any], said: str
) -> None:
    assert refusal(written(tmp_path, config(user, **cluster))) == said


def test_paths_start_from_the_folder_of_their_file(tmp_path: Path) -> None:
    user = {"client-certificate": "me.crt", "client-key": "/keys/me.key"}
    path = written(tmp_path, config(user, **{"certificate-authority": "pki/ca.crt"}))

    connection = load(path, "dev")

    assert connection.ca == tmp_path / "pki/ca.crt"
    assert issued(connection).certificate == ClientCertificate(
        tmp_path / "me.crt", Path("/keys/me.key")
    )


def test_data_wins_over_a_path(tmp_path: Path) -> None:
    data = base64.b64encode(b"PEM").decode()
    cluster: dict[str, Any] = {
        "certificate-authority": "ca.crt",
        "certificate-authority-data": data,
    }

    assert load(written(tmp_path, config(**cluster)), "dev").ca == b"PEM"


def test_a_name_and_password_are_basic_authentication(tmp_path: Path) -> None:
    connection = load(written(tmp_path, config({"username": "jane", "password": "pw"})), "dev")

    assert issued(connection).authorization == "Basic amFuZTpwdw=="


def test_a_token_file_wins_over_a_token_and_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("first\n")
    connection = load(written(tmp_path, config({"token": "t", "tokenFile": "token"})), "dev")

    assert issued(connection).authorization == "Bearer first"
    (tmp_path / "token").write_text("second\n")
    again = issued(connection)
    assert again.authorization == "Bearer second"
    assert again.seconds == 60


def test_a_token_file_that_is_gone_is_named(tmp_path: Path) -> None:
    connection = load(written(tmp_path, config({"tokenFile": "token"})), "dev")

    with pytest.raises(KubeconfigError) as caught:
        issued(connection)

    assert str(caught.value) == (
        f"can't read the token file {tmp_path / 'token'}: No such file or directory; "
        "check the file and its rights"
    )


def test_impersonation_is_never_left_out(tmp_path: Path) -> None:
    user = {
        "token": "t",
        "as": "joe",
        "as-uid": "7",
        "as-groups": ["a", "b"],
        "as-user-extra": {"reason": ["x", "y"]},
    }

    connection = load(written(tmp_path, config(user, **{"disable-compression": True})), "dev")

    assert connection.headers == (
        ("Impersonate-User", "joe"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
        ("Impersonate-Extra-reason", "x"),
        ("Impersonate-Extra-reason", "y"),
        ("Accept-Encoding", "identity"),
    )


def test_tls_settings_are_kept(tmp_path: Path) -> None:
    cluster: dict[str, Any] = {
        "insecure-skip-tls-verify": True,
        "tls-server-name": "api",
        "proxy-url": "http://p",
    }

    connection = load(written(tmp_path, config(**cluster)), "dev")

    assert (connection.insecure, connection.server_name, connection.proxy) == (
        True,
        "api",
        "http://p",
    )


def test_of_several_files_the_first_entry_of_a_name_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = written(
        tmp_path,
        {"current-context": "dev", "users": [{"name": "jane", "user": {"token": "first"}}]},
        "first",
    )
    second = written(tmp_path, config({"token": "second"}), "second")
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'absent'}:{first}:{second}")

    connection = load(None, None, current=True)

    assert connection.namespace == "blue"
    assert issued(connection).authorization == "Bearer first"


def test_without_any_file_the_places_looked_at_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    assert refusal(None) == (
        f"no kubeconfig at {tmp_path}/.kube/config; name a file, or set KUBECONFIG"
    )


def test_no_secret_is_in_the_representation_of_a_connection(tmp_path: Path) -> None:
    connection = load(written(tmp_path, config({"token": "hunter2"})), "dev")

    assert "hunter2" not in repr(connection)
    assert "hunter2" not in repr(issued(connection))
