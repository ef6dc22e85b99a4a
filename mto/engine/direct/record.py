"""What the checkpoint says after an update: exactly what was done, in Pulumi's own terms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mto.engine.direct.diff import Action, inputs
from mto.engine.port import Op
from mto.plan.labels import FIELD_MANAGER
from mto.plan.resource import PROVIDER, SECRET, SECRET_FIELDS, STACK, Plan, Resource
from mto.state.checkpoint import Checkpoint, Operation, PendingOperation, ResourceState
from mto.state.integrity import ordered
from mto.state.secret import holds_none

Fields = dict[str, Any]
"""Fields of a ``ResourceState``; none where the recorded ones are right."""

Conceal = Callable[[Any, Any], Any]
"""``(value, recorded value) -> value`` with secrets sealed, unchanged ones under their old seal."""

_OPERATIONS = {
    Op.CREATE: Operation.CREATING,
    Op.UPDATE: Operation.UPDATING,
    Op.REPLACE: Operation.CREATING,
    Op.DELETE: Operation.DELETING,
    Op.FORGET: Operation.DELETING,
}


@dataclass(frozen=True)
class Recorder:
    """Writes the states of one plan. ``provider_id`` is that of the stack's provider."""

    plan: Plan
    checkpoint: Checkpoint
    provider_id: str
    conceal: Conceal

    def state(self, resource: Resource, *, uid: str = "") -> ResourceState:
        """The state of a resource that is as the plan wants it."""
        plan = self.plan
        urn = plan.urn(resource.key)
        old = self.checkpoint.by_urn.get(urn)
        parent = plan.urn(resource.parent) if resource.parent else plan.root_urn
        dependencies = tuple(plan.urn(key) for key in resource.depends_on)
        if old is not None and set(old.dependencies) == set(dependencies):
            dependencies = old.dependencies
        before = old or ResourceState(urn, resource.type)
        if resource.component:
            body: Fields = {"outputs": dict(plan.outputs)}
        elif resource.type == PROVIDER:
            body = _provider(before, resource, self.provider_id)
        else:
            body = self._kubernetes(before, resource, uid)
        return replace(
            before,
            custom=not resource.component,
            parent=parent,
            dependencies=dependencies,
            protect=resource.protect,
            retain_on_delete=resource.retain_on_delete,
            deleted_with=plan.urn(resource.deleted_with) if resource.deleted_with else "",
            **body,
        )

    def _kubernetes(self, state: ResourceState, resource: Resource, uid: str) -> Fields:
        provider = f"{self.plan.urn(self.plan.provider.key)}::{self.provider_id}"
        # Most inputs hold no secret, which is found out faster than by a walk through them.
        wanted = inputs(resource)
        plain = state.inputs == wanted or holds_none(wanted)
        concealed = wanted if plain else self.conceal(wanted, state.inputs)
        if state.inputs == concealed and state.provider == provider and not uid:
            return {}
        metadata = concealed["metadata"]
        live = uid or state.uid
        outputs = {
            **concealed,
            "metadata": {**metadata, **({"uid": live} if live else {})},
            "__inputs": concealed,
            "__fieldManager": FIELD_MANAGER,
        }
        if not uid and state.inputs == concealed:
            outputs = dict(state.outputs)
        namespace = metadata.get("namespace")
        name = metadata["name"]
        hidden = SECRET_FIELDS if resource.type == SECRET else ()
        return {
            "id": f"{namespace}/{name}" if namespace else name,
            "additional_secret_outputs": state.additional_secret_outputs or hidden,
            "inputs": concealed,
            "outputs": outputs,
            "provider": provider,
        }

    def root(self) -> ResourceState:
        """The stack's own resource, which carries its outputs."""
        urn = self.plan.root_urn
        old = self.checkpoint.by_urn.get(urn) or ResourceState(urn, STACK, custom=False)
        return replace(old, outputs=dict(self.plan.outputs))

    def unchanged(self) -> bool:
        """The record says already what it would say after the plan is carried out."""
        known = self.checkpoint.by_urn
        states = [self.root(), *map(self.state, self.plan)]
        return len(states) == len(self.checkpoint.resources) and all(
            known.get(one.urn) == one for one in states
        )

    def begun(self, actions: Iterable[Action]) -> Checkpoint:
        """The checkpoint to write before the first request."""
        pending = tuple(map(self._pending, actions))
        needed = [self.root(), *self._frame()]
        known = {one.urn for one in needed}
        others = (one for one in self.checkpoint.resources if one.urn not in known)
        return replace(
            self.checkpoint, resources=self._ordered((*needed, *others)), pending=pending
        )

    def _ordered(self, states: Iterable[ResourceState]) -> tuple[ResourceState, ...]:
        return ordered(states, stack=self.plan.stack)

    def _frame(self) -> Iterator[ResourceState]:
        """Provider and components: what the pending operations refer to."""
        return (self.state(resource) for resource in self.plan if not resource.kubernetes)

    def ended(
        self, actions: Iterable[Action], done: Mapping[str, str], *, doubtful: frozenset[str]
    ) -> Checkpoint:
        """The checkpoint to write at the end.

        ``done`` are the URNs that are as they should be, with the UID of the live object where it
        was touched; ``doubtful`` those whose request may have been carried out all the same.
        """
        kept: list[ResourceState] = []
        undone: list[Action] = []
        for action in actions:
            if action.urn not in done:
                undone.append(action)
                if action.old is not None and not action.uncertain:
                    kept.append(action.old)
            elif action.desired is not None:
                kept.append(self.state(action.desired, uid=done[action.urn]))
        if kept:
            kept.append(self.root())
        pending = tuple(self._open(undone, doubtful))
        return replace(self.checkpoint, resources=self._ordered(kept), pending=pending)

    def _open(
        self, undone: Iterable[Action], doubtful: frozenset[str]
    ) -> Iterator[PendingOperation]:
        """What is still not known to be one way or the other, from this run or an earlier one."""
        before = {one.resource.urn: one for one in self.checkpoint.pending}
        for action in undone:
            if action.uncertain or action.urn in doubtful:
                yield self._pending(action)
            elif action.urn in before:
                yield before[action.urn]

    def _pending(self, action: Action) -> PendingOperation:
        """An uncertain one is a creation whatever becomes of it: it is not recorded yet."""
        operation = Operation.CREATING if action.uncertain else _OPERATIONS[action.step.op]
        state = self.state(action.desired) if action.desired else _recorded(action)
        return PendingOperation(state, operation)


def _recorded(action: Action) -> ResourceState:
    assert action.old is not None  # noqa: S101 - deletions have a past
    return action.old


def _provider(state: ResourceState, resource: Resource, provider_id: str) -> Fields:
    wanted = inputs(resource)
    if state.inputs == wanted and state.id == provider_id:
        return {}
    outputs = {key: value for key, value in wanted.items() if key != "__internal"}
    return {"id": provider_id, "inputs": wanted, "outputs": outputs}
