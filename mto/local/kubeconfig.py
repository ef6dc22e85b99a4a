"""A kubeconfig with everything in it: it can be copied, and outlives nothing but its cluster."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import yaml


@dataclass(frozen=True)
class Identity:
    """A user's name, certificate and key (PEM)."""

    user: str
    certificate: bytes
    key: bytes


def render(name: str, *, server: str, authority: bytes, identity: Identity) -> str:
    """One cluster, one user, one context called ``name``; ``authority`` in PEM."""
    who = f"{identity.user}@{name}"
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": name,
                    "cluster": {"server": server, "certificate-authority-data": _base64(authority)},
                }
            ],
            "users": [
                {
                    "name": who,
                    "user": {
                        "client-certificate-data": _base64(identity.certificate),
                        "client-key-data": _base64(identity.key),
                    },
                }
            ],
            "contexts": [{"name": name, "context": {"cluster": name, "user": who}}],
            "current-context": name,
        },
        sort_keys=False,
    )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
