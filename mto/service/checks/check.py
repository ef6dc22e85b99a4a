"""One check of isolation: what must be refused, and what must pass beside it.

A refusal proves nothing where nothing at all passes, so every check has controls: requests that
are like the refused ones and keep to the rules.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mto.cluster.attempt import Attempt
from mto.service.checks.scene import Scene, Who


@dataclass(frozen=True)
class Review:
    """A question to the authorizer: may somebody ``verb`` this resource?"""

    verb: str
    group: str
    resource: str
    namespace: str = ""


@dataclass(frozen=True)
class Try:
    """``what`` ends the sentence "an owner could …"."""

    who: Who
    what: str
    request: Attempt | Review


Tries = Callable[[Scene], Iterable[Try]]
Reason = Callable[[Scene], str]
Facts = Callable[[Scene], Iterable[str]]


def nothing(_: Scene) -> Iterable[Try]:
    return ()


def no_facts(_: Scene) -> Iterable[str]:
    return ()


def no_reason(_: Scene) -> str:
    return ""


class Category(enum.StrEnum):
    """As the benchmark names them; the last ones are ours."""

    CONTROL_PLANE = "Control Plane Isolation"
    HOST = "Host Isolation"
    TENANT = "Tenant Isolation"
    DATA = "Data Isolation"
    NETWORK = "Network Isolation"
    FAIRNESS = "Fairness"
    SELF_SERVICE = "Self-Service Operations"
    NAMESPACES = "Namespaces"
    OBJECTS = "Managed Objects"
    USE = "Allowed Use"


@dataclass(frozen=True)
class Check:
    """One line of the report, for each tenant.

    ``tries`` must be refused, ``controls`` must pass; ``facts`` gives what is wrong that no
    request shows, ``doubts`` why they prove nothing. ``left_open`` says which setting leaves the
    check open, and ``left_out`` why it has no meaning for a tenant; both are empty where the
    settings ask for it.
    """

    id: str
    title: str
    category: Category
    tries: Tries = nothing
    controls: Tries = nothing
    facts: Facts = no_facts
    doubts: Facts = no_facts
    left_open: Reason = no_reason
    left_out: Reason = no_reason
