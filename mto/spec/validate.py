"""Manifests against their models: what pydantic finds, in sentences that an author understands."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mto.spec.base import SAID, Spec
from mto.spec.constraint import Broken
from mto.spec.origin import Origin, Path
from mto.spec.problem import Problem, near

_SHOWN: Final = 60

M = TypeVar("M", bound=Spec)


def validate(model: type[M], manifest: Mapping[str, Any], origin: Origin) -> M | list[Problem]:
    """The model, or everything that is wrong with ``manifest``. Only camelCase names count."""
    try:
        return model.model_validate(manifest, by_alias=True, by_name=False)
    except ValidationError as error:
        return [
            problem
            for one in error.errors(include_url=False)
            for problem in _problems(model, one, origin)
        ]


def _problems(model: type[Spec], error: ErrorDetails, origin: Origin) -> Iterator[Problem]:
    broken = error.get("ctx", {}).get("error")
    if isinstance(broken, Broken):
        for path, message in broken.found:
            yield Problem.at(origin, (*error["loc"], *path), message)
    else:
        yield _problem(model, error, origin)


def _problem(model: type[Spec], error: ErrorDetails, origin: Origin) -> Problem:
    path: Path = tuple(part for part in error["loc"] if part != "[key]")
    known = _fields(model, path[:-1] if error["type"] in {"extra_forbidden", "missing"} else path)
    describe = _SENTENCES.get(error["type"])
    said = describe(error, known) if describe else f"{_shown(error['input'])}: {error['msg']}"
    return Problem.at(origin, path, said)


def _unknown(error: ErrorDetails, known: tuple[str, ...]) -> str:
    hint = near(str(error["loc"][-1]), known)
    return f"unknown field{hint}" if hint else f"unknown field; known here: {', '.join(known)}"


def _missing(_error: ErrorDetails, _known: tuple[str, ...]) -> str:
    return "required, but missing"


def _text(error: ErrorDetails, _known: tuple[str, ...]) -> str:
    said = f"must be text, not {_shown(error['input'])}"
    return said if isinstance(error["input"], dict | list) else f"{said}; put it in quotes"


def _flag(error: ErrorDetails, _known: tuple[str, ...]) -> str:
    return f"must be true or false, not {_shown(error['input'])}"


def _list(error: ErrorDetails, _known: tuple[str, ...]) -> str:
    return f"must be a list, not {_shown(error['input'])}"


def _mapping(error: ErrorDetails, known: tuple[str, ...]) -> str:
    fields = f"fields: {', '.join(known)}" if known else "keys and values"
    return f"must be a mapping with {fields}; not {_shown(error['input'])}"


def _pattern(error: ErrorDetails, _known: tuple[str, ...]) -> str:
    pattern = error["ctx"]["pattern"]
    return f"{_shown(error['input'])} is not allowed; allowed: {SAID.get(pattern, pattern)}"


def _too_long(error: ErrorDetails, _known: tuple[str, ...]) -> str:
    limit = error["ctx"]["max_length"]
    return f"{_shown(error['input'])} has {len(error['input'])} characters; at most {limit} allowed"


def _too_many(error: ErrorDetails, _known: tuple[str, ...]) -> str:
    found, limit = error["ctx"]["actual_length"], error["ctx"]["max_length"]
    return f"has {found} entries; at most {limit} are allowed"


def _empty(_error: ErrorDetails, _known: tuple[str, ...]) -> str:
    return "must not be empty"


def _choice(error: ErrorDetails, _known: tuple[str, ...]) -> str:
    expected = error["ctx"]["expected"]
    hint = near(str(error["input"]), expected.replace("'", "").replace(" or ", ", ").split(", "))
    return f"{_shown(error['input'])} is not allowed; allowed: {expected}{hint}"


def _rule(error: ErrorDetails, _known: tuple[str, ...]) -> str:
    return str(error["ctx"]["error"])


_SENTENCES: Final[Mapping[str, Callable[[ErrorDetails, tuple[str, ...]], str]]] = {
    "bool_type": _flag,
    "dict_type": _mapping,
    "extra_forbidden": _unknown,
    "literal_error": _choice,
    "mapping_type": _mapping,
    "missing": _missing,
    "model_attributes_type": _mapping,
    "model_type": _mapping,
    "string_pattern_mismatch": _pattern,
    "string_too_long": _too_long,
    "string_too_short": _empty,
    "string_type": _text,
    "too_long": _too_many,
    "too_short": _empty,
    "tuple_type": _list,
    "value_error": _rule,
}


def _shown(value: object) -> str:
    """A value in a message: its type in the author's words, cut short."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return repr(value) if len(value) <= _SHOWN else f"{value[:_SHOWN]!r}…"
        case int() | float():
            return f"the number {value}"
        case list() | tuple():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return "nothing" if value is None else type(value).__name__


def _fields(model: type[BaseModel], path: Path) -> tuple[str, ...]:
    """Names of the fields that the mapping at ``path`` may have; none for free-form ones."""
    here: Any = model
    for part in path:
        here = next(_inner(here, part), None)
    here = next(_models(here), None)
    if here is None:
        return ()
    return tuple(str(info.alias or name) for name, info in here.model_fields.items())


def _inner(annotation: Any, part: str | int) -> Iterator[Any]:
    """The type of one field of a model, or of the items of a list."""
    for one in _unwrapped(annotation):
        if isinstance(part, int):
            yield from typing.get_args(one)[:1]
        elif isinstance(one, type) and issubclass(one, BaseModel):
            infos = one.model_fields
            yield from (info.annotation for name, info in infos.items() if info.alias == part)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    for one in _unwrapped(annotation):
        if isinstance(one, type) and issubclass(one, BaseModel):
            yield one


def _unwrapped(annotation: Any) -> Iterator[Any]:
    """The members of a union, or the type itself."""
    origin = typing.get_origin(annotation)
    if origin in {typing.Union, types.UnionType}:
        for one in typing.get_args(annotation):
            yield from _unwrapped(one)
    elif origin is typing.Annotated:
        yield from _unwrapped(typing.get_args(annotation)[0])
    else:
        yield annotation
