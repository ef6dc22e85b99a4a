"""The floor: every object applied server-side over pooled connections, and nothing else.

Reads manifests as JSON, in waves (a wave may start when the one before it is there), one list of
waves for each tenant. No state, no plan, no check: what any engine can at best come near to.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import sys
import tempfile
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import yaml

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


def path(manifest: dict[str, Any]) -> str:
    version, metadata = manifest["apiVersion"], manifest["metadata"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    inside = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
    return f"{root}{inside}/{PLURALS[manifest['kind']]}/{metadata['name']}"


def _text(entry: dict[str, Any], key: str) -> str:
    """A file of the kubeconfig, or what is embedded in its stead."""
    if key in entry:
        return Path(entry[key]).read_text()
    return base64.b64decode(entry[f"{key}-data"]).decode()


async def main(
    config: dict[str, Any], tenants: list[list[list[dict[str, Any]]]], connections: int = 32
) -> None:
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    context = ssl.create_default_context(cadata=_text(cluster, "certificate-authority"))
    with tempfile.NamedTemporaryFile("w") as pem:
        pem.write(_text(user, "client-certificate") + _text(user, "client-key"))
        pem.flush()
        context.load_cert_chain(pem.name)
    connector = aiohttp.TCPConnector(ssl=context, limit=connections)
    places = asyncio.Semaphore(connections)
    headers = {"Content-Type": "application/apply-patch+yaml"}
    query = "?fieldManager=mto&force=true"
    async with aiohttp.ClientSession(cluster["server"], connector=connector) as session:

        async def apply(manifest: dict[str, Any]) -> None:
            body = orjson.dumps(manifest)
            async with (
                places,
                session.patch(path(manifest) + query, data=body, headers=headers) as response,
            ):
                text = await response.read()
                if response.status >= 300:  # noqa: PLR2004
                    raise RuntimeError(f"{path(manifest)}: {text[:300]!r}")

        async def tenant(waves: list[list[dict[str, Any]]]) -> None:
            for wave in waves:
                await asyncio.gather(*map(apply, wave))

        at_a_time = asyncio.Semaphore(8)

        async def bounded(waves: list[list[dict[str, Any]]]) -> None:
            async with at_a_time:
                await tenant(waves)

        await asyncio.gather(*map(bounded, tenants))


if __name__ == "__main__":
    asyncio.run(
        main(
            yaml.safe_load(Path(sys.argv[1]).read_text()),
            json.loads(Path(sys.argv[2]).read_text()),
        )
    )
