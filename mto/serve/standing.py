"""What is in force: files and custom resources together, with the last good version of what broke.

Pure. A file that can't be read, or a manifest that is wrong, leaves in force what it said before,
for itself only; after a restart that is known from the copies in the cluster. Where two manifests
contradict each other, who was there first stays, and the newcomer's last good version counts. Who
has no good version at all is frozen: neither updated nor taken for vanished.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mto.plan.labels import DECLARED_IN, MANAGED_BY_LABEL, is_copy
from mto.sources.files import FileResult
from mto.spec import kinds
from mto.spec.base import Spec
from mto.spec.integrationconfig import NAME as CONFIG
from mto.spec.labels import MANAGED_LABEL, TENANT_LABEL, USED_BY
from mto.spec.origin import Declared, Origin
from mto.spec.problem import Problem
from mto.spec.world import Broken, World, build_world

Key = tuple[str, str]
"""Kind and name."""
Values = tuple[Declared[Spec], ...]
Object = Mapping[str, Any]

SETTINGS: Key = ("IntegrationConfig", CONFIG)
ROUNDS = 4


@dataclass(frozen=True)
class Standing:
    """``said`` is what is wrong, by manifest; ``loose`` what is wrong and can't be told whose.

    ``frozen`` are tenants without any good version. ``unsure``: something could not be read and
    nobody knows what it declares, so nothing may be taken for vanished.
    """

    world: World = field(default_factory=World)
    said: Mapping[Key, tuple[str, ...]] = field(default_factory=dict)
    loose: tuple[str, ...] = ()
    frozen: frozenset[str] = frozenset()
    unsure: bool = False
    good: Mapping[Path, Values] = field(default_factory=dict)
    heard: Mapping[Key, tuple[Object, kinds.Read]] = field(default_factory=dict, repr=False)
    """Custom resources that are declarations, with what was read in them."""

    def declares(self, tenant: str) -> bool:
        """Whether it is declared, in force or not."""
        return tenant in self.world.tenants or tenant in self.frozen or self.unsure


def combine(files: Iterable[FileResult], live: Iterable[Object], before: Standing) -> Standing:
    """What is in force now; ``live`` are all custom resources of ours, copies included."""
    draft = _Draft(before)
    customs = tuple(live)
    copies = tuple(one for one in customs if is_copy(one))
    for file in files:
        draft.add_file(file, copies)
    for custom in customs:
        leaving = custom["kind"] == "Tenant" and custom["metadata"].get("deletionTimestamp")
        if not is_copy(custom) and not leaving:
            draft.add_custom(custom)
    return draft.settled()


def key(declared: Declared[Any]) -> Key:
    value = declared.value
    return (value.kind, value.metadata.name)


class _Draft:
    def __init__(self, before: Standing) -> None:
        self.before = before
        self.previous = {key(one): one for one in _all(before.world)}
        self.values: list[Declared[Spec]] = []
        self.said: dict[Key, list[str]] = {}
        self.loose: list[str] = []
        self.lost: set[Key] = set()
        self.unsure = False
        self.good: dict[Path, Values] = {}
        self.filed: set[Key] = set()
        self.heard: dict[Key, tuple[Object, kinds.Read]] = {}

    def add_file(self, file: FileResult, copies: tuple[Object, ...]) -> None:
        """Its good manifests, and the last good version of the others."""
        if not file.problems:
            self._keep(file.path, file.declared)
            return
        new = {key(one): one for one in file.declared}
        old = self.before.good.get(file.path)
        if old is None:
            old = tuple(_copied(file.path, copies))
        kept = [
            one
            for one in old or ()
            if key(one) not in new and (not file.read or key(one) in file.claims)
        ]
        self._keep(file.path, (*file.declared, *kept))
        broken = {*map(key, kept), *(file.claims - new.keys())}
        self.lost |= broken - new.keys() - set(map(key, kept))
        problems = [str(one) for one in file.problems]
        for one in broken:
            self.said.setdefault(one, []).extend(problems)
        if not broken:
            self.loose += problems
        self.unsure = self.unsure or not (file.read or kept)

    def _keep(self, path: Path, values: Values) -> None:
        self.good[path] = values
        self.values += values
        self.filed.update(map(key, values))

    def add_custom(self, live: Object) -> None:
        """A custom resource that is a declaration of its own, where no file declares the same."""
        name = (str(live["kind"]), str(live["metadata"]["name"]))
        settings = name[0] == SETTINGS[0] and any(one[0] == name[0] for one in self.filed)
        if name in self.filed or settings:
            return
        found = self._read(name, live)
        if found.problems:
            self.said.setdefault(name, []).extend(map(str, found.problems))
            known = self.previous.get(name)
            self.values += [known] if known is not None else []
            self.lost |= set() if known is not None else {name}
        self.values += found.declared

    def _read(self, name: Key, live: Object) -> kinds.Read:
        """Whatever changes is another object from then on, so the same one says the same."""
        known = self.before.heard.get(name)
        if known is None or known[0] is not live:
            origin = Origin(f"{name[0]} {name[1]} in the cluster", in_cluster=True)
            known = (live, kinds.read(live, origin))
        self.heard[name] = known
        return known[1]

    def settled(self) -> Standing:
        """Take out or put back whatever contradicts the rest, until nothing does."""
        world = World()
        for _ in range(ROUNDS):
            world, problems = build_world(
                self.values, broken=Broken(frozenset(self.lost)), incumbents=self._incumbents()
            )
            offended = [(one, _owner(one, self.values)) for one in problems]
            if not any(owner for _, owner in offended):
                self.loose += [str(one) for one, _ in offended]
                break
            for problem, owner in offended:
                if owner is not None:
                    self._revert(problem, owner)
        return self._standing(world)

    def _incumbents(self) -> frozenset[str]:
        return frozenset(
            name[1]
            for one in self.values
            if (name := key(one))[0] == "Tenant" and self.previous.get(name) is one
        )

    def _revert(self, problem: Problem, owner: Declared[Spec]) -> None:
        name = key(owner)
        told = self.said.setdefault(name, [])
        if str(problem) not in told:
            told.append(str(problem))
        if not any(one is owner for one in self.values):
            return
        self.values = [one for one in self.values if one is not owner]
        if any(key(one) == name for one in self.values):
            return
        known = self.previous.get(name)
        if known is not None and known is not owner and known != owner:
            self.values.append(known)
        else:
            self.lost.add(name)

    def _standing(self, world: World) -> Standing:
        frozen = {name for kind, name in self.lost if kind == "Tenant"} - world.tenants.keys()
        homeless = {
            name for name, one in world.tenants.items() if one.value.spec.quota not in world.quotas
        }
        for name in homeless:
            quota = world.tenants[name].value.spec.quota
            self.said.setdefault(("Tenant", name), []).append(
                f"quota {quota!r} is declared, but can't be read"
            )
        declared = any(key(one) == SETTINGS for one in self.values)
        blind = not declared and (SETTINGS in self.lost or self.unsure)
        stopped = set(world.tenants) if blind else homeless
        for name in stopped - homeless:
            self.said.setdefault(("Tenant", name), []).append(
                "the IntegrationConfig is declared, but can't be read: nothing is changed until "
                "it can"
            )
        tenants = {name: one for name, one in world.tenants.items() if name not in stopped}
        return Standing(
            replace(world, tenants=tenants),
            {name: tuple(dict.fromkeys(told)) for name, told in self.said.items()},
            tuple(dict.fromkeys(self.loose)),
            frozenset(frozen | stopped),
            self.unsure,
            self.good,
            self.heard,
        )


def _all(world: World) -> Iterator[Declared[Any]]:
    yield from world.tenants.values()
    yield from world.quotas.values()
    yield from world.extensions.values()
    yield world.config


def _owner(problem: Problem, values: Iterable[Declared[Spec]]) -> Declared[Spec] | None:
    """The manifest that the problem is about: the last one of its source that begins before it."""
    found: Declared[Spec] | None = None
    first = -1
    for one in values:
        line = one.origin.line() or 0
        if one.origin.source == problem.source and first < line <= max(problem.line, 0):
            found, first = one, line
    return found


def _copied(path: Path, copies: Iterable[Object]) -> Iterator[Declared[Spec]]:
    """What the file said when it was last carried out, as far as the cluster shows it."""
    for live in copies:
        metadata = live["metadata"]
        if metadata["annotations"][DECLARED_IN] != path.name:
            continue
        ours = (MANAGED_LABEL, MANAGED_BY_LABEL, TENANT_LABEL)
        clean = {
            **metadata,
            "labels": {
                name: one for name, one in metadata.get("labels", {}).items() if name not in ours
            },
            "annotations": {
                name: one
                for name, one in metadata["annotations"].items()
                if name not in (DECLARED_IN, USED_BY) and not name.startswith("pulumi.com/")
            },
        }
        yield from kinds.read({**live, "metadata": clean}, Origin(str(path))).declared
