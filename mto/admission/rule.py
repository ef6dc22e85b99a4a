"""One rule of admission as data; ``mto.admission.policies`` makes objects of it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Operation = Literal["CREATE", "UPDATE", "DELETE", "CONNECT"]


@dataclass(frozen=True)
class Match:
    """One entry of ``matchConstraints.resourceRules``; ``group=""`` is Kubernetes' core.

    With ``versions`` named, requests in another version of the kind are judged all the same,
    converted. Types are checked whatever is named (``mto.admission.typed``).
    """

    group: str
    resources: tuple[str, ...]
    versions: tuple[str, ...] = ("*",)
    operations: tuple[Operation, ...] = ("CREATE", "UPDATE")


@dataclass(frozen=True)
class Check:
    """``expression``: CEL, true = allowed. ``message``: CEL for the sentence of a refusal.

    Both may use ``variables``, ``params``, ``object``, ``oldObject``, ``request`` and
    ``namespaceObject``. ``asks`` may use ``authorizer`` as well: the request is also allowed where
    it is true. Two questions to the authorizer at most, and none in a loop: each costs 350,000 of
    the 1,000,000 units of an expression. A message is computed for allowed requests too, so it must
    be cheap; where it fails, the rule's summary is told instead. ``clear`` is for a ``suspect``
    rule: asked beforehand in place of ``asks``; where it is true of all checks, they are kept. All
    questions to the authorizer are in one expression there, so it asks less and may be mistaken
    about good requests, never about bad ones.
    """

    expression: str
    message: str
    asks: str = ""
    clear: str = ""


class Exempt(enum.Enum):
    """Who is let through, each beginning with the ones before; every bypass is audited."""

    NOBODY = enum.auto()
    BYPASS = enum.auto()
    """The bypass groups."""
    PRIVILEGED = enum.auto()
    """Privileged users, groups and service accounts, without those of namespaceAccessPolicy."""
    GUARD = enum.auto()
    """Whoever holds the verb ``bypass`` on ``guards``: MTO's engine, and Kubernetes' controllers
    that end a namespace's life. Their work leaves no audit annotation."""


class Selects(enum.Enum):
    """The namespaces that a rule looks at."""

    TENANTS = enum.auto()
    """Those of tenants. The cluster's own never, whatever their labels say."""
    NOT_SYSTEM = enum.auto()
    """All but the cluster's own; objects outside of namespaces as well."""
    EVERYTHING = enum.auto()
    """All requests. For Namespace objects nothing else will do: on an update a selector sees the
    *new* labels, so that taking the label off would slip past."""


@dataclass(frozen=True)
class Rule:
    """``name`` is the switch in the IntegrationConfig.

    ``policy`` is what installs it: rules that name the same one look at the same requests and share
    one, which costs each request little more than one of them alone. By default a rule has a policy
    of its own name. One rule may come in two parts, of the same name, in two policies.
    ``suspect``: ask in one condition first whether a request breaks the rule at all; for rules that
    nearly all requests keep (``mto.admission.suspicion``).
    ``objects``: only those that bear MTO's marker before or afterwards (``marked``), or that don't
    (``unmarked``); others aren't even looked at. A rule with parameters that MTO's own objects meet
    must be about unmarked ones: the parameters are looked for before anybody is exempt.
    ``conditions`` are matchConditions: a request is judged if all are true. ``parameters``: it
    reads the TenantPolicy of the request's namespace as ``params``. ``further``: CEL for whom the
    rule lets through besides ``exempt``, with an audit annotation as well.
    """

    name: str
    summary: str
    matches: tuple[Match, ...]
    checks: tuple[Check, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    conditions: Mapping[str, str] = field(default_factory=dict)
    objects: Literal["all", "marked", "unmarked"] = "all"
    parameters: bool = True
    exempt: Exempt = Exempt.BYPASS
    further: str = ""
    selects: Selects = Selects.TENANTS
    policy: str = ""
    suspect: bool = False
