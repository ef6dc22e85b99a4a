"""How to reach one API server: address, TLS and credentials, ready for an HTTP client.

Credentials that change (token files, plugins) say for how long they are good; a request never
reads a file. Nothing here opens a connection.
"""

from __future__ import annotations

import os
import ssl
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from mto.cluster.errors import KubeconfigError

# A rotated token is valid for minutes after its successor is written.
TOKEN_FILE_SECONDS = 60.0
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True)
class Issued:
    """Credentials of one moment; ``seconds`` is how long they may be used without asking again."""

    authorization: str = field(default="", repr=False)
    certificate: ClientCertificate | None = field(default=None, repr=False)
    seconds: float = float("inf")


@dataclass(frozen=True)
class ClientCertificate:
    """Paths of PEM files, or their contents."""

    certificate: Path | bytes
    key: Path | bytes = field(repr=False)


Issue = Callable[[], Awaitable[Issued]]


@dataclass(frozen=True)
class Connection:
    """One API server and one user of it.

    ``issue`` gives the credentials whenever asked; ``headers`` go with every request
    (``Impersonate-User`` …).
    """

    server: str
    issue: Issue = field(repr=False)
    ca: Path | bytes | None = field(default=None, repr=False)
    insecure: bool = False
    server_name: str | None = None
    proxy: str | None = field(default=None, repr=False)
    namespace: str = "default"
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def in_cluster(cls, root: Path = SERVICE_ACCOUNT) -> Connection:
        """The pod's own service account; its token is read again as it is rotated.

        Raises:
            KubeconfigError: this process runs in no pod, or the pod mounts no token.
        """
        host = os.environ.get("KUBERNETES_SERVICE_HOST")
        port = os.environ.get("KUBERNETES_SERVICE_PORT", "443")
        if not host or not (root / "token").is_file():
            raise KubeconfigError(
                "not in a cluster: KUBERNETES_SERVICE_HOST and a mounted service account token are "
                "needed; name a kubeconfig and a context instead, or set "
                "automountServiceAccountToken on the pod"
            )
        own = root / "namespace"
        return cls(
            server=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
            issue=token_file(root / "token"),
            ca=root / "ca.crt",
            namespace=own.read_text().strip() if own.is_file() else "default",
        )

    def tls(self, certificate: ClientCertificate | None) -> ssl.SSLContext | None:
        """As kubectl does it: the declared CA alone is trusted, else the system's."""
        if urlsplit(self.server).scheme == "http":
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        else:
            _trust(context, self.ca)
        if certificate is not None:
            _present(context, certificate)
        return context

    def proxy_url(self) -> str | None:
        """The declared proxy, else the environment's; never for this machine itself."""
        if self.proxy:
            return self.proxy
        parts = urlsplit(self.server)
        host = parts.hostname or ""
        if host == "localhost" or host.startswith("127.") or host == "::1" or proxy_bypass(host):
            return None
        return getproxies().get(parts.scheme)


def fixed(issued: Issued) -> Issue:
    """Credentials that never change."""

    async def issue() -> Issued:
        return issued

    return issue


def token_file(path: Path, certificate: ClientCertificate | None = None) -> Issue:
    """A bearer token whose file is read again every minute."""

    async def issue() -> Issued:
        try:
            token = path.read_text().strip()  # noqa: ASYNC240 - a few bytes of tmpfs, once a minute
        except OSError as error:
            raise KubeconfigError(
                f"can't read the token file {path}: {error.strerror}; check the file and its rights"
            ) from error
        return Issued(f"Bearer {token}", certificate, TOKEN_FILE_SECONDS)

    return issue


def until(moment: float) -> float:
    """Seconds left to a moment of the wall clock, with a margin for the way of a request."""
    return max(0.0, moment - time.time() - 10)


def _trust(context: ssl.SSLContext, ca: Path | bytes | None) -> None:
    try:
        if ca is None:
            context.load_default_certs()
        elif isinstance(ca, bytes):
            context.load_verify_locations(cadata=ca.decode("ascii"))
        else:
            context.load_verify_locations(cafile=ca)
    except (OSError, ValueError) as error:
        place = ca if isinstance(ca, Path) else "certificate-authority-data"
        raise KubeconfigError(
            f"can't read the cluster's CA certificate, {place}: {_why(error)}; "
            "it must be a PEM certificate"
        ) from error


def _present(context: ssl.SSLContext, client: ClientCertificate) -> None:
    """Python's TLS reads keys from files only, so data goes through private ones, gone at once."""
    with tempfile.TemporaryDirectory(prefix="mto-") as folder:
        certificate = _as_file(client.certificate, Path(folder, "certificate"))
        key = _as_file(client.key, Path(folder, "key"))
        try:
            context.load_cert_chain(certificate, key, password=lambda: b"")
        except (OSError, ValueError) as error:
            names = [str(one) for one in (client.certificate, client.key) if isinstance(one, Path)]
            place = f" {' and '.join(names)}" if names else ""
            raise KubeconfigError(
                f"can't use the client certificate and key{place}: {_why(error)}; both must be "
                "readable PEM that belongs together, the key without a passphrase"
            ) from error


def _as_file(source: Path | bytes, place: Path) -> Path:
    if isinstance(source, bytes):
        place.write_bytes(source)
        return place
    return source


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return error.reason or "not readable"
    return (error.strerror if isinstance(error, OSError) else "") or "not PEM"
