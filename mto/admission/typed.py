"""Policies as Kubernetes' type checker can see what is wrong with them.

The checker looks at validations and messages only, and at none of a policy that says ``*`` for
versions; a variable that it can't read, it takes for one of any type. So for each kind there is a
copy of the policy that is about this kind alone, in a version that is served, with every variable
in the place of its name and nothing left of what is said of other kinds. No copy is ever bound to
anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from mto.admission.suspicion import written_out

Manifest = dict[str, Any]

ANY: Final = "*"


class Kind(NamedTuple):
    """As a cluster serves it."""

    group: str
    version: str
    resource: str
    kind: str


CONFIG_MAP: Final = Kind("", "v1", "configmaps", "ConfigMap")
"""An object of no particular kind: it stands for all where a policy is about everything."""
NOTHING: Final = "dyn({})"
BEFORE: Final = 30
AFTER: Final = 40
"""Characters of an expression that are told of, before and after an error."""
_ERROR: Final = re.compile(r"ERROR: <input>:(\d+):(\d+): (.+)")
_CHOICE: Final = re.compile(
    r"(?:^|(?<=[(\[])|(?<= [?:] )|(?<=, ))"
    r"(?:request\.kind\.kind == '(\w+)'|oldObject != null|[\w.?]+\.hasValue\(\)) \? "
)
_OPENERS: Final = frozenset("([{")
_CLOSERS: Final = frozenset((*")]}", ", "))
"""A comma ends a choice as well, but closes nothing."""
_TOKEN: Final = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[(\[{]|[)\]}]| \? | : |, """)


def copies(policy: Mapping[str, Any], served: Iterable[Kind]) -> Iterator[tuple[Kind, Manifest]]:
    """The ``spec`` of each copy; kinds that the cluster doesn't serve can't be checked."""
    spec = policy["spec"]
    variables = {one["name"]: one["expression"] for one in spec.get("variables", ())}
    expressions = [_whole(one, variables) for one in spec["validations"]]
    for kind in _kinds(spec["matchConstraints"]["resourceRules"], tuple(served)):
        rule = {
            "apiGroups": [kind.group],
            "apiVersions": [kind.version],
            "operations": ["CREATE"],
            "resources": [kind.resource],
        }
        yield (
            kind,
            {
                **{key: spec[key] for key in ("failurePolicy", "paramKind") if key in spec},
                "matchConstraints": {"resourceRules": [rule]},
                "validations": [{"expression": only(kind.kind, one)} for one in expressions],
            },
        )


def _kinds(rules: Iterable[Mapping[str, Any]], served: tuple[Kind, ...]) -> Iterator[Kind]:
    """Each kind that the rules name, once; by its subresources as well."""
    found: dict[Kind, None] = {}
    for rule in rules:
        names = {resource.partition("/")[0] for resource in rule["resources"]}
        if ANY in names:
            found[CONFIG_MAP] = None
        for kind in served:
            if kind.group in rule["apiGroups"] and kind.resource in names:
                found[kind] = None
    yield from found


def _whole(validation: Mapping[str, str], variables: Mapping[str, str]) -> str:
    """The expression and the message in one."""
    message = validation.get("messageExpression", "''")
    return written_out(f"({validation['expression']}) && ({message}) == ''", variables)


def problems(spec: Mapping[str, Any], warning: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What the checker says of a validation of a copy: each error, and the place it is about."""
    number = int(warning["fieldRef"].partition("[")[2].partition("]")[0])
    lines = spec["validations"][number]["expression"].splitlines()
    for line, column, error in _ERROR.findall(warning["warning"]):
        text, at = lines[int(line) - 1], int(column) - 1
        yield error, text[max(0, at - BEFORE) : at + AFTER]


def only(kind: str, expression: str) -> str:
    """The expression without what ``request.kind.kind == '…' ? … : …`` says of other kinds.

    Nor with what stands for something absent (``… ? … : dyn({})``), since that has no type.
    """
    begin = 0
    while found := _CHOICE.search(expression, begin):
        middle, end = _branches(expression, found.end())
        first, second = expression[found.end() : middle], expression[middle + len(" : ") : end]
        if found[1] is None and second != NOTHING:
            begin = found.end()
            continue
        chosen = first if found[1] in (None, kind) else second
        expression = f"{expression[: found.start()]}({chosen}){expression[end:]}"
        begin = found.start()
    return expression


def _branches(expression: str, begin: int) -> tuple[int, int]:
    """Where the ``:`` of a choice stands whose first branch begins there, and where it ends."""
    depth = open_choices = middle = 0
    for token in _TOKEN.finditer(expression, begin):
        text, at = token[0], token.start()
        if text in _CLOSERS and depth == 0:
            return middle, at
        depth += (text in _OPENERS) - (text in _CLOSERS and text != ", ")
        if depth == 0 and text == " ? ":
            open_choices += 1
        elif depth == 0 and text == " : ":
            middle = middle or (at if open_choices == 0 else 0)
            open_choices -= 1
    return middle, len(expression)
