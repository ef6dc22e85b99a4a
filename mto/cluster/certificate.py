"""Client certificates of people, signed by the cluster: short-lived, kept in memory only.

The caller needs the rights to create and approve CertificateSigningRequests for the signer
``kubernetes.io/kube-apiserver-client``; some managed clusters sign none.
"""

from __future__ import annotations

import asyncio
import base64
import uuid
from dataclasses import replace
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mto.cluster.attempt import Identity
from mto.cluster.client import Cluster
from mto.cluster.connection import ClientCertificate, Connection, Issued, fixed
from mto.cluster.errors import Call, Forbidden, Timeout
from mto.cluster.ref import Ref

API_VERSION: Final = "certificates.k8s.io/v1"
KIND: Final = "CertificateSigningRequest"
SIGNER: Final = "kubernetes.io/kube-apiserver-client"
SHORTEST: Final = 600
"""Seconds that a certificate lasts at least; the API server allows no less."""
LOOK: Final = 0.05


async def connection(cluster: Cluster, identity: Identity, *, within: float = 20.0) -> Connection:
    """A connection of that person, good for ten minutes.

    Raises:
        Forbidden: the caller may not approve, or the signer refused.
        Timeout: nobody signed ``within`` seconds.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = f"mto-verify-{uuid.uuid4()}"
    ref = Ref(API_VERSION, KIND, name)
    asked = await cluster.apply(_manifest(name, _request(key, identity)), create_only=True)
    try:
        asked["status"] = {"conditions": [_approval()]}
        await cluster.replace(asked, subresource="approval")
        signed = await _signed(cluster, ref, within)
    finally:
        await cluster.delete(ref)
    issued = Issued(certificate=ClientCertificate(signed, _pem(key)))
    return replace(cluster.connection, issue=fixed(issued), headers=())


def _manifest(name: str, request: bytes) -> dict[str, Any]:
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": name},
        "spec": {
            "request": base64.b64encode(request).decode(),
            "signerName": SIGNER,
            "expirationSeconds": SHORTEST,
            "usages": ["client auth"],
        },
    }


def _request(key: ec.EllipticCurvePrivateKey, identity: Identity) -> bytes:
    subject = [x509.NameAttribute(NameOID.COMMON_NAME, identity.user)]
    subject += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, one) for one in identity.groups]
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject))
    return request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _approval() -> dict[str, str]:
    return {
        "type": "Approved",
        "status": "True",
        "reason": "MtoVerify",
        "message": "a member's certificate for ten minutes, to verify isolation",
    }


async def _signed(cluster: Cluster, ref: Ref, within: float) -> bytes:
    clock = asyncio.get_running_loop().time
    ends = clock() + within
    while clock() < ends:
        status = (await cluster.get(ref)).get("status", {})
        if certificate := status.get("certificate"):
            return base64.b64decode(certificate)
        for one in status.get("conditions", ()):
            if one["type"] in {"Denied", "Failed"}:
                raise Forbidden(Call("sign", ref), one.get("message") or "the signer refused")
        await asyncio.sleep(LOOK)
    raise Timeout(Call("sign", ref), f"nobody signed it within {within:g} s")


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
