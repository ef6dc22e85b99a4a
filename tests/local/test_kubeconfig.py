from __future__ import annotations

import base64

import yaml

from mto.local.kubeconfig import Identity, render


def test_everything_it_needs_is_in_it() -> None:
    identity = Identity("ann", certificate=b"certificate", key=b"key")
    text = render("blue", server="https://127.0.0.1:1", authority=b"authority", identity=identity)
    made = yaml.safe_load(text)
    assert made["current-context"] == "blue"
    assert made["contexts"] == [
        {"name": "blue", "context": {"cluster": "blue", "user": "ann@blue"}}
    ]
    (cluster,) = made["clusters"]
    assert cluster["name"] == "blue"
    assert cluster["cluster"]["server"] == "https://127.0.0.1:1"
    assert base64.b64decode(cluster["cluster"]["certificate-authority-data"]) == b"authority"
    (user,) = made["users"]
    assert user["name"] == "ann@blue"
    assert base64.b64decode(user["user"]["client-certificate-data"]) == b"certificate"
    assert base64.b64decode(user["user"]["client-key-data"]) == b"key"
