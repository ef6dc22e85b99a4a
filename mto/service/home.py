"""Whose cluster is this? MTO's own namespace says which environment governs it.

Asked before anything is written: two environments on one cluster would take each other's tenants
for their own, and a record of another cluster would be emptied by what isn't here.
"""

from __future__ import annotations

from collections.abc import Mapping

from mto.cluster.observe import namespace
from mto.plan.labels import ENVIRONMENT
from mto.plan.observed import Namespace
from mto.plan.resource import PROVIDER
from mto.service.errors import OtherCluster, OtherEnvironment
from mto.service.namespace import recorded
from mto.service.workspace import Workspace
from mto.spec.integrationconfig import NAMESPACE as HOME
from mto.state.checkpoint import Checkpoint


async def home(workspace: Workspace) -> Mapping[str, Namespace]:
    """MTO's own namespace, by its name, if there is one.

    Raises OtherEnvironment, and OtherCluster where the record knows it, but under another address.
    """
    found = await namespace(workspace.cluster, HOME)
    ours = workspace.environment.name
    theirs = found.annotations.get(ENVIRONMENT, ours) if found and found.managed else ours
    if theirs != ours:
        raise OtherEnvironment(ours, theirs)
    live = {HOME: found} if found else {}
    checkpoint = workspace.backend.load(workspace.settings.stack())
    known = _address(checkpoint)
    if lost(checkpoint, live) and known and known != (here := _here(workspace)):
        raise OtherCluster(ours, known, here)
    return live


def lost(checkpoint: Checkpoint | None, live: Mapping[str, Namespace]) -> bool:
    """The record holds a namespace that is gone, or another one has its name now."""
    return any(
        (found := live.get(name)) is None or (one.uid is not None and one.uid != found.uid)
        for name, one in recorded(checkpoint).items()
    )


def _address(checkpoint: Checkpoint | None) -> str:
    """The cluster that the record was written for; empty if it names none."""
    for one in checkpoint.resources if checkpoint else ():
        if one.type == PROVIDER:
            return _told(one.inputs.get("kubeconfig"), one.inputs.get("context"))
    return ""


def _here(workspace: Workspace) -> str:
    return _told(workspace.settings.kubeconfig, workspace.settings.context)


def _told(kubeconfig: str | None, context: str | None) -> str:
    place = kubeconfig or "the cluster that MTO runs in"
    return f"{place} (context {context})" if context else place
