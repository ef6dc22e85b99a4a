"""A scene for checks that need no cluster: tenant blue beside red."""

from __future__ import annotations

from typing import Any

from mto.service.actors import people
from mto.service.checks.scene import Scene
from mto.spec.integrationconfig import IntegrationConfig
from tests.support.manifests import tenant

OWNERS = {"owners": {"users": ["ann"]}, "editors": {"groups": ["blue-editors"]}}


def scene(config: dict[str, Any] | None = None, *, live: dict[str, Any] | None = None) -> Scene:
    """``config`` is the IntegrationConfig's spec, ``live`` what is known of the namespace."""
    return of({"accessControl": OWNERS}, config, **(live or {}))


def of(spec: dict[str, Any], config: dict[str, Any] | None = None, **live: Any) -> Scene:
    """``spec`` is the Tenant's."""
    blue = tenant("blue", **{"accessControl": OWNERS, **spec})
    red = tenant("red", accessControl={"owners": {"groups": ["red-leads"]}})
    spaces = {
        name: {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": {"stakater.com/tenant": owner}},
        }
        for name, owner in (("blue-dev", "blue"), ("red-dev", "red"))
    }
    for name in ("default", "kube-system"):
        spaces[name] = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    return Scene(
        blue,
        IntegrationConfig.model_validate({"spec": config or {}}),
        "blue-dev",
        "red",
        "red-dev",
        "0123abcd",
        people(blue, red, namespace="blue-dev", run="0123abcd"),
        **{"live": spaces, **live},
    )
