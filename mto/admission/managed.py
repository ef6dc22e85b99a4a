"""What MTO made stays as MTO made it, and nobody else's object passes for MTO's.

The marker counts, on the old object and on the new one: so it can be neither stripped nor forged.
A forged one would hide an object from those who count what a namespace holds.
"""

from __future__ import annotations

from typing import Final

from mto.admission.cel import listed, quoted
from mto.admission.rule import Check, Exempt, Match, Rule, Selects
from mto.admission.sentence import cannot
from mto.spec.labels import MANAGED_LABEL

OURS: Final = "mto"
OUR_PREFIXES: Final = ("mto-", "disable-intra-tenant-networking-")
"""How names of what MTO makes in tenants' namespaces begin."""

_MARKED: Final = Rule(
    name="managed",
    summary="objects of MTO are changed by MTO alone",
    matches=(Match("*", ("*/*",), operations=("CREATE", "UPDATE", "DELETE")),),
    objects="marked",
    # Owners may change labels of their namespaces; the rule for namespaces says which.
    conditions={
        "no-namespace": "request.resource.group != '' || request.resource.resource != 'namespaces'"
    },
    checks=(
        Check(
            "false",
            "(request.operation == 'CREATE' || (request.operation == 'UPDATE' && "
            f"!({quoted(MANAGED_LABEL)} in oldObject.metadata.?labels.orValue({{}})))) ? "
            f"'The label {MANAGED_LABEL} marks what MTO made, and only MTO sets it; leave it out' "
            ": "
            + cannot(
                "MTO made it, and puts it back. Change the manifest that declares it, or ask an "
                "administrator"
            ),
        ),
    ),
    parameters=False,
    exempt=Exempt.GUARD,
    selects=Selects.NOT_SYSTEM,
)

NAMED: Final = Rule(
    name="reserved-names",
    summary="names of MTO's own objects are MTO's",
    matches=(
        Match("", ("limitranges", "resourcequotas"), operations=("CREATE",)),
        Match("networking.k8s.io", ("networkpolicies",), operations=("CREATE",)),
        Match("rbac.authorization.k8s.io", ("rolebindings", "roles"), operations=("CREATE",)),
    ),
    checks=(
        Check(
            f"object.metadata.name != {quoted(OURS)} && !{listed(OUR_PREFIXES)}"
            ".exists(prefix, object.metadata.name.startsWith(prefix))",
            f"'The name ' + object.metadata.name + ' is reserved: {OURS}, and names that begin "
            f"with {' or '.join(OUR_PREFIXES)}, are for what MTO makes; choose another name'",
        ),
    ),
    parameters=False,
    exempt=Exempt.GUARD,
)

RULES: Final = (_MARKED, NAMED)
