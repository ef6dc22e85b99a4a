from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web as server
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from mto.sources import web
from mto.sources.members import MOST_BYTES, MembersUnreadable
from mto.sources.web import fetch, refusal

Answer = Callable[[server.Request], Awaitable[server.StreamResponse]]


def fetched(answer: Answer) -> bytes:
    """What is fetched from a server on this machine that answers so."""

    async def run() -> bytes:
        app = server.Application()
        app.router.add_get("/members", answer)
        runner = server.AppRunner(app)
        await runner.setup()
        site = server.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            return await fetch(f"http://127.0.0.1:{runner.addresses[0][1]}/members")
        finally:
            await runner.cleanup()

    return asyncio.run(run())


async def good(_request: server.Request) -> server.Response:
    return server.Response(text="groups: {}")


def test_a_document_is_fetched() -> None:
    assert fetched(good) == b"groups: {}"


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetched(good) == b"groups: {}"


def test_an_answer_that_is_none_is_told() -> None:
    async def missing(_request: server.Request) -> server.Response:
        return server.Response(status=404)

    async def elsewhere(_request: server.Request) -> server.Response:
        return server.Response(status=302, headers={"Location": "http://127.0.0.1:9/"})

    with pytest.raises(MembersUnreadable, match=r"it answered with status 404$"):
        fetched(missing)
    with pytest.raises(MembersUnreadable, match=r"it answered with status 302$"):
        fetched(elsewhere)


def test_no_more_is_read_than_may_be() -> None:
    async def endless(request: server.Request) -> server.StreamResponse:
        answer = server.StreamResponse()
        await answer.prepare(request)
        try:
            while True:
                await answer.write(b" " * 2**20)
        except ConnectionError:
            return answer

    assert MOST_BYTES < len(fetched(endless)) < 2 * MOST_BYTES


def test_one_that_does_not_answer_in_full_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "SECONDS", 0.2)

    async def slow(request: server.Request) -> server.StreamResponse:
        answer = server.StreamResponse()
        await answer.prepare(request)
        try:
            while True:
                await answer.write(b" ")
                await asyncio.sleep(0.05)
        except ConnectionError:
            return answer

    with pytest.raises(MembersUnreadable, match=r"it did not answer in full within 0\.2 s$"):
        fetched(slow)


def test_nobody_listens() -> None:
    with pytest.raises(MembersUnreadable, match=r"Cannot connect to host 127\.0\.0\.1:9 "):
        asyncio.run(fetch("http://127.0.0.1:9/members"))


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    certificate, key = selfsigned(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def run() -> bytes:
        app = server.Application()
        app.router.add_get("/members", good)
        runner = server.AppRunner(app)
        await runner.setup()
        await server.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        try:
            return await fetch(f"https://127.0.0.1:{runner.addresses[0][1]}/members")
        finally:
            await runner.cleanup()

    with pytest.raises(MembersUnreadable, match="CERTIFICATE_VERIFY_FAILED"):
        asyncio.run(run())


def selfsigned(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        pytest.param(
            "http://idp.example.org/m",
            "over http anybody between could name members; use https",
            id="in the clear",
        ),
        pytest.param(
            "file:///etc/passwd",
            "only addresses like https://example.org/members.yaml are asked",
            id="a file",
        ),
        pytest.param(
            "https:///m",
            "only addresses like https://example.org/members.yaml are asked",
            id="no host",
        ),
        pytest.param(
            "https://anna:secret@example.org/m",
            "names and passwords in an address end up in logs",
            id="a password",
        ),
        pytest.param(
            "https://example.org:x/m",
            "Port could not be cast to integer value as 'x'",
            id="no port",
        ),
    ],
)
def test_an_address_that_is_not_asked(url: str, why: str) -> None:
    assert refusal(url) == why


@pytest.mark.parametrize(
    "url", ["https://idp.example.org/m", "http://localhost:8080/m", "http://[::1]/m"]
)
def test_an_address_that_is_asked(url: str) -> None:
    assert refusal(url) is None
