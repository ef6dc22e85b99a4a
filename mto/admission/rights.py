"""Rights that exist for admission alone: verbs on names, bound by the plan, asked by policies.

So no policy holds a list of people, and what it costs does not grow with the number of tenants.
"""

from __future__ import annotations

from typing import Final

from mto.admission.cel import quoted
from mto.spec.integrationconfig import NAMESPACE

TENANTS: Final = ("tenantoperator.stakater.com", "tenants")
NAMES: Final = ("mto.stakater.com", "names")
"""No objects: names of namespaces."""
GUARDS: Final = ("mto.stakater.com", "guards")
"""No objects: what protects MTO's own."""

CREATE: Final = "create-namespaces"
"""On a tenant: make namespaces for it."""
CHANGE: Final = "change-namespaces"
"""On a tenant: change and delete namespaces of it."""
ANY_PREFIX: Final = "any-prefix"
"""On a tenant: make namespaces whose names don't begin with its own."""
ANY_NAME: Final = "any-name"
"""On a tenant: make namespaces of all names, since it has no closed list; includes ``CREATE``."""
USE: Final = "use"
"""On a name: make the namespace, where the tenant has a closed list."""
HELD: Final = "reserved"
"""On a name: a tenant declares it. Held by nobody but ``KEEPER``, so that nobody reads a list of
other tenants' namespaces off their own rights."""
KEEPER: Final = (NAMESPACE, "mto-reserved-names")
"""Namespace and name of a service account that need not exist."""
BYPASS: Final = "bypass"
"""On guards."""


def holds(verb: str, on: tuple[str, str], name: str | None = None) -> str:
    """CEL: whether the user may ``verb`` the resource ``on``; ``name`` is CEL as well."""
    group, resource = on
    asked = f"authorizer.group({quoted(group)}).resource({quoted(resource)})"
    named = f".name({name})" if name is not None else ""
    return f"{asked}{named}.check({quoted(verb)}).allowed()"


RESERVED: Final = (
    f"authorizer.serviceAccount({quoted(KEEPER[0])}, {quoted(KEEPER[1])})"
    f".group({quoted(NAMES[0])}).resource({quoted(NAMES[1])}).name(variables.name)"
    f".check({quoted(HELD)}).allowed()"
)
"""CEL: whether ``variables.name`` is a name that a tenant declares."""
