"""Host names: each belongs to one tenant, as far as lists and expressions can tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from mto.spec.origin import Declared, Path, once
from mto.spec.problem import Note, Problem
from mto.spec.regex import Together, is_anchored, literal_end
from mto.spec.tenant import HostValidation, Tenant

ANY_HOST: Final = "*"
"""What counts as the host of whatever takes all hosts because it names none."""
_NAMED: Final = 3
_HOST: Final = re.compile(
    r"\*|(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
)


@dataclass(frozen=True)
class _Claim:
    """A host, or an expression on hosts, that a tenant is allowed."""

    text: str
    tenant: Declared[Tenant]
    path: Path

    @override
    def __str__(self) -> str:
        return f"tenant {self.tenant.value.name!r} ({self.tenant.origin.at(*self.path)})"

    @property
    def wild(self) -> bool:
        return self.text.startswith("*")

    def problem(self, message: str) -> Problem:
        return Problem.at(self.tenant.origin, self.path, message)

    def note(self, message: str) -> Note:
        return Note.at(self.tenant.origin, self.path, message)


def check(tenants: Iterable[Declared[Tenant]]) -> Iterator[Problem]:
    governed = [
        (one, rules)
        for one in tenants
        if (rules := one.value.spec.host_validation_config) is not None
    ]
    hosts = [claim for one, _ in governed for claim in _hosts(one)]
    expressions = [
        (_Claim(rules.allowed_regex, one, (*_PATH, "allowedRegex")), rules.deny_wildcards)
        for one, rules in governed
        if rules.allowed_regex is not None
    ]
    for one, _ in governed:
        yield from _alone(one)
    yield from _twice(hosts)
    yield from _under_wildcards(hosts)
    yield from _matched(hosts, expressions)
    yield from _alike([claim for claim, _ in expressions])


_PATH: Final[Path] = ("spec", "hostValidationConfig")


@once
def _hosts(tenant: Declared[Tenant]) -> tuple[_Claim, ...]:
    """Those that are really allowed, in lower case."""
    rules = _rules(tenant)
    return tuple(
        _Claim(host.lower(), tenant, (*_PATH, "allowed", index))
        for index, host in enumerate(rules.allowed)
        if not (rules.deny_wildcards and host.startswith("*"))
    )


@once
def _alone(tenant: Declared[Tenant]) -> tuple[Problem, ...]:
    return tuple(_by_itself(tenant, _rules(tenant)))


def _by_itself(tenant: Declared[Tenant], rules: HostValidation) -> Iterator[Problem]:
    for index, host in enumerate(rules.allowed):
        claim = _Claim(host, tenant, (*_PATH, "allowed", index))
        if not _HOST.fullmatch(host.lower()):
            yield claim.note(f"{host!r} is no host name, so it allows nothing")
        elif rules.deny_wildcards and claim.wild:
            yield claim.note(f"{host!r} is listed, but denyWildcards refuses it")
    expression = rules.allowed_regex
    if expression is not None and not is_anchored(expression):
        yield Note.at(
            tenant.origin,
            (*_PATH, "allowedRegex"),
            f"{expression!r} may match in the middle of a host; write ^ and $ around it",
        )


def _rules(tenant: Declared[Tenant]) -> HostValidation:
    return tenant.value.spec.host_validation_config or HostValidation()


def _twice(hosts: Iterable[_Claim]) -> Iterator[Problem]:
    taken: dict[str, _Claim] = {}
    for claim in hosts:
        first = taken.setdefault(claim.text, claim)
        if first.tenant is not claim.tenant:
            yield claim.problem(
                f"host {claim.text!r} is allowed to {first} already; a host belongs to one tenant"
            )


def _under_wildcards(hosts: list[_Claim]) -> Iterator[Problem]:
    """A wildcard gets the requests for a host of another tenant until that one serves it."""
    wildcards = {claim.text: claim for claim in hosts if claim.wild}
    for claim in hosts:
        for above in _above(claim.text):
            other = wildcards.get(above)
            if other is not None and other.tenant is not claim.tenant:
                yield claim.note(
                    f"host {claim.text!r} falls under {above!r} of {other}, which gets its "
                    "requests as long as nothing serves it"
                )
                break


def _above(host: str) -> Iterator[str]:
    """``a.b.org`` falls under ``*.b.org``, ``*.org`` and ``*``; the nearest first."""
    labels = host.removeprefix("*.").split(".")
    if host.startswith("*."):
        labels.insert(0, "*")
    for start in range(1, len(labels)):
        yield ".".join(("*", *labels[start:]))
    if host != ANY_HOST:
        yield ANY_HOST


def _matched(hosts: Iterable[_Claim], expressions: list[tuple[_Claim, bool]]) -> Iterator[Problem]:
    every = Together(claim.text for claim, _ in expressions)
    for claim in hosts:
        for place in every.matching(claim.text):
            other, refuses_wildcards = expressions[place]
            if other.tenant is claim.tenant or (refuses_wildcards and claim.wild):
                continue
            yield claim.problem(
                f"host {claim.text!r} is matched by {other.text!r} of {other} too; a host belongs "
                "to one tenant: narrow the expression, or remove the host"
            )


def _alike(expressions: Iterable[_Claim]) -> Iterator[Problem]:
    """Pairs of expressions that may match one host: those where one's end ends the other's.

    Sorted by their ends read backwards, what an end is the end of follows it.
    """
    above: list[tuple[str, _Claim]] = []
    for end, claim in sorted(
        ((literal_end(one.text)[::-1], one) for one in expressions), key=lambda pair: pair[0]
    ):
        while above and not end.startswith(above[-1][0]):
            above.pop()
        if above:
            first = [str(other) for _, other in above[:_NAMED]]
            more = f" and {len(above) - _NAMED} more" if len(above) > _NAMED else ""
            yield claim.note(
                f"{claim.text!r} and the expression of {', '.join(first)}{more} may match the same "
                "host; let each end in a domain of its own"
            )
        above.append((end, claim))
