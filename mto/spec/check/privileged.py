"""Expressions on privileged names that match more than they name.

They match anywhere, as MTO documents it; so `robot` is every account that has it in its name, and
what tenants name themselves among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mto.spec.integrationconfig import IntegrationConfig
from mto.spec.names import declared_names
from mto.spec.origin import Declared, Path
from mto.spec.problem import Note, Problem
from mto.spec.regex import example, open_ends, search
from mto.spec.tenant import Tenant

PATH: Path = ("spec", "accessControl", "privileged")
ACCOUNT = "system:serviceaccount:"
_NAMED = 3
_ANY = "<any namespace>"


def check(
    tenants: Iterable[Declared[Tenant]], config: Declared[IntegrationConfig]
) -> Iterator[Problem]:
    declared = tuple(tenants)
    people = config.value.spec.access_control.privileged
    for field, expressions, known in (
        ("namespaces", people.namespaces, tuple(_namespaces(declared))),
        ("serviceAccounts", people.service_accounts, tuple(_accounts(declared))),
        ("users", people.users, tuple(_users(declared))),
    ):
        for index, expression in enumerate(expressions):
            before, after = open_ends(expression)
            # No name has a colon in it, so nothing can stand before the whole prefix.
            ends = before and not expression.startswith(ACCOUNT), after
            if any(ends):
                others = _others(expression, ends, known, accounts=field == "serviceAccounts")
                said = _said(expression, ends, others)
                yield Note.at(config.origin, (*PATH, field, index), said)


def _said(expression: str, ends: tuple[bool, bool], others: tuple[str, ...]) -> str:
    missing = {(True, True): "^ and $", (True, False): "^", (False, True): "$"}[ends]
    if len(others) > _NAMED:
        others = (*others[:_NAMED], f"{len(others) - _NAMED} more")
    also = f"so these are privileged too: {', '.join(others)}" if others else "so it is not exact"
    return (
        f"{expression!r} has no {missing}, {also}; write {missing} around what is meant, or .* "
        "where anything may stand"
    )


def _others(
    expression: str, ends: tuple[bool, bool], known: Iterable[tuple[str, str]], *, accounts: bool
) -> tuple[str, ...]:
    """What is declared and matched, and else what could be: each is asked, not guessed."""
    found = [f"{name!r} ({what})" for name, what in known if search(expression, name)]
    text, (before, after) = example(expression), ends
    made = [f"{text}x"] * after + [f"x{text}"] * before if text else []
    if accounts and text and not text.startswith(ACCOUNT):
        made = [] if ":" in text else [f"{ACCOUNT}{_ANY}:{text}"]
    return (*found, *(repr(one) for one in made if search(expression, one.replace(_ANY, "x"))))


def _namespaces(tenants: Iterable[Declared[Tenant]]) -> Iterator[tuple[str, str]]:
    for one in tenants:
        yield from ((name, f"of tenant {one.value.name!r}") for name in declared_names(one.value))


def _accounts(tenants: Iterable[Declared[Tenant]]) -> Iterator[tuple[str, str]]:
    for name, what in _namespaces(tenants):
        yield f"{ACCOUNT}{name}:default", what


def _users(tenants: Iterable[Declared[Tenant]]) -> Iterator[tuple[str, str]]:
    for one in tenants:
        for role, members in one.value.roles():
            yield from ((name, f"{role} of tenant {one.value.name!r}") for name in members.users)
