"""What the ``status`` of a custom resource says. Pure; the time is an argument.

Ready sums it up: True only where the last update had neither an error nor a warning and the
manifest that is in force is the one that was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mto.plan.labels import SANDBOX_OF, SANDBOX_THROUGH
from mto.plan.observed import Namespace
from mto.plan.sandbox import group_names, untold
from mto.service.report import StackReport
from mto.spec.groups import Groups
from mto.spec.names import declared_names, sandboxes
from mto.spec.quantity import family_of, parse, render
from mto.spec.tenant import Marks, Tenant

Status = dict[str, Any]
LONGEST_MESSAGE = 1024


@dataclass(frozen=True)
class Condition:
    """``reason`` is one word in CamelCase, ``message`` sentences for a person."""

    type: str
    true: bool
    reason: str
    message: str


def conditions(
    wanted: Iterable[Condition], before: Sequence[Mapping[str, Any]], *, generation: int, now: str
) -> list[dict[str, Any]]:
    """As Kubernetes writes them: the time is that of the last change from true to false or back."""
    known = {one["type"]: one for one in before}
    found = []
    for one in wanted:
        said = "True" if one.true else "False"
        last = known.get(one.type, {})
        since = last.get("lastTransitionTime") if last.get("status") == said else None
        found.append(
            {
                "type": one.type,
                "status": said,
                "reason": one.reason,
                "message": clipped(one.message),
                "observedGeneration": generation,
                "lastTransitionTime": since or now,
            }
        )
    return found


def judged(report: StackReport | None, said: Sequence[str], *, source: str) -> list[Condition]:
    """Ready and Valid of a tenant; ``said`` is what is wrong with its manifest."""
    valid = Condition("Valid", true=True, reason="Accepted", message=f"declared in {source}")
    if said:
        message = f"{'; '.join(said)}. The last good version stays in force"
        valid = Condition("Valid", true=False, reason="Invalid", message=message)
    return [_ready(report, valid), valid]


def _ready(report: StackReport | None, valid: Condition) -> Condition:
    def ready(reason: str, message: str) -> Condition:
        return Condition("Ready", reason == "UpToDate", reason, message)

    if report is not None and not report.ok:
        return ready("Failed", "; ".join(report.problems))
    if not valid.true:
        return ready("Invalid", valid.message)
    if report is None:
        return ready("Pending", "it has not been looked at yet")
    if report.unsettled:
        return ready("Settling", "; ".join(report.unsettled))
    if report.warnings:
        return ready("Warnings", "; ".join(report.warnings))
    return ready("UpToDate", "everything is as declared")


def members_of(tenant: Tenant, groups: Groups) -> Iterator[Condition]:
    """Whether the members of a tenant's groups are known; nothing where nobody asks."""
    names = group_names(tenant)
    if not names:
        return
    if told := untold(tenant, groups):
        yield Condition("GroupMembers", true=False, reason="Unknown", message=told)
    else:
        told = f"as {groups.source} has them: {', '.join(names)}"
        yield Condition("GroupMembers", true=True, reason="Known", message=told)


def source_of(groups: Groups) -> Iterator[Condition]:
    """Whether the source of groups' members can be read; nothing where there is none."""
    if groups.problem:
        told = f"{groups.source}: {groups.problem}; who was known before stays"
        yield Condition("GroupMembers", true=False, reason="Unreadable", message=told)
    elif groups.source:
        told = f"{len(groups.known)} groups, from {groups.source}"
        yield Condition("GroupMembers", true=True, reason="Read", message=told)


def tenant_status(tenant: Tenant, live: Mapping[str, Namespace]) -> Status:
    """The fields besides the conditions."""
    spec = tenant.spec
    there = sorted(live)
    metadata = spec.namespaces.metadata
    own = {
        "commonStatus": _marks(metadata.common),
        "sandboxStatus": _marks(metadata.sandbox),
        "specificStatus": [
            {**_marks(one), "namespaces": list(one.namespaces)} for one in metadata.specific
        ],
    }
    return {
        "managedNamespaces": there,
        "deployedNamespaces": sorted(set(declared_names(tenant)) & live.keys()),
        "deployedSandboxes": {
            **{who: name for name, who in sandboxes(tenant) if name in live},
            **{
                one.annotations[SANDBOX_OF]: name
                for name, one in live.items()
                if SANDBOX_THROUGH in one.annotations and SANDBOX_OF in one.annotations
            },
        },
        "namespaces": own,
        "sandboxState": "Enabled" if spec.namespaces.sandboxes.enabled else "Disabled",
        "quota": {"available": [{"name": spec.quota}]},
    }


def quota_status(
    hard: Mapping[str, str], used: Mapping[str, Iterable[Mapping[str, str]]]
) -> Status:
    """``used`` are amounts of each tenant's quotas, which are added up."""
    tenants = {
        name: {
            "status": {
                "hard": dict(hard),
                "used": {key: _total(key, amount, own) for key, amount in hard.items()},
            }
        }
        for name, own in sorted((name, tuple(own)) for name, own in used.items())
    }
    return {"usedBy": sorted(tenants), "TenantQuotaStatus": {"tenants": tenants}}


def _total(key: str, amount: str, used: Iterable[Mapping[str, str]]) -> str:
    return render(sum(parse(one.get(key, "0")) for one in used), family_of(amount))


def clipped(message: str) -> str:
    """A status is no log: at most ``LONGEST_MESSAGE`` characters."""
    return message if len(message) <= LONGEST_MESSAGE else message[: LONGEST_MESSAGE - 1] + "…"


def _marks(marks: Marks) -> dict[str, Any]:
    return {"labels": dict(marks.labels), "annotations": dict(marks.annotations)}
