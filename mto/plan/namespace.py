"""The namespaces of one tenant: declared, sandboxes, self-made, and those on their way out."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from mto.plan.build import Owner
from mto.plan.labels import DELETE, SANDBOX_OF, SANDBOX_THROUGH
from mto.plan.observed import Contents, Observed
from mto.plan.observed import Namespace as Live
from mto.plan.resource import Deletion, Key, Resource
from mto.plan.sandbox import Person, people
from mto.spec.groups import NOBODY, Groups
from mto.spec.integrationconfig import IntegrationConfig
from mto.spec.labels import KIND_LABEL, TENANT_LABEL
from mto.spec.names import is_system
from mto.spec.origin import Declared
from mto.spec.regex import search
from mto.spec.tenant import Marks, Tenant

USERNAME = "{{ TENANT.USERNAME }}"


class Made(enum.StrEnum):
    """How a namespace came to belong to its tenant."""

    DECLARED = "declared"
    SANDBOX = "sandbox"
    BY_OWNER = "by an owner"
    LEAVING = "leaving"
    EXCESS = "in excess of the limit"


@dataclass(frozen=True)
class Namespace:
    """One namespace of the tenant as it should be.

    ``person`` is the one a sandbox belongs to, ``through`` the group by which they have it.
    """

    name: str
    made: Made
    because: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    person: str | None = None
    live: Live | None = None
    through: str | None = None

    @property
    def ours(self) -> bool:
        """The object itself is MTO's; otherwise only some of its metadata is."""
        return self.live is None or self.live.managed

    @property
    def selectable(self) -> Mapping[str, str]:
        """Labels that selectors see: the live ones under the planned ones."""
        return {**(self.live.labels if self.live else {}), **self.labels}


@dataclass(frozen=True)
class Membership:
    """A tenant's namespaces, those that go, and the consent that is still missing.

    ``full``: the tenant has as many as its limit allows. ``excess`` are those above, which get
    nothing but their owners' right to delete them. ``left_out`` says who gets no sandbox.
    """

    namespaces: tuple[Namespace, ...]
    deletions: tuple[Deletion, ...]
    excess: tuple[Namespace, ...] = ()
    full: bool = False
    left_out: tuple[str, ...] = ()


def membership(
    declared: Declared[Tenant],
    config: Declared[IntegrationConfig],
    *,
    observed: Observed,
    consented: frozenset[str] = frozenset(),
    groups: Groups = NOBODY,
) -> Membership:
    """Every namespace of the tenant, by name; one that goes only if it is empty or consented to.

    In the cluster's own namespaces, and in those that the platform declares privileged, a tenant's
    label has no effect.
    """
    book = _Metadata(declared, config)
    having = people(declared, groups, observed)
    found = (*_declared(declared, book, observed), *_sandboxes(having.persons, book, observed))
    wanted = {one.name: one for one in found}
    leaving = _deletions(declared, observed, wanted.keys(), consented=consented)
    deletions = tuple(one for one in leaving if not untouchable(one.namespace, config.value))
    gone = {one.namespace for one in deletions if one.allowed}
    for name, live in observed.namespaces.items():
        ignored = live.terminating or untouchable(name, config.value)
        if name not in wanted and name not in gone and not ignored:
            wanted[name] = _found(live, declared, book)
    excess = _excess(wanted.values(), declared.value.spec.namespaces.limit)
    kept = tuple(wanted[name] for name in sorted(wanted.keys() - {one.name for one in excess}))
    limit = declared.value.spec.namespaces.limit
    full = limit is not None and len(wanted) >= limit
    return Membership(kept, deletions, excess, full, having.left_out)


def _excess(namespaces: Iterable[Namespace], limit: int | None) -> tuple[Namespace, ...]:
    """The youngest of those that owners made; what is declared stays, whatever the limit."""
    if limit is None:
        return ()
    known = list(namespaces)
    made = [one for one in known if one.made is Made.BY_OWNER and one.live]
    made.sort(key=lambda one: (one.live.created if one.live else "", one.name))
    room = max(0, limit - (len(known) - len(made)))
    return tuple(replace(one, made=Made.EXCESS) for one in made[room:])


def untouchable(name: str, config: IntegrationConfig) -> bool:
    """Nobody's: whatever its labels say, no tenant gets rights in it, and none takes it along."""
    privileged = config.spec.access_control.privileged.namespaces
    return is_system(name) or any(search(one, name) for one in privileged)


def consent(declared: Declared[Tenant]) -> frozenset[str]:
    """Namespaces that the tenant's own annotation allows to delete."""
    text = declared.value.metadata.annotations.get(DELETE, "")
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def _declared(
    declared: Declared[Tenant], book: _Metadata, observed: Observed
) -> Iterator[Namespace]:
    tenant, origin = declared.value, declared.origin
    spec, live = tenant.spec.namespaces, observed.namespaces
    for field, prefix, names in (
        ("withTenantPrefix", f"{tenant.metadata.name}-", spec.with_tenant_prefix),
        ("withoutTenantPrefix", "", spec.without_tenant_prefix),
    ):
        for position, short in enumerate(names):
            full = prefix + short
            labels, annotations = book.declared(full, short)
            because = origin.at("spec", "namespaces", field, position)
            yield Namespace(full, Made.DECLARED, because, labels, annotations, live=live.get(full))


def _sandboxes(
    persons: Iterable[Person], book: _Metadata, observed: Observed
) -> Iterator[Namespace]:
    for one in persons:
        labels, annotations = book.sandbox(one)
        yield Namespace(
            one.namespace,
            Made.SANDBOX,
            one.because,
            labels,
            annotations,
            one.name,
            observed.namespaces.get(one.namespace),
            one.group,
        )


def _deletions(
    declared: Declared[Tenant],
    observed: Observed,
    wanted: Collection[str],
    *,
    consented: frozenset[str],
) -> Iterator[Deletion]:
    allowed = consented | consent(declared)
    for name, live in sorted(observed.namespaces.items()):
        if name in wanted or not live.managed or live.terminating:
            continue
        contents = observed.contents.get(name, Contents(missing=("everything",)))
        because = f"{declared.origin.at('spec', 'namespaces')}: no longer declared"
        yield Deletion(name, contents.counts, name in allowed, because, contents.missing)


def _found(live: Live, declared: Declared[Tenant], book: _Metadata) -> Namespace:
    """A namespace that is there without being declared."""
    if not live.managed:
        labels, annotations = book.common(live.name)
        because = f"label {TENANT_LABEL} on namespace {live.name}"
        return Namespace(live.name, Made.BY_OWNER, because, labels, annotations, live=live)
    if person := live.annotations.get(SANDBOX_OF):
        labels, annotations = book.sandbox(Person(person, live.name, ""))
    else:
        short = live.name.removeprefix(f"{declared.value.metadata.name}-")
        labels, annotations = book.declared(live.name, short)
    because = (
        f"{declared.origin.at('spec', 'namespaces')}: no longer declared, kept because it is not "
        f"empty; to delete it: --delete-namespace {live.name}"
    )
    return Namespace(live.name, Made.LEAVING, because, labels, annotations, person, live)


Keys = tuple[dict[str, str], dict[str, str]]


@dataclass(frozen=True)
class _Metadata:
    """Labels and annotations: specific win over common or sandbox, those over the platform's.

    Levels of Pod Security are labels like others, and the first to be overruled on their side.
    """

    tenant: Declared[Tenant]
    config: Declared[IntegrationConfig]

    def declared(self, name: str, short: str) -> Keys:
        labels, annotations = self.common(name)
        return {KIND_LABEL: short, **labels}, annotations

    def common(self, name: str) -> Keys:
        platform = self.config.value.spec.metadata.namespaces
        common = self.tenant.value.spec.namespaces.metadata.common
        return _merge({}, {}, (*self._layers(platform), common, *self._specific(name)))

    def sandbox(self, person: Person) -> Keys:
        metadata = self.tenant.value.spec.namespaces.metadata
        platform = self._layers(self.config.value.spec.metadata.sandboxes)
        layers = (*platform, metadata.common, metadata.sandbox)
        labels, annotations = _merge(
            {KIND_LABEL: "sandbox"}, {}, (*layers, *self._specific(person.namespace))
        )
        through = {SANDBOX_THROUGH: person.group} if person.group else {}
        return (
            {key: value.replace(USERNAME, person.name) for key, value in labels.items()},
            {key: value.replace(USERNAME, person.name) for key, value in annotations.items()}
            | {SANDBOX_OF: person.name, **through},
        )

    def _layers(self, platform: Marks) -> tuple[Marks, Marks, Marks]:
        """The platform's, and what the tenant says of Pod Security."""
        everybody = self.config.value.spec.tenant_policies.pod_security
        own = self.tenant.value.spec.pod_security
        return Marks(labels=everybody.labels()), platform, Marks(labels=own.labels())

    def _specific(self, name: str) -> Iterator[Marks]:
        for one in self.tenant.value.spec.namespaces.metadata.specific:
            if name in one.namespaces:
                yield one


def _merge(labels: dict[str, str], annotations: dict[str, str], layers: tuple[Marks, ...]) -> Keys:
    """Later layers win."""
    for layer in layers:
        labels = {**labels, **layer.labels}
        annotations = {**annotations, **layer.annotations}
    return labels, annotations


def resource(namespace: Namespace, owner: Owner, *, purge: bool) -> Resource | None:
    """The namespace's own resource; ``None`` where it isn't ours and nothing is to be added."""
    metadata = {
        "name": namespace.name,
        "labels": dict(namespace.labels),
        "annotations": dict(namespace.annotations),
    }
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    if namespace.ours:
        return owner.draw(
            manifest, namespace.name, because=namespace.because, retain_on_delete=not purge
        )
    if not namespace.labels and not namespace.annotations:
        return None
    return owner.patch(manifest, namespace.name, because=namespace.because)


def key(resource: Resource | None) -> tuple[Key, ...]:
    """What objects inside depend on."""
    return () if resource is None else (resource.key,)
