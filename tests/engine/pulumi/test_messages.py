from __future__ import annotations

import pytest

from mto.engine.pulumi.messages import explained


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            'resource "blue-dev" was not successfully created by the Kubernetes API server: '
            'namespaces "blue-dev" already exists',
            "Namespace/blue-dev exists and is not this stack's: choose another name, delete it, or "
            'hand it over by annotating it with mto.stakater.com/adopt: "true" and run once with '
            "--engine direct",
            id="it exists",
        ),
        pytest.param(
            'resource "urn:x" cannot be deleted\nbecause it is protected. To unprotect the '
            "resource, remove the `protect` flag",
            "Namespace/blue-dev is protected from deletion; take the protection off first",
            id="it is protected",
        ),
        pytest.param(
            "Server-Side Apply field conflict detected. See the docs",
            "fields of Namespace/blue-dev are held by another field manager: Server-Side Apply "
            "field conflict detected. See the docs",
            id="another manager",
        ),
        pytest.param(
            "configured Kubernetes cluster is unreachable: unable to load schema",
            "the cluster does not answer the Kubernetes provider: configured Kubernetes cluster is "
            "unreachable: unable to load schema",
            id="no cluster",
        ),
        pytest.param("something\n  else", "something else", id="anything else, on one line"),
    ],
)
def test_a_provider_s_text_becomes_a_sentence(text: str, message: str) -> None:
    assert explained(text, "Namespace/blue-dev") == message
