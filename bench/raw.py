"""The floor: every object applied server-side over pooled connections, and nothing else.

No state, no plan, no check of what is there: what any engine can at best come near to. Objects
come as JSON in waves, all of one before any of the next. Paths and bodies are made before the clock
starts, and answers are read but not parsed. Prints what it took as JSON.

    python bench/raw.py KUBECONFIG OBJECTS.json [--connections 32]
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import ssl
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import yaml
from multidict import CIMultiDict
from yarl import URL

PLURALS = {
    "Namespace": "namespaces",
    "ResourceQuota": "resourcequotas",
    "LimitRange": "limitranges",
    "NetworkPolicy": "networkpolicies",
    "ServiceAccount": "serviceaccounts",
    "RoleBinding": "rolebindings",
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "Tenant": "tenants",
    "TenantPolicy": "tenantpolicies",
    "Extensions": "extensions",
}
HEADERS = CIMultiDict({"Content-Type": "application/apply-patch+yaml"})
FAILED = 300

Prepared = tuple[URL, bytes]


def path(manifest: dict[str, Any]) -> str:
    version, metadata = manifest["apiVersion"], manifest["metadata"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    inside = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
    return f"{root}{inside}/{PLURALS[manifest['kind']]}/{metadata['name']}"


def prepared(server: str, manifest: dict[str, Any]) -> Prepared:
    url = f"{server}{path(manifest)}?fieldManager=mto&force=true"
    return URL(url, encoded=True), orjson.dumps(manifest)


def tls(cluster: dict[str, Any], user: dict[str, Any]) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=_text(cluster, "certificate-authority"))
    with tempfile.NamedTemporaryFile("w") as pem:
        pem.write(_text(user, "client-certificate") + _text(user, "client-key"))
        pem.flush()
        context.load_cert_chain(pem.name)
    return context


def _text(entry: dict[str, Any], key: str) -> str:
    """A file of the kubeconfig, or what is embedded in its stead."""
    if key in entry:
        return Path(entry[key]).read_text()
    return base64.b64decode(entry[f"{key}-data"]).decode()


async def apply(session: aiohttp.ClientSession, wave: Iterable[Prepared], connections: int) -> None:
    queue = iter(wave)

    async def work() -> None:
        for url, body in queue:
            async with session.patch(url, data=body, headers=HEADERS) as response:
                text = await response.read()
                if response.status >= FAILED:
                    raise SystemExit(f"{url}: {text[:300]!r}")

    await asyncio.gather(*(work() for _ in range(connections)))


async def main(options: argparse.Namespace) -> None:
    config = yaml.safe_load(options.kubeconfig.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    waves = orjson.loads(options.objects.read_bytes())
    ready = [[prepared(cluster["server"], one) for one in wave] for wave in waves]
    connector = aiohttp.TCPConnector(ssl=tls(cluster, user), limit=options.connections)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar) as session:
        started = time.perf_counter()
        for wave in ready:
            await apply(session, wave, options.connections)
        seconds = time.perf_counter() - started
    print(json.dumps({"objects": sum(map(len, ready)), "seconds": seconds}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kubeconfig", type=Path)
    parser.add_argument("objects", type=Path)
    parser.add_argument("--connections", type=int, default=32)
    asyncio.run(main(parser.parse_args()))
