"""What is wrong with a request that no engine is asked for.

UsageError
├── DottedEnvironment    its stacks could not be told from a tenant's
├── UnknownEnvironment   no stacks/Pulumi.<environment>.yaml
├── SettingsError        that file is wrong
├── UnknownTenant        a tenant is named that nobody declares
├── OtherEnvironment     another environment governs the cluster
├── OtherCluster         the record is of another cluster
├── RecordElsewhere      what is to be destroyed is governed, and not by a record of ours
└── NoSuchResource       nothing of that address is planned

ClusterError
└── NotEffective         the API server does not learn of rights
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from mto.errors import ClusterError, UsageError


class DottedEnvironment(UsageError):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"environment {name!r}: a name without a dot is needed, since <environment>.<tenant> "
            "names the stack of a tenant; give the tenant as an argument"
        )


class UnknownEnvironment(UsageError):
    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(
            f"environment {name!r} has no file stacks/Pulumi.{name}.yaml; "
            f"known environments: {_listed(known)}"
        )


class SettingsError(UsageError):
    def __init__(self, source: str, problem: str) -> None:
        super().__init__(f"{source}: {problem}")


class UnknownTenant(UsageError):
    def __init__(self, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        super().__init__(
            f"tenant {name!r} is not declared{near(name, names)}; "
            f"declared tenants: {_listed(names)}"
        )


class OtherEnvironment(UsageError):
    """Two environments on one cluster would take each other's tenants for their own."""

    def __init__(self, ours: str, theirs: str) -> None:
        super().__init__(
            f"the cluster is governed by environment {theirs!r}, not by {ours!r}: use -e {theirs}, "
            f"or take {theirs!r} away with `mto destroy -e {theirs}` first"
        )


class OtherCluster(UsageError):
    """What isn't there would be forgotten, and left behind on the other cluster."""

    def __init__(self, environment: str, recorded: str, here: str) -> None:
        super().__init__(
            f"the record of environment {environment!r} is of {recorded}, and nothing of it is "
            f"at {here}: give another cluster an environment of its own"
        )


class RecordElsewhere(UsageError):
    """To take labels off would end isolation and leave every right in place."""

    def __init__(self, stack: str, namespaces: Iterable[str]) -> None:
        super().__init__(
            f"there is no stack {stack!r} here, yet MTO's quotas are in {_listed(namespaces)}: "
            "another environment or another state has them. Destroy the tenant there; if that "
            "state is lost, declare it and run `mto up` here first"
        )


class NoSuchResource(UsageError):
    def __init__(self, address: str, known: Iterable[str]) -> None:
        names = sorted(known)
        super().__init__(
            f"nothing called {address!r} is planned{near(address, names)}; write "
            "KIND/NAME or KIND/NAMESPACE/NAME, for example Namespace/blue-dev"
        )


def near(name: str, known: Iterable[str]) -> str:
    """``; did you mean 'blue'?``, where something is near enough."""
    found = get_close_matches(name, list(known), n=1)
    return f"; did you mean {found[0]!r}?" if found else ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


class NotEffective(ClusterError):
    """A right that was just given has no effect."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"the API server knows nothing of a ClusterRoleBinding made {seconds:g} s ago, so "
            "nothing can be verified; look whether its RBAC authorizer is on, and at its health"
        )
