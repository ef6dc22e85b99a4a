"""Users of a kubeconfig whose credentials come from a program (``exec``) or an ``auth-provider``.

kubernetes_asyncio runs them; it takes more than a second to import, which is why it is imported
only when such a user is met, and only here.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mto.cluster.connection import ClientCertificate, Issue, Issued, until
from mto.cluster.errors import KubeconfigError, clip

# A person may have to log in with a browser meanwhile.
PLUGIN_SECONDS = 120.0
# Without an expiry: until the server refuses them, but looked at once a day.
NO_EXPIRY_SECONDS = 86400.0
AUTH_PROVIDER_SECONDS = 60.0


def plugin(server: str, user: Mapping[str, Any]) -> Issue:
    """``user`` is the kubeconfig's entry, with its paths made absolute."""
    name = "mto"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server}}],
        "users": [{"name": name, "user": dict(user)}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    what = _described(user)

    async def issue() -> Issued:
        try:
            async with asyncio.timeout(PLUGIN_SECONDS):
                return await _issued(config, what)
        except TimeoutError:
            raise KubeconfigError(
                f"{what} gave no credentials within {PLUGIN_SECONDS:g} s; run it by hand to see why"
            ) from None

    return issue


def _described(user: Mapping[str, Any]) -> str:
    if "exec" in user:
        return f"the credentials program {clip(str(user['exec'].get('command')))}"
    return f"the auth-provider {clip(str(user['auth-provider'].get('name')))}"


async def _issued(config: Mapping[str, Any], what: str) -> Issued:
    from kubernetes_asyncio.client import Configuration  # noqa: PLC0415 - takes over a second
    from kubernetes_asyncio.config import kube_config  # noqa: PLC0415

    # It logs what it raises as well; the error says it once.
    logging.getLogger(kube_config.__name__).setLevel(logging.CRITICAL)
    target = Configuration(host="")
    with tempfile.TemporaryDirectory(prefix="mto-") as folder:
        try:
            loader = await kube_config.load_kube_config_from_dict(
                config, client_configuration=target, temp_file_path=folder
            )
        except Exception as error:  # a plugin fails in its own ways
            raise KubeconfigError(
                f"{what} gave no credentials: {clip(str(error))}; run it by hand to see why"
            ) from error
        authorization = target.api_key.get("BearerToken", "")
        certificate = None
        if target.cert_file and target.key_file:
            certificate = ClientCertificate(
                Path(target.cert_file).read_bytes(),  # noqa: ASYNC240 - written a moment ago
                Path(target.key_file).read_bytes(),  # noqa: ASYNC240
            )
    if not authorization and certificate is None:
        raise KubeconfigError(
            f"{what} gave neither a token nor a certificate with its key; "
            "run it by hand to see what it prints"
        )
    return Issued(authorization, certificate, _good_for(config, loader))


def _good_for(config: Mapping[str, Any], loader: object) -> float:
    if "exec" not in config["users"][0]["user"]:
        return AUTH_PROVIDER_SECONDS  # it knows itself whether its token still holds
    expiry = getattr(loader, "exec_plugin_expiry", None)
    return NO_EXPIRY_SECONDS if expiry is None else until(expiry.timestamp())
