"""All rules, in the order in which people read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mto.admission import (
    classes,
    declarations,
    hosts,
    images,
    managed,
    namespaces,
    networkpolicies,
    pods,
    rolebindings,
    serviceaccounts,
    services,
)
from mto.admission.rule import Rule
from mto.spec.integrationconfig import IntegrationConfig


def rules(config: IntegrationConfig, nested: Iterable[str] = ()) -> tuple[Rule, ...]:
    """Every rule of this platform; a subject's module says what it is about.

    ``nested`` as in ``mto.admission.namespaces``.
    """
    return (
        *namespaces.rules(config, nested),
        *managed.RULES,
        *networkpolicies.rules(config),
        *rolebindings.RULES,
        *declarations.RULES,
        *(replace(one, suspect=True) for one in _allowances()),
    )


def _allowances() -> tuple[Rule, ...]:
    """What tenants' workloads may use: most requests break none of it."""
    return (
        *classes.rules(),
        *hosts.rules(),
        *images.rules(),
        *serviceaccounts.rules(),
        *services.rules(),
        *pods.rules(),
    )
