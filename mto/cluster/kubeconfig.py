"""Kubeconfig files: which server, which user.

A context is named by whoever calls. The user's current context is taken only when asked for, as
it is the context of whatever the person did last, in another window.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mto.cluster.connection import ClientCertificate, Connection, Issue, Issued, fixed, token_file
from mto.cluster.errors import KubeconfigError, clip, listed
from mto.cluster.plugins import plugin

Section = Mapping[str, Any]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class _Entry:
    """A named entry and the folder that its relative paths start from."""

    value: Section
    folder: Path

    def __getitem__(self, key: str) -> str:
        return str(self.value.get(key) or "")

    def path(self, key: str) -> Path | None:
        return self.folder / Path(self[key]).expanduser() if self[key] else None

    def file_or_data(self, key: str) -> Path | bytes | None:
        """``<key>-data`` wins over ``<key>``, as with kubectl."""
        data = self[f"{key}-data"]
        if not data:
            return self.path(key)
        try:
            return base64.b64decode(data, validate=True)
        except binascii.Error as error:
            raise KubeconfigError(
                f"{key}-data in the kubeconfig is not base64; write the PEM file in base64"
            ) from error


def load(path: Path | None, context: str | None, *, current: bool = False) -> Connection:
    """The connection of a context.

    ``path=None`` means the files of ``KUBECONFIG``, else ``~/.kube/config``. ``context=None`` is
    an error unless ``current`` asks for the file's own choice.

    Raises:
        KubeconfigError: no such file or context, or something in it that can't be used.
    """
    files = _files(path)
    where = ", ".join(str(file) for file, _ in files)
    contexts = _named(files, "contexts", "context")
    chosen = context or (_current(files) if current else "")
    if not chosen:
        raise KubeconfigError(f"no context was chosen for {where}; name one of: {listed(contexts)}")
    if chosen not in contexts:
        raise KubeconfigError(
            f"no context {clip(chosen)!r} in {where}; its contexts are: {listed(contexts)}"
        )
    entry = contexts[chosen]
    cluster = _required(files, "cluster", of=chosen, name=entry["cluster"])
    user = _required(files, "user", of=chosen, name=entry["user"])
    return _connection(cluster, user, namespace=entry["namespace"] or "default")


def _files(path: Path | None) -> tuple[tuple[Path, Section], ...]:
    """As kubectl: a file that is named must be there, one of a list may be missing."""
    if path is not None:
        return ((path, _read(path.expanduser())),)
    listing = os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    paths = [Path(one).expanduser() for one in listing.split(os.pathsep) if one]
    found = tuple((one, _read(one)) for one in paths if one.is_file())
    if not found:
        raise KubeconfigError(
            f"no kubeconfig at {', '.join(map(str, paths))}; name a file, or set KUBECONFIG"
        )
    return found


def _read(path: Path) -> Section:
    try:
        content = yaml.load(path.read_bytes(), Loader=_LOADER)  # noqa: S506 - the safe one, in C
    except FileNotFoundError:
        raise KubeconfigError(
            f"no kubeconfig at {path}; name an existing file, or set KUBECONFIG"
        ) from None
    except OSError as error:
        raise KubeconfigError(
            f"can't read the kubeconfig {path}: {error.strerror}; check the file and its rights"
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        raise KubeconfigError(f"the kubeconfig {path}{place} is not YAML; correct it") from None
    if not isinstance(content, Mapping):
        raise KubeconfigError(f"the kubeconfig {path} holds no settings; write it anew")
    return content


def _named(files: tuple[tuple[Path, Section], ...], section: str, key: str) -> dict[str, _Entry]:
    """Entries by name; of two with one name the first counts."""
    found: dict[str, _Entry] = {}
    for path, content in files:
        for one in content.get(section) or ():
            value = one.get(key) if isinstance(one, Mapping) else None
            if (not isinstance(value, Mapping) and value is not None) or "name" not in one:
                raise KubeconfigError(
                    f"the kubeconfig {path} has a malformed entry in {section}; "
                    f"each needs name and {key}"
                )
            found.setdefault(str(one["name"]), _Entry(value or {}, path.expanduser().parent))
    return found


def _current(files: tuple[tuple[Path, Section], ...]) -> str:
    chosen = (content.get("current-context") for _, content in files)
    return next((str(one) for one in chosen if one), "")


def _required(files: tuple[tuple[Path, Section], ...], key: str, *, of: str, name: str) -> _Entry:
    entries = _named(files, f"{key}s", key)
    if name not in entries:
        raise KubeconfigError(
            f"context {of!r} names {key} {clip(name)!r}, which the kubeconfig does not have; "
            f"its {key}s are: {listed(entries)}"
        )
    return entries[name]


def _connection(cluster: _Entry, user: _Entry, *, namespace: str) -> Connection:
    server = cluster["server"].rstrip("/")
    if not server.startswith(("https://", "http://")):
        raise KubeconfigError(
            f"the cluster's server is {clip(server)!r}; it must begin with https:// or http://"
        )
    proxy = cluster["proxy-url"]
    if proxy and not proxy.startswith(("http://", "https://")):
        raise KubeconfigError(
            "the cluster's proxy-url has a scheme that is not supported; use http:// or https://"
        )
    headers = list(_impersonation(user))
    if cluster.value.get("disable-compression"):
        headers.append(("Accept-Encoding", "identity"))
    return Connection(
        server=server,
        issue=_credentials(server, user),
        ca=cluster.file_or_data("certificate-authority"),
        insecure=bool(cluster.value.get("insecure-skip-tls-verify")),
        server_name=cluster["tls-server-name"] or None,
        proxy=proxy or None,
        namespace=namespace,
        headers=tuple(headers),
    )


def _credentials(server: str, user: _Entry) -> Issue:
    certificate = user.file_or_data("client-certificate")
    key = user.file_or_data("client-key")
    if (certificate is None) != (key is None):
        missing = "client-key" if key is None else "client-certificate"
        raise KubeconfigError(f"the user in the kubeconfig lacks {missing}; give both, or neither")
    pair = None if certificate is None or key is None else ClientCertificate(certificate, key)
    if path := user.path("tokenFile"):
        return token_file(path, pair)
    if token := user["token"]:
        return fixed(Issued(f"Bearer {token}", pair))
    if user["username"] and user["password"]:
        plain = f"{user['username']}:{user['password']}".encode()
        return fixed(Issued(f"Basic {base64.b64encode(plain).decode()}", pair))
    if pair is None and ("exec" in user.value or "auth-provider" in user.value):
        return plugin(server, _absolute(user))
    return fixed(Issued(certificate=pair))


def _absolute(user: _Entry) -> Section:
    """A command with a folder in it is meant from the kubeconfig's folder, else from PATH."""
    program = user.value.get("exec")
    if not isinstance(program, Mapping):
        return user.value
    command = str(program.get("command", ""))
    if os.sep in command:
        command = str(user.folder / command)
    return {**user.value, "exec": {**program, "command": command}}


def _impersonation(user: _Entry) -> Iterator[tuple[str, str]]:
    """Left out, requests would have more rights than the kubeconfig gives."""
    if user["as"]:
        yield "Impersonate-User", user["as"]
    if user["as-uid"]:
        yield "Impersonate-Uid", user["as-uid"]
    for group in user.value.get("as-groups") or ():
        yield "Impersonate-Group", str(group)
    for key, values in (user.value.get("as-user-extra") or {}).items():
        for value in values:
            yield f"Impersonate-Extra-{key}", str(value)
