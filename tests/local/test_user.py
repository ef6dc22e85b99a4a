from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.x509.oid import NameOID

from mto.local import user
from mto.local.api import Refused
from mto.local.errors import BadName, UserFailed
from mto.local.user import kubeconfig_for


class Signer:
    """An API server that signs, or does what it is told instead."""

    port = 20_000

    def __init__(self, pki: Path, status: dict[str, Any]) -> None:
        self.pki = pki
        self.status = status
        self.asked: list[dict[str, Any]] = []
        self.approved: list[dict[str, Any]] = []
        self.deleted = 0

    def post(self, _: str, body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(body)
        return dict(body)

    def put(self, path: str, body: dict[str, Any]) -> None:
        assert path.endswith("/approval")
        self.approved += body["status"]["conditions"]

    def get(self, _: str) -> dict[str, Any]:
        return {"status": {"conditions": self.approved} | self.status}

    def delete(self, _: str) -> None:
        self.deleted += 1


@pytest.fixture
def signer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Signer:
    (tmp_path / "ca.crt").write_bytes(b"authority")
    certificate = base64.b64encode(b"certificate").decode()
    made = Signer(tmp_path, {"certificate": certificate})

    @contextlib.contextmanager
    def connect(name: str) -> Iterator[Signer]:
        assert name == "blue"
        yield made

    monkeypatch.setattr(user, "connect", connect)
    return made


def test_the_request_names_the_user_and_the_groups_and_is_approved(signer: Signer) -> None:
    kubeconfig_for("blue", "ann@example.com", ["owners", "staff"])
    (asked,) = signer.asked
    request = x509.load_pem_x509_csr(base64.b64decode(asked["spec"]["request"]))
    name = request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    groups = request.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    assert [one.value for one in name] == ["ann@example.com"]
    assert [one.value for one in groups] == ["owners", "staff"]
    assert asked["spec"]["signerName"] == "kubernetes.io/kube-apiserver-client"
    assert [one["type"] for one in signer.approved] == ["Approved"]
    assert signer.deleted == 1


def test_the_kubeconfig_holds_what_was_signed(signer: Signer) -> None:
    made = yaml.safe_load(kubeconfig_for("blue", "ann"))
    assert made["clusters"][0]["cluster"]["server"] == f"https://127.0.0.1:{signer.port}"
    held = made["users"][0]["user"]["client-certificate-data"]
    assert base64.b64decode(held) == b"certificate"


@pytest.mark.parametrize(
    ("name", "groups", "what", "culprit"),
    [
        pytest.param("", [], "user", "", id="no name"),
        pytest.param("a" * 65, [], "user", "a" * 65, id="a name too long for a certificate"),
        pytest.param("ann", ["ok", "system:masters"], "group", "system:masters", id="every right"),
    ],
)
def test_what_no_certificate_can_hold_is_refused(
    *, name: str, groups: list[str], what: str, culprit: str
) -> None:
    with pytest.raises(BadName) as refusal:
        kubeconfig_for("blue", name, groups)
    assert str(refusal.value) == (
        f"{what} {culprit!r} can't be used; allowed: 1 to 64 characters, and not system:masters"
    )


def test_a_signer_that_refuses_is_quoted_and_its_request_removed(signer: Signer) -> None:
    signer.status = {"conditions": [{"type": "Failed", "message": "invalid usage"}]}
    with pytest.raises(UserFailed) as failure:
        kubeconfig_for("blue", "ann")
    assert str(failure.value) == (
        "no certificate for user 'ann' of local control plane 'blue': invalid usage"
    )
    assert signer.deleted == 1


def test_a_signer_that_stays_silent_is_not_waited_for_for_ever(
    signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer.status = {}
    monkeypatch.setattr(user, "_SECONDS", 0.0)
    with pytest.raises(UserFailed) as failure:
        kubeconfig_for("blue", "ann")
    assert str(failure.value) == (
        "no certificate for user 'ann' of local control plane 'blue': "
        "the controller manager signed nothing for 0 s"
    )


def test_an_api_server_that_refuses_is_quoted(
    signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Refused(500, "etcd is gone")

    monkeypatch.setattr(signer, "post", refuse)
    with pytest.raises(UserFailed) as failure:
        kubeconfig_for("blue", "ann")
    assert str(failure.value) == (
        "no certificate for user 'ann' of local control plane 'blue': 500 etcd is gone"
    )
