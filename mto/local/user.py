"""Real users of a local control plane: client certificates that the cluster itself signs.

The administrator's own kubeconfig is in ``system:masters``, past every rule; what a tenant's people
may do is only seen as one of them. A certificate's common name is the user, its organisations are
the groups.
"""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Sequence
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mto.local.api import Api, Refused
from mto.local.cluster import connect
from mto.local.errors import BadName, UserFailed
from mto.local.kubeconfig import Identity, render
from mto.local.settings import LOOPBACK

_SIGNER = "kubernetes.io/kube-apiserver-client"
_REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
_SECONDS = 20.0
_LONGEST = 64


def kubeconfig_for(cluster: str, name: str, groups: Sequence[str] = ()) -> str:
    """A kubeconfig, as text, of user ``name`` in ``groups``; its certificate lasts a year.

    Raises: BadName, NotRunning, UserFailed.
    """
    for what, value in (("user", name), *(("group", group) for group in groups)):
        _check(what, value)
    key = ec.generate_private_key(ec.SECP256R1())
    with connect(cluster) as api:
        try:
            certificate = _signed(api, _request(key, name, groups))
        except Refused as refused:
            raise UserFailed(name, cluster=cluster, reason=str(refused)) from refused
        except TimeoutError as late:
            raise UserFailed(name, cluster=cluster, reason=str(late)) from late
        return render(
            cluster,
            server=f"https://{LOOPBACK}:{api.port}",
            authority=(api.pki / "ca.crt").read_bytes(),
            identity=Identity(name, certificate, _pem(key)),
        )


def _check(what: str, value: str) -> None:
    """``system:masters`` can't be asked for: the signer refuses it, and says so less clearly."""
    if not 0 < len(value) <= _LONGEST or value == "system:masters":
        raise BadName(what, value, f"1 to {_LONGEST} characters, and not system:masters")


def _request(key: ec.EllipticCurvePrivateKey, name: str, groups: Sequence[str]) -> bytes:
    subject = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    subject += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject))
    return request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _signed(api: Api, request: bytes) -> bytes:
    """Ask, approve, and fetch what the controller manager signs."""
    name = f"mto-local-{uuid.uuid4()}"
    asked = api.post(
        _REQUESTS,
        {
            "apiVersion": "certificates.k8s.io/v1",
            "kind": "CertificateSigningRequest",
            "metadata": {"name": name},
            "spec": {
                "request": base64.b64encode(request).decode(),
                "signerName": _SIGNER,
                "usages": ["client auth"],
            },
        },
    )
    try:
        asked["status"] = {"conditions": [_approval()]}
        api.put(f"{_REQUESTS}/{name}/approval", asked)
        return _await(api, name)
    finally:
        api.delete(f"{_REQUESTS}/{name}")


def _approval() -> dict[str, Any]:
    return {
        "type": "Approved",
        "status": "True",
        "reason": "LocalUser",
        "message": "asked for by mto local user",
    }


def _await(api: Api, name: str) -> bytes:
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        status = api.get(f"{_REQUESTS}/{name}").get("status", {})
        if certificate := status.get("certificate"):
            return base64.b64decode(certificate)
        failed = [one for one in status["conditions"] if one["type"] in {"Denied", "Failed"}]
        if failed:
            raise Refused(0, failed[0].get("message", "the signer refused"))
        time.sleep(0.02)
    raise TimeoutError(f"the controller manager signed nothing for {_SECONDS:.0f} s")


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
