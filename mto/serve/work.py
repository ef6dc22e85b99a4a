"""What is known and what is to be done: the service's memory between two turns. Pure.

Keys are names of tenants, and ``PLATFORM`` for the platform's stack, which no tenant can be called.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mto.plan.build import Settings
from mto.serve.changes import Changes, between
from mto.serve.drift import Drift
from mto.serve.rollout import Rollout
from mto.serve.settings import Recalled, remembered
from mto.serve.standing import Standing
from mto.service.report import StackReport
from mto.spec.groups import NOBODY, Groups
from mto.spec.integrationconfig import IntegrationConfig
from mto.spec.origin import Declared
from mto.spec.world import World

PLATFORM = "/platform"

MOST_VANISHED = 5
"""One tenant in so many may vanish at once to be destroyed without being asked for."""
FLAPS = 5
"""So often an object is put back at once; then somebody else wants it otherwise, for good."""
FLAPPING_SECONDS = 60.0


@dataclass
class Work:
    """``heal`` is drift by key and URN; ``reports`` the last one of each key.

    ``deployed`` are tenants that have been provisioned under some settings: only they take part
    in a roll-out of new ones. ``groups`` are the members of groups, as far as they are known.
    """

    settings: Settings
    standing: Standing = field(default_factory=Standing)
    heal: dict[str, dict[str, Drift]] = field(default_factory=dict)
    reports: dict[str, StackReport] = field(default_factory=dict)
    rollout: Rollout = field(default_factory=lambda: Rollout(()))
    deployed: set[str] = field(default_factory=set)
    groups: Groups = NOBODY
    _config: dict[str, Declared[IntegrationConfig]] = field(default_factory=dict)
    _healed: dict[str, tuple[int, float]] = field(default_factory=dict)

    def key(self, urn: str) -> str:
        """Whose stack a URN is of."""
        stack = urn.removeprefix("urn:pulumi:").partition("::")[0]
        environment, _, tenant = stack.partition(".")
        return tenant if environment == self.settings.environment and tenant else PLATFORM

    def world(self, key: str) -> World:
        """What is declared, with the settings that are in force for this tenant now."""
        world = replace(self.standing.world, groups=self.groups)
        config = self._config.get(key)
        return replace(world, config=config) if config is not None else world

    def accept(self, standing: Standing) -> Changes:
        """The new standing, and whom it concerns; new settings begin a roll-out."""
        before, self.standing = self.standing, standing
        changes = between(before.world, standing.world)
        for name in self.deployed - standing.world.tenants.keys() - standing.frozen:
            self.rollout.drop(name)
        if changes.everybody:
            names = sorted(self.deployed & standing.world.tenants.keys())
            for name in names:
                self._config.setdefault(name, before.world.config)
            self.rollout = Rollout(names)
        said = {
            name
            for kind, name in before.said.keys() | standing.said.keys()
            if kind == "Tenant" and before.said.get((kind, name)) != standing.said.get((kind, name))
        }
        return replace(changes, tenants=changes.tenants | said)

    def resume(self, recalled: Recalled | None, stacks: Collection[str]) -> None:
        """At the start: who has been provisioned is on the settings that were remembered."""
        there = self.standing.world.tenants.keys() & set(stacks)
        self.deployed |= there
        if recalled is not None:
            self.rollout, self._config = recalled.rollout(self.standing.world.config, there)

    def remembered(self) -> dict[str, Any]:
        """What is to be known of the settings after a restart."""
        return remembered(self.standing.world.config, self.rollout, self._config)

    def release(self) -> tuple[str, ...]:
        """Tenants whose turn it is to get the new settings."""
        names = self.rollout.release()
        for name in names:
            self._config.pop(name, None)
        return names

    def drifted(self, drift: Drift, now: float) -> tuple[str, float]:
        """Whom it concerns, and the seconds to wait: none, unless the object flaps."""
        key = self.key(drift.urn)
        known = self.heal.setdefault(key, {})
        known[drift.urn] = drift
        count, since = self._healed.get(drift.urn, (0, now))
        if now - since > FLAPPING_SECONDS:
            count, since = 0, now
        self._healed[drift.urn] = (count + 1, since)
        return key, 0.0 if count < FLAPS else FLAPPING_SECONDS

    def take_drift(self, key: str) -> Mapping[str, Drift]:
        """What is to be looked at in this turn."""
        return self.heal.pop(key, {})

    def put_back(self, key: str, drifts: Mapping[str, Drift]) -> None:
        """The turn failed; what was found since counts more."""
        if drifts:
            self.heal[key] = {**drifts, **self.heal.get(key, {})}

    def users(self, quota: str) -> tuple[str, ...]:
        """Tenants that have this Quota."""
        return self.standing.world.users.get(quota, ())

    def vanished(self, stacks: Collection[str]) -> tuple[str, ...]:
        """Tenants that have a stack and are declared no more."""
        return tuple(sorted(one for one in stacks if not self.standing.declares(one)))


def may_prune(vanished: Collection[str], stacks: Collection[str]) -> bool:
    """Never many at once: a folder that is half there must not cost anybody a tenant."""
    return len(vanished) * MOST_VANISHED <= len(stacks)
