"""Service accounts in a pod, TLS contexts and proxies."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from mto.cluster.client import Cluster
from mto.cluster.connection import ClientCertificate, Connection, Issued, fixed
from mto.cluster.errors import KubeconfigError, Unreachable
from mto.cluster.ref import Ref

NAMESPACE = Ref("v1", "Namespace", "blue-dev")


def connection(server: str = "https://127.0.0.1:1", **settings: object) -> Connection:
    return Connection(server, fixed(Issued()), **settings)  # type: ignore[arg-type]


def self_signed(*, encrypted: bool = False) -> ClientCertificate:
    """Both a server's and a client's, valid for localhost alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if encrypted:
        encryption = serialization.BestAvailableEncryption(b"passphrase")
    return ClientCertificate(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
        ),
    )


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "6443")
    (tmp_path / "token").write_text("first")
    (tmp_path / "namespace").write_text("mto-system")
    return tmp_path


def test_a_pod_uses_its_own_service_account(account: Path) -> None:
    inside = Connection.in_cluster(account)

    assert (inside.server, inside.namespace) == ("https://10.0.0.1:6443", "mto-system")
    assert inside.ca == account / "ca.crt"


def test_a_rotated_token_is_read_again(account: Path) -> None:
    inside = Connection.in_cluster(account)

    async def rotate() -> list[str]:
        first = await inside.issue()
        (account / "token").write_text("second")
        return [first.authorization, (await inside.issue()).authorization]

    assert asyncio.run(rotate()) == ["Bearer first", "Bearer second"]


def test_an_address_of_ipv6_is_bracketed(account: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")

    assert Connection.in_cluster(account).server == "https://[fd00::1]:6443"


def test_outside_a_cluster_there_is_no_service_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    with pytest.raises(KubeconfigError) as caught:
        Connection.in_cluster(tmp_path)

    assert str(caught.value) == (
        "not in a cluster: KUBERNETES_SERVICE_HOST and a mounted service account token are "
        "needed; name a kubeconfig and a context instead, or set "
        "automountServiceAccountToken on the pod"
    )


def test_a_declared_ca_is_the_only_one_trusted() -> None:
    trusted = self_signed().certificate

    context = connection(ca=trusted).tls(None)

    assert context is not None
    assert context.cert_store_stats()["x509_ca"] == 1
    assert context.check_hostname


def test_insecure_checks_nothing_and_http_has_no_tls() -> None:
    context = connection(insecure=True).tls(None)

    assert context is not None
    assert context.verify_mode is ssl.CERT_NONE
    assert connection("http://127.0.0.1:1").tls(None) is None


@pytest.mark.parametrize(
    ("ca", "said"),
    [
        pytest.param(
            Path("/nowhere/ca.crt"), "/nowhere/ca.crt: No such file or directory", id="no file"
        ),
        pytest.param(b"text", "certificate-authority-data: not readable", id="not PEM"),
    ],
)
def test_a_ca_that_cannot_be_read_is_named(ca: Path | bytes, said: str) -> None:
    with pytest.raises(KubeconfigError) as caught:
        connection(ca=ca).tls(None)

    assert str(caught.value) == (
        f"can't read the cluster's CA certificate, {said}; it must be a PEM certificate"
    )


def test_a_key_that_does_not_belong_to_its_certificate_is_refused() -> None:
    pair = ClientCertificate(self_signed().certificate, self_signed().key)

    with pytest.raises(KubeconfigError) as caught:
        connection(insecure=True).tls(pair)

    assert str(caught.value) == (
        "can't use the client certificate and key: KEY_VALUES_MISMATCH; both must be readable PEM "
        "that belongs together, the key without a passphrase"
    )


def test_an_encrypted_key_is_an_error_and_not_a_question(tmp_path: Path) -> None:
    pair = self_signed(encrypted=True)
    assert isinstance(pair.key, bytes)
    (tmp_path / "key").write_bytes(pair.key)

    with pytest.raises(KubeconfigError) as caught:
        connection(insecure=True).tls(ClientCertificate(pair.certificate, tmp_path / "key"))

    assert str(caught.value).startswith(f"can't use the client certificate and key {tmp_path}/key")


def test_a_server_with_an_unknown_certificate_is_not_trusted_and_not_asked_again(
    tmp_path: Path,
) -> None:
    server, other = self_signed(), self_signed()
    assert isinstance(server.certificate, bytes)
    assert isinstance(server.key, bytes)
    (tmp_path / "server.pem").write_bytes(server.certificate + server.key)

    url, text = asyncio.run(refused_by_client(tmp_path / "server.pem", trusted=other))

    assert text == (
        f"can't get Namespace blue-dev: the certificate of {url} is not trusted: "
        "self-signed certificate; check certificate-authority and tls-server-name in the kubeconfig"
    )


async def refused_by_client(chain: Path, *, trusted: ClientCertificate) -> tuple[str, str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    runner = web.AppRunner(web.Application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    url = f"https://localhost:{runner.addresses[0][1]}"
    try:
        async with Cluster(connection(url, ca=trusted.certificate)) as cluster:
            with pytest.raises(Unreachable) as caught:
                await cluster.get(NAMESPACE)
    finally:
        await runner.cleanup()
    return url, str(caught.value)


@pytest.mark.parametrize(
    ("server", "environment", "proxy"),
    [
        pytest.param("https://api.example.com", {"https_proxy": "http://p"}, "http://p", id="env"),
        pytest.param("https://127.0.0.1:1", {"https_proxy": "http://p"}, None, id="loopback"),
        pytest.param("https://localhost:1", {"https_proxy": "http://p"}, None, id="localhost"),
        pytest.param("https://api.example.com", {}, None, id="none"),
        pytest.param(
            "https://api.example.com",
            {"https_proxy": "http://p", "no_proxy": ".example.com"},
            None,
            id="excepted",
        ),
    ],
)
def test_the_environments_proxy_is_used_as_kubectl_does(
    server: str,
    environment: dict[str, str],
    *,
    proxy: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert connection(server).proxy_url() == proxy


def test_a_declared_proxy_wins() -> None:
    assert connection(proxy="http://declared").proxy_url() == "http://declared"
