"""What is wrong with a request before any engine is asked.

UsageError
├── UnknownEnvironment   no stacks/Pulumi.<environment>.yaml
├── SettingsError        that file is wrong
├── UnknownTenant        a tenant is named that nobody declares
└── NoSuchResource       nothing of that address is planned
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from mto.errors import UsageError


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
