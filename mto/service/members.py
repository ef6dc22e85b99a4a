"""Where it is known from who is in a group.

The stack's setting comes first, then the IntegrationConfig's, then OpenShift's own Groups, where
the cluster has such.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from mto.cluster.client import Cluster
from mto.cluster.observe import groups
from mto.errors import ClusterError
from mto.service.environment import Environment
from mto.sources.members import MembersUnreadable, parse, read_file
from mto.sources.web import fetch
from mto.spec.groups import Groups
from mto.spec.integrationconfig import IntegrationConfig

OPENSHIFT: Final = "OpenShift's Groups"


async def read(
    environment: Environment, config: IntegrationConfig, cluster: Cluster, *, openshift: bool
) -> Groups:
    """What the source says now; what is wrong with it is among the answer.

    ``openshift``: the cluster has OpenShift's kind Group.
    """
    told = config.spec.access_control.members
    place = environment.members or (told.url or told.file if told else "")
    if not place:
        return await _of_openshift(cluster) if openshift else Groups()
    try:
        if "://" in place:
            text = await fetch(place)
            return Groups(await asyncio.to_thread(parse, text, place), place)
        return Groups(await asyncio.to_thread(_read_file, environment, place), place)
    except MembersUnreadable as error:
        return Groups(source=place, problem=error.problem)


async def _of_openshift(cluster: Cluster) -> Groups:
    try:
        return Groups(await groups(cluster), OPENSHIFT)
    except ClusterError as error:
        return Groups(source=OPENSHIFT, problem=str(error))


def _read_file(environment: Environment, place: str) -> Mapping[str, tuple[str, ...]]:
    """Whoever writes the IntegrationConfig may not read what else is on this machine."""
    path = environment.root / Path(place).expanduser()
    inside = path.resolve().is_relative_to(environment.root.resolve())
    if not environment.members and not inside:
        raise MembersUnreadable(
            place, "a file that the IntegrationConfig names must lie in the project's folder"
        )
    return read_file(path, place)
