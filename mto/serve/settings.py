"""Which settings tenants are on, remembered over a restart of the service. Pure.

It stands in the status of the IntegrationConfig: the settings that are being, or have been, brought
to everybody, and who is still on those from before. So settings that changed while no service ran
are rolled out as if one had run, and a halted roll-out stays halted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from mto.serve.rollout import Rollout
from mto.spec.integrationconfig import IntegrationConfig
from mto.spec.origin import Declared, Origin

FIELD: Final = "rollout"
"""Of the IntegrationConfig's status."""
BEFORE: Final = Origin("the settings from before")

Config = Declared[IntegrationConfig]


@dataclass(frozen=True)
class Recalled:
    """``waiting`` are on ``before``, all others on ``settings``."""

    settings: Config
    before: Config | None = None
    waiting: frozenset[str] = frozenset()
    failed: tuple[str, ...] = ()
    succeeded: int = 0

    def rollout(self, now: Config, names: Collection[str]) -> tuple[Rollout, dict[str, Config]]:
        """What goes on, or begins, for these tenants; and the settings that each still has."""
        held = {
            name: self.before if self.before and name in self.waiting else self.settings
            for name in sorted(names)
        }
        if now.value.spec != self.settings.value.spec:
            return Rollout(held), held
        held = {name: config for name, config in held.items() if config is self.before}
        failed = [one for one in self.failed if one in names]
        return Rollout(held, succeeded=self.succeeded, failed=failed), held


def remembered(now: Config, rollout: Rollout, held: Mapping[str, Config]) -> dict[str, Any]:
    """As it is written; ``held`` are the settings of those that wait."""
    waiting = [name for name in rollout.waiting if name in held]
    told: dict[str, Any] = {"settings": _text(now)}
    if waiting:
        told["before"] = _text(held[waiting[0]])
        told["waiting"] = waiting
        told["failed"] = list(rollout.failed)
        told["succeeded"] = rollout.succeeded
    return told


def recall(status: Mapping[str, Any]) -> Recalled | None:
    """None where nothing is remembered, or in a form that this version does not know."""
    told = status.get(FIELD) or {}
    try:
        settings = _config(told["settings"])
        before = _config(told["before"]) if "before" in told else None
        waiting = frozenset(map(str, told.get("waiting", ())))
        failed = tuple(map(str, told.get("failed", ())))
        return Recalled(settings, before, waiting, failed, int(told.get("succeeded", 0)))
    except (KeyError, TypeError, ValueError, ValidationError):
        return None


def _text(config: Config) -> dict[str, Any]:
    return config.value.spec.model_dump(by_alias=True, exclude_unset=True, mode="json")


def _config(spec: Any) -> Config:
    return Declared(IntegrationConfig.model_validate({"spec": spec}), BEFORE)
