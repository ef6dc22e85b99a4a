"""The plan against the record: which steps lead from one to the other. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mto.engine.errors import Unsupported
from mto.engine.port import Change, Op, Step
from mto.plan.resource import (
    NAMESPACE,
    PROVIDER,
    SECRET,
    SECRET_FIELDS,
    STACK,
    Key,
    Plan,
    Resource,
)
from mto.state.checkpoint import Checkpoint, Operation, ResourceState
from mto.state.secret import Secret

Reveal = Callable[[Any], Any]

IMMUTABLE: Mapping[str, tuple[str, ...]] = {
    "RoleBinding": ("roleRef",),
    "ClusterRoleBinding": ("roleRef",),
    "ResourceQuota": ("spec.scopes", "spec.scopeSelector"),
    "StorageClass": ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"),
    "PriorityClass": ("value", "preemptionPolicy"),
    "IngressClass": ("spec.controller",),
    "Secret": ("type",),
    "Deployment": ("spec.selector",),
    "DaemonSet": ("spec.selector",),
    "StatefulSet": ("spec.selector", "spec.serviceName", "spec.volumeClaimTemplates"),
    "Job": ("spec.selector", "spec.template"),
}
"""Fields that the API server never changes, by kind: to change one is to replace the object."""

GIVEN_BACK = "no longer declared; the object stays, without what MTO set on it"
"""What the end of a patch means."""

RETAINED = "no longer declared; the object stays as it is, without MTO's marks"
"""What is meant by ``retain_on_delete``; a namespace keeps its tenant's label for a while."""

_KEY = re.compile(r"""\[["']([^"']*)["']\]""")
"""A key with dots in it, as Pulumi's paths have it: ``metadata.annotations["a.b/c"]``."""

_IDENTITY = ("metadata.name", "metadata.namespace")


@dataclass(frozen=True)
class Action:
    """A step with what it takes to carry it out. ``after`` are the URNs that must be done before.

    ``uncertain``: a killed run began it, so the object may be there without being recorded.
    ``given_back``: the object stays, and nothing on it says any more that it is ours.
    """

    step: Step
    desired: Resource | None = None
    old: ResourceState | None = None
    after: frozenset[str] = frozenset()
    uncertain: bool = False
    given_back: bool = False

    @property
    def urn(self) -> str:
        return self.step.urn

    @property
    def request(self) -> bool:
        """The cluster is asked to change something."""
        kind = self.desired.type if self.desired else self.old.type if self.old else ""
        busy = self.given_back or self.step.op not in (Op.SAME, Op.FORGET)
        return kind.startswith("kubernetes:") and busy and not self.step.deleted_with


def actions(plan: Plan, checkpoint: Checkpoint, *, reveal: Reveal) -> tuple[Action, ...]:
    """Every step of an update, creations in the plan's order, then deletions children first."""
    begun = {one.resource.urn: one.resource for one in _begun(checkpoint)}
    wanted = tuple(_wanted(plan, checkpoint, begun, reveal=reveal))
    released = _released(plan, {**begun, **checkpoint.by_urn})
    kept = {action.urn for action in wanted}
    lasting = {action.step.object for action in wanted}
    deleted = _deletions(checkpoint, begun, kept=kept, released=released)
    return (*wanted, *(_spared(action, lasting) for action in deleted))


def _spared(action: Action, lasting: set[str]) -> Action:
    """An object that goes on under another logical name, or as a patch, must not be deleted."""
    if action.step.object not in lasting:
        return action
    step = replace(action.step, op=Op.FORGET, because="goes on under another name in the plan")
    return replace(action, step=step, given_back=False)


def _released(plan: Plan, known: Mapping[str, ResourceState]) -> set[str]:
    """URNs of namespaces that may go, as the record knows them; an empty plan is the end of all.

    Any other was not looked into (its label is gone, say), so nobody consented to its deletion.
    """
    return {
        urn
        for urn, one in known.items()
        if Key(one.type, one.name) in plan.releases or not (plan.resources or one.retain_on_delete)
    }


def _begun(checkpoint: Checkpoint) -> Iterator[Any]:
    known = checkpoint.by_urn
    return (
        one
        for one in checkpoint.pending
        if one.type is Operation.CREATING and one.resource.urn not in known
    )


def _wanted(
    plan: Plan, checkpoint: Checkpoint, begun: Mapping[str, ResourceState], *, reveal: Reveal
) -> Iterator[Action]:
    # A killed run may have changed or deleted it, whatever the record and the plan agree on.
    doubtful = {one.resource.urn for one in checkpoint.pending}
    for resource in plan:
        urn = plan.urn(resource.key)
        supported(urn, resource.type)
        old = checkpoint.by_urn.get(urn)
        op, fields = _compare(resource, old, reveal=reveal)
        if op is Op.SAME and urn in doubtful:
            op = Op.UPDATE
        target = address(resource.type, resource.inputs, resource.name)
        step = Step(op, urn, target, resource.because, fields)
        after = frozenset(plan.urn(key) for key in resource.depends_on)
        yield Action(step, resource, old, after, uncertain=urn in begun)


def supported(urn: str, kind: str) -> None:
    """Raise Unsupported for what only the CLI can run."""
    if not kind.startswith(_NATIVE):
        raise Unsupported(urn, f"{kind} is of another provider")
    if kind.startswith(_RENDERED):
        raise Unsupported(urn, f"{kind} is rendered by Pulumi's provider")


def native(kind: str) -> bool:
    """What the direct engine can run."""
    return kind.startswith(_NATIVE) and not kind.startswith(_RENDERED)


_NATIVE = ("kubernetes:", "mto:", PROVIDER, STACK)
_RENDERED = ("kubernetes:helm.sh/", "kubernetes:yaml", "kubernetes:kustomize")


def _compare(
    resource: Resource, old: ResourceState | None, *, reveal: Reveal
) -> tuple[Op, tuple[Change, ...]]:
    if old is None:
        return Op.CREATE, ()
    if resource.component:
        return Op.SAME, ()
    desired = inputs(resource)
    if old.inputs == desired:
        return Op.SAME, ()
    known = reveal(old.inputs)
    ignored = [_KEY.sub(r".\1", path) for path in (*resource.ignore_changes, "__internal")]
    fields = tuple(
        change
        for change in compare(known, desired)
        if not any(_within(change.path, path) for path in ignored)
    )
    if not fields:
        return Op.SAME, ()
    fixed = (*_IDENTITY, *IMMUTABLE.get(desired.get("kind", ""), ()))
    replace = resource.kubernetes and any(
        _within(change.path, path) for change in fields for path in fixed
    )
    return (Op.REPLACE if replace else Op.UPDATE), fields


def inputs(resource: Resource) -> Mapping[str, Any]:
    """Inputs as the record has them: a Secret's values hidden, those of a provider as text."""
    if resource.type == SECRET:
        return {
            name: _hidden(value) if name in SECRET_FIELDS else value
            for name, value in resource.inputs.items()
        }
    if resource.type != PROVIDER:
        return resource.inputs
    plain = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in resource.inputs.items()
    }
    return {"__internal": {}, **plain, "version": PROVIDER_VERSION}


def _hidden(value: Any) -> Secret:
    return value if isinstance(value, Secret) else Secret(value)


PROVIDER_VERSION = "4.34.2"
"""Of the Kubernetes provider, as ``requirements.txt`` pins it; the CLI asks for the same."""


def _within(path: str, whole: str) -> bool:
    return path == whole or path.startswith((f"{whole}.", f"{whole}["))


def compare(before: Any, after: Any, path: str = "") -> Iterator[Change]:
    """Fields that differ; lists of unequal length differ as a whole."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted(before.keys() | after.keys()):
            inner = f"{path}.{key}" if path else key
            yield from compare(before.get(key), after.get(key), inner)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for position, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from compare(one, other, f"{path}[{position}]")
    elif before != after:
        yield Change(path, before, after)


def _deletions(
    checkpoint: Checkpoint,
    begun: Mapping[str, ResourceState],
    *,
    kept: set[str],
    released: set[str],
) -> Iterator[Action]:
    """What the record holds and the plan does not, dependants before what they depend on."""
    doomed = [one for one in checkpoint.resources if one.delete or one.urn not in kept]
    doomed = [one for one in doomed if one.type != STACK]
    lost = [one for urn, one in begun.items() if urn not in kept]
    ops = {one.urn: _farewell(one, released) for one in (*lost, *doomed)}
    going = {one.urn for one in doomed if ops[one.urn] is Op.DELETE}
    spaces = {_name(one): one.urn for one in doomed if one.type == NAMESPACE and one.urn in going}
    waits = _dependants(doomed)
    for one in reversed([*doomed, *lost]):
        supported(one.urn, one.type)
        op = ops[one.urn]
        along = _along(one, going, spaces) if op is Op.DELETE else ""
        returned = op is Op.FORGET and one.type != NAMESPACE
        because = GIVEN_BACK if one.type.endswith("Patch") else "no longer declared"
        because = RETAINED if returned else because
        target = address(one.type, one.inputs, one.name)
        step = Step(op, one.urn, target, because, deleted_with=along)
        after = waits.get(one.urn, frozenset()) if not along else frozenset()
        yield Action(step, None, one, after, uncertain=one.urn in begun, given_back=returned)


def _along(one: ResourceState, going: Collection[str], spaces: Mapping[str, str]) -> str:
    """What takes the object along when it goes, so that limits last as long as what they limit."""
    if one.protect:
        return ""
    if one.deleted_with in going:
        return one.deleted_with
    return spaces.get(one.inputs.get("metadata", {}).get("namespace", ""), "")


def _name(namespace: ResourceState) -> str:
    name: str = namespace.inputs["metadata"]["name"]
    return name


def _farewell(state: ResourceState, released: set[str]) -> Op:
    kept = state.retain_on_delete or state.type == NAMESPACE
    return Op.FORGET if kept and state.urn not in released else Op.DELETE


def _dependants(states: list[ResourceState]) -> Mapping[str, frozenset[str]]:
    """For each resource, those that must be gone before it."""
    waits: dict[str, set[str]] = {}
    for one in states:
        provider = one.provider.rsplit("::", 1)[0]
        for needed in (*one.dependencies, one.parent, provider):
            waits.setdefault(needed, set()).add(one.urn)
    return {urn: frozenset(urns) for urn, urns in waits.items()}


def address(kind: str, manifest: Mapping[str, Any], name: str) -> str:
    """``RoleBinding/blue-dev/mto-owner-admin``, the form that ``mto explain`` takes."""
    if not kind.startswith("kubernetes:"):
        return f"{kind.rsplit(':', 1)[-1]}/{name}"
    metadata = manifest.get("metadata", {})
    parts = (
        kind.rsplit(":", 1)[-1].removesuffix("Patch"),
        metadata.get("namespace"),
        metadata.get("name"),
    )
    return "/".join(str(part) for part in parts if part)
