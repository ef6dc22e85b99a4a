"""All objects of all kinds that a cluster serves, through discovery."""

from __future__ import annotations

from typing import Any

from tests.support.kubectl import Kubectl

VOLATILE = {"events", "events.events.k8s.io", "leases.coordination.k8s.io"}
"""What a cluster writes by itself all the time."""

Objects = dict[str, Any]


def everything(kubectl: Kubectl, *selector: str) -> Objects:
    """``{"RoleBinding/blue-dev/x": object}`` with managed fields; ``selector`` is given to get."""
    kinds = kubectl("api-resources", "--verbs=list", "-o", "name")
    assert kinds.code == 0, kinds.stderr
    names = sorted(set(kinds.stdout.split()) - VOLATILE)
    answer = kubectl(
        *("get", ",".join(names), "-A", "-o", "json", "--show-managed-fields", *selector)
    )
    assert answer.code == 0, answer.stderr
    return {address(one): one for one in answer.json["items"]}


def address(manifest: Any) -> str:
    """``KIND/NAMESPACE/NAME``, as a plan names it."""
    metadata = manifest["metadata"]
    parts = (manifest["kind"], metadata.get("namespace"), metadata["name"])
    return "/".join(one for one in parts if one)


def settled(objects: Objects) -> Objects:
    """Without what changes by itself: versions, times, and the status of what is alive."""
    return {name: _settled(one) for name, one in objects.items()}


def _settled(manifest: Any) -> Any:
    moving = ("resourceVersion", "managedFields", "generation")
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in moving}
    return {**manifest, "metadata": metadata, "status": None}
