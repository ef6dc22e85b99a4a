"""What acts that rules forbid leave behind: told from objects as they are. Pure.

Most of what the rules about acts say can't be seen afterwards. What can: names and marks of MTO's
on what MTO did not make, and namespaces whose label, name or Pod Security no owner could have
given them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from mto.admission.managed import OUR_PREFIXES, OURS
from mto.plan.namespace import membership, untouchable
from mto.plan.observed import Namespace, Observed
from mto.service.finding import Finding, Result, Subject
from mto.spec.names import declared_names, nearest, reserved_names
from mto.spec.tenant import Tenant
from mto.spec.workloads import LEVELS, POD_SECURITY
from mto.spec.world import World

NAMESPACES = "namespaces"
RULES = (NAMESPACES, "managed", "reserved-names", "declarations")
"""Rules about acts of which an object can show traces."""


@dataclass(frozen=True)
class Judge:
    """``world`` says what is declared, and in which mode each rule acts."""

    world: World

    def finding(
        self, rule: str, tenant: str, subject: Subject, *, said: str, certain: bool = True
    ) -> Finding:
        """``certain``: only a privileged user could have done so, against the rule's meaning."""
        mode = self.world.config.value.spec.admission.mode(rule)
        result = Result.FAIL if certain and mode == "Deny" else Result.WARN
        return Finding(tenant, subject, rule, result, said)

    def name(self, tenant: str, subject: Subject) -> Iterator[Finding]:
        """Of an object without MTO's marker, of a kind that MTO makes."""
        if subject.name == OURS or subject.name.startswith(OUR_PREFIXES):
            said = (
                "the name is reserved for what MTO makes, and MTO did not make it: give it another "
                "name, since `mto up` stops where its own is taken"
            )
            yield self.finding("reserved-names", tenant, subject, said=said)

    def mark(
        self, tenant: str, subject: Subject, made: Collection[tuple[str, str, str]]
    ) -> Iterator[Finding]:
        """Of an object with MTO's marker; ``made`` are kind, namespace and name of the record."""
        if (subject.kind, subject.namespace, subject.name) not in made:
            said = (
                "it bears MTO's marker, but no record says that MTO made it; the marker hides it "
                "from those who count what a namespace holds: take mto.stakater.com/managed off"
            )
            yield self.finding("managed", tenant, subject, said=said)

    def parameters(self, tenant: str, subject: Subject) -> Iterator[Finding]:
        """Of a TenantPolicy without MTO's marker."""
        said = "MTO did not write it, though policies may read it: delete it, and run `mto up`"
        yield self.finding("declarations", tenant, subject, said=said)

    def namespace(self, live: Namespace) -> Iterator[Finding]:
        """Of one namespace, whoever's it is."""
        subject = Subject("", "Namespace", live.name, "v1", live.uid)
        declared = self.world.tenants.get(live.tenant or "")
        if untouchable(live.name, self.world.config.value):
            if live.tenant:
                said = f"it carries the label of tenant {live.tenant!r}, which has no effect here"
                yield self.finding(NAMESPACES, live.tenant, subject, said=said)
            return
        yield from self._anothers(live, subject)
        if declared is not None:
            for said in (*_wrong_name(live, declared.value), *self._loosened(live)):
                yield self.finding(NAMESPACES, declared.value.name, subject, said=said)

    def _anothers(self, live: Namespace, subject: Subject) -> Iterator[Finding]:
        """Declared by one tenant, or named like those of one, and labelled otherwise."""
        whose = f"tenant {live.tenant!r}" if live.tenant else "nobody"
        holder = self._reserved.get(live.name, "")
        near = nearest(live.name, self.world.tenants)
        if holder and holder != live.tenant:
            said = f"tenant {holder!r} declares it, and by its label it belongs to {whose}"
            yield self.finding(NAMESPACES, holder, subject, said=said)
        elif near and near != live.tenant and not holder:
            said = f"it is named like namespaces of tenant {near!r}, and belongs to {whose}"
            yield self.finding(NAMESPACES, near, subject, said=said, certain=False)

    @cached_property
    def _reserved(self) -> Mapping[str, str]:
        """The tenant that declares a namespace, by the namespace's name."""
        return {
            name: tenant
            for tenant, one in self.world.tenants.items()
            for name in reserved_names(one.value)
        }

    def _loosened(self, live: Namespace) -> Iterator[str]:
        tenant = self.world.tenants[live.tenant or ""]
        observed = Observed({live.name: live})
        planned = membership(tenant, self.world.config, observed=observed).namespaces
        wanted = next((one.labels for one in planned if one.name == live.name), {})
        for key, level in wanted.items():
            known = live.labels.get(key, "")
            if key.startswith(POD_SECURITY) and _looser(known, level):
                found = f"is {known!r}" if known else "is missing"
                yield f"label {key} {found}, looser than {level!r}, which is declared"


def _wrong_name(live: Namespace, tenant: Tenant) -> Iterator[str]:
    """What neither MTO nor an owner could have made."""
    rules = tenant.spec.namespaces
    if live.managed or live.name in declared_names(tenant):
        return
    if rules.require_prefix and not live.name.startswith(f"{tenant.name}-"):
        yield f"namespaces of tenant {tenant.name!r} begin with {tenant.name}-"
    if rules.allowed_names is not None and live.name not in rules.allowed_names:
        yield f"tenant {tenant.name!r} has a closed list of names, and this one is not on it"


def _looser(level: str, than: str) -> bool:
    """Without a label the cluster's default holds, which may be anything."""
    order: Mapping[str, int] = {name: place for place, name in enumerate(LEVELS)}
    return than in order and order.get(level, -1) < order[than]


def sorted_findings(*some: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(one for each in some for one in each))
