"""The record of one stack, out and in; the cluster is not asked."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from mto.errors import UsageError
from mto.service.environment import Environment
from mto.state.backend import open_backend
from mto.state.deployment import exported, imported


def export_stack(environment: Environment, tenant: str | None) -> Mapping[str, Any]:
    """The deployment of a tenant's stack, or the platform's; raises UsageError if there is none."""
    stack = environment.settings().stack(tenant)
    with closing(open_backend(environment.backend_url)) as backend:
        checkpoint = backend.load(stack)
        if checkpoint is None:
            known = ", ".join(backend.stacks()) or "none"
            raise UsageError(f"stack {stack!r} does not exist; stacks: {known}")
    return exported(checkpoint)


def import_stack(
    environment: Environment, tenant: str | None, deployment: Mapping[str, Any]
) -> None:
    """Replace the state of a tenant's stack, or the platform's."""
    stack = environment.settings().stack(tenant)
    with closing(open_backend(environment.backend_url)) as backend, backend.lock(stack):
        backend.save(imported(stack, deployment))
