"""Service accounts that no pod may run as. A pod that names none runs as ``default``."""

from __future__ import annotations

from typing import Final

from mto.admission.allowed import NONE_REFUSED, changed, parameter
from mto.admission.podspecs import POD, POLICY, WORKLOADS
from mto.admission.rule import Check, Rule
from mto.admission.sentence import names, refused

_DENIED: Final = parameter("serviceAccounts", "denied")


def rules() -> tuple[Rule, ...]:
    return (
        Rule(
            name="service-accounts",
            summary="a pod may not run as this service account",
            matches=WORKLOADS,
            policy=POLICY,
            conditions={"governed": f"{_DENIED}.size() > 0"},
            variables={
                **POD,
                **changed(
                    _account("variables.pod"),
                    _account("variables.podBefore"),
                    refuse=f"value in {_DENIED}",
                ),
            },
            checks=(
                Check(
                    NONE_REFUSED,
                    refused(
                        "may not run pods as service account ",
                        names("variables.refused"),
                        " ('default' where none is named); denied: ",
                        names(_DENIED),
                        field="spec.serviceAccounts",
                    ),
                ),
            ),
        ),
    )


def _account(pod: str) -> str:
    """The field, else its deprecated name."""
    name, old = f"{pod}.?serviceAccountName.orValue('')", f"{pod}.?serviceAccount.orValue('')"
    return f"({name} != '' ? {name} : {old} != '' ? {old} : 'default')"
