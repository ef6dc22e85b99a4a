"""A stack's record going out and coming in, as ``pulumi stack export`` and ``import`` have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from mto.plan.resource import PROJECT
from mto.state.checkpoint import ORGANIZATION, Checkpoint, parse, serialise
from mto.state.errors import StateUnreadable

SOURCE = "the deployment to import"


def exported(checkpoint: Checkpoint) -> Mapping[str, Any]:
    """The deployment; secrets stay sealed."""
    whole = orjson.loads(serialise(checkpoint))
    return {"version": whole["version"], "deployment": whole["checkpoint"]["latest"]}


def imported(stack: str, deployment: Mapping[str, Any]) -> Checkpoint:
    """The checkpoint of the stack. As the CLI does, what was under way is dropped.

    What another stack recorded is refused: the next update would delete it as no longer declared.

    Raises StateUnreadable and StateUnsupported.
    """
    inner = {
        "stack": f"{ORGANIZATION}/{PROJECT}/{stack}",
        "latest": deployment.get("deployment"),
    }
    whole = {"version": deployment.get("version"), "checkpoint": inner}
    found = parse(orjson.dumps(whole), source=SOURCE)
    own = f"urn:pulumi:{stack}::{PROJECT}::"
    if others := [one.urn for one in found.resources if not one.urn.startswith(own)]:
        reason = f"it is of another stack: {others[0]} does not begin with {own}"
        raise StateUnreadable(SOURCE, reason)
    return replace(found, pending=())
