"""One document from an address, with everything bounded: time, size, and where it may come from.

Only https, verified against the system's authorities; plain http to this very machine (a
side-car). No redirects, since they could lead anywhere, and no proxies of the environment.
"""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from mto.sources.members import MOST_BYTES, MembersUnreadable

SECONDS: Final = 10.0
"""For the whole of it: names resolved, connected, read to the end."""


def refusal(url: str) -> str | None:
    """Why this address is not asked, as the end of a sentence; None where it is."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        return str(error)
    if parts.username or parts.password:
        return "names and passwords in an address end up in logs"
    if not host or parts.scheme not in ("http", "https"):
        return "only addresses like https://example.org/members.yaml are asked"
    if parts.scheme == "http" and not _here(host):
        return "over http anybody between could name members; use https"
    return None


async def fetch(url: str) -> bytes:
    """At most ``MOST_BYTES`` and one; raises MembersUnreadable."""
    if (why := refusal(url)) is not None:
        raise MembersUnreadable(url, why)
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
            session.get(url, allow_redirects=False) as answer,
        ):
            if answer.status != 200:  # noqa: PLR2004 - the one status with the document
                raise MembersUnreadable(url, f"it answered with status {answer.status}")
            return await _bounded(answer.content)
    except TimeoutError as error:
        problem = f"it did not answer in full within {SECONDS:g} s"
        raise MembersUnreadable(url, problem) from error
    except (aiohttp.ClientError, OSError) as error:
        raise MembersUnreadable(url, str(error) or type(error).__name__) from error


async def _bounded(content: aiohttp.StreamReader) -> bytes:
    found = bytearray()
    async for chunk in content.iter_chunked(64 * 1024):
        found += chunk
        if len(found) > MOST_BYTES:
            break
        await asyncio.sleep(0)
    return bytes(found)


def _here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
