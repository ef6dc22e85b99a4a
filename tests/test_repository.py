"""Guards against rot: what a reviewer forgets to look at, over everything that lies in the tree."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from pydantic import BaseModel

ROOT = Path(__file__).resolve().parent.parent
NOT_OURS = {".git", ".state", ".venv", "__pycache__", "dist"}
NOT_OURS |= {f".{tool}_cache" for tool in ("import_linter", "mypy", "pytest", "ruff")}
NOT_OURS |= {".hypothesis"}
MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_FUNCTION = 40
Function = ast.FunctionDef | ast.AsyncFunctionDef


def files(*patterns: str, under: Path = ROOT) -> Iterator[Path]:
    """Files of the project; caches, virtual environments and Git's own folder are skipped."""
    for one in sorted(under.iterdir()):
        if one.name in NOT_OURS:  # in a worktree Git's own is a file
            continue
        if one.is_dir():
            if not one.is_symlink():
                yield from files(*patterns, under=one)
        elif any(one.match(pattern) for pattern in patterns):
            yield one


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package under its dotted name."""
    return {
        shown(path).removesuffix(".py").removesuffix("/__init__").replace("/", "."): tree(path)
        for path in files("*.py", under=ROOT / "mto")
    }


def names_used(tree: ast.AST) -> set[str]:
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return names | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


# ---- tests ---------------------------------------------------------------------------------------


def test_every_file_with_tests_has_a_name_that_pytest_collects() -> None:
    missed = [
        shown(path)
        for path in files("*.py", under=ROOT / "tests")
        if not path.name.startswith("test_")
        for node in ast.walk(tree(path))
        if isinstance(node, Function) and node.name.startswith("test_")
    ]
    assert missed == []


def errors() -> dict[str, set[str]]:
    """Each class below MtoError with the names of its bases."""
    bases = {
        node.name: {names_used(base).pop() for base in node.bases if names_used(base)}
        for module in modules().values()
        for node in ast.walk(module)
        if isinstance(node, ast.ClassDef)
    }
    known = {"MtoError"}
    while more := {name for name, above in bases.items() if above & known} - known:
        known |= more
    return {name: bases[name] for name in known}


def test_every_error_that_can_be_raised_is_raised_in_a_test() -> None:
    families = set().union(*errors().values())
    made = {
        name
        for module in modules().values()
        for node in ast.walk(module)
        if isinstance(node, ast.Call | ast.Raise)
        for name in names_used(node.func if isinstance(node, ast.Call) else node)
    }
    raised = {name for name in errors() if name not in families or name in made}
    tested = set().union(*(names_used(tree(path)) for path in files("test_*.py", "conftest.py")))
    assert sorted(raised - tested - {"MtoError"}) == []


def applied_functions(source: ast.AST) -> list[int]:
    """Lines where a function is handed to ``.apply``: only an ``Output`` takes one."""
    functions = {node.name for node in ast.walk(source) if isinstance(node, Function)}
    return [
        node.lineno
        for node in ast.walk(source)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "apply"
        for given in [*node.args, *(keyword.value for keyword in node.keywords)]
        if isinstance(given, ast.Lambda) or (isinstance(given, ast.Name) and given.id in functions)
    ]


def test_no_test_asserts_inside_output_apply_where_a_failure_is_silent() -> None:
    silent = [
        f"{shown(path)}:{line}"
        for path in files("*.py", under=ROOT / "tests")
        for line in applied_functions(tree(path))
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        pytest.param("names.apply(lambda names: 1)", [1], id="a lambda"),
        pytest.param("def check(it): ...\n\nnames.apply(func=check)", [3], id="a function"),
        pytest.param("cluster.apply(manifest, force=True)", [], id="server-side apply"),
    ],
)
def test_a_function_given_to_apply_is_found(source: str, lines: list[int]) -> None:
    assert applied_functions(ast.parse(source)) == lines


# ---- code ----------------------------------------------------------------------------------------


def test_no_file_is_longer_than_300_lines() -> None:
    lengths = {shown(path): len(path.read_text().splitlines()) for path in files("*.py")}
    assert {name: n for name, n in lengths.items() if n > MOST_LINES_OF_A_FILE} == {}


def test_no_function_is_longer_than_40_lines() -> None:
    lengths = {
        f"{name}.{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for name, module in modules().items()
        for node in ast.walk(module)
        if isinstance(node, Function)
    }
    assert {name: n for name, n in lengths.items() if n > MOST_LINES_OF_A_FUNCTION} == {}


def models(base: type[BaseModel] = BaseModel) -> Iterator[type[BaseModel]]:
    for model in base.__subclasses__():
        if model.__module__.startswith("mto."):
            yield model
        yield from models(model)


def test_every_declared_model_is_frozen_and_refuses_unknown_fields() -> None:
    package = importlib.import_module("mto.spec")
    for found in pkgutil.walk_packages(package.__path__, "mto.spec."):
        importlib.import_module(found.name)
    lax = {
        f"{model.__module__}.{model.__qualname__}"
        for model in models()
        if model.__module__.startswith("mto.spec.")
        if (model.model_config.get("extra"), model.model_config.get("frozen")) != ("forbid", True)
    }
    assert lax == set()


# ---- words ---------------------------------------------------------------------------------------


def docstrings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | Function):
            yield ast.get_docstring(node) or ""


def defined(module: ast.Module) -> set[str]:
    """Names a module binds at its top level, imported ones included."""
    names: set[str] = set()
    for node in module.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.Import() | ast.ImportFrom():
                names |= {alias.asname or alias.name for alias in node.names}
            case _:
                names |= names_used(node)
    return names


def exists(dotted: str) -> bool:
    """``mto.errors`` is a module, and ``mto.errors.MtoError`` a name within it."""
    parts = dotted.split(".")
    known = modules()
    for end in range(len(parts), 0, -1):
        if (module := known.get(".".join(parts[:end]))) is not None:
            rest = parts[end : end + 1]
            return not rest or (end > 1 and rest[0] in defined(module))
    return False


DOTTED = re.compile(r"(?<![\w./-])mto(?:\.[A-Za-z_]\w*)+")
FILE_OR_DOMAIN = re.compile(r"mto\.(stakater\b|(ya?ml|json|toml|md|py|log|sh)$)")


def dead_names(text: str) -> list[str]:
    found = DOTTED.findall(text)
    return [name for name in found if not FILE_OR_DOMAIN.match(name) and not exists(name)]


@pytest.mark.parametrize(
    ("text", "dead"),
    [
        pytest.param("`mto.errors`, mto.errors.MtoError.", [], id="a module, a name in it"),
        pytest.param("the label mto.stakater.com/managed, mto.yaml", [], id="no modules"),
        pytest.param("mto.nothing", ["mto.nothing"], id="no such module"),
        pytest.param("mto.errors.Nothing", ["mto.errors.Nothing"], id="no such name"),
    ],
)
def test_a_dead_name_is_found(text: str, dead: list[str]) -> None:
    assert dead_names(text) == dead


def test_every_module_named_in_a_docstring_exists() -> None:
    dead = {
        f"{shown(path)}: {name}"
        for path in files("*.py")
        for text in docstrings(tree(path))
        for name in dead_names(text)
    }
    assert dead == set()


def test_every_module_named_in_the_docs_exists() -> None:
    dead = {
        f"{shown(path)}: {name}" for path in files("*.md") for name in dead_names(path.read_text())
    }
    assert dead == set()


LINK = re.compile(r"\]\((?!\w+:|#)([^)\s#]+)")
OUR_PATH = re.compile(r"`((?:mto|tests|docs|tools|bench|\.ci)/[\w./-]+)`")


def test_every_relative_link_and_path_in_the_docs_exists() -> None:
    dead = []
    for path in files("*.md"):
        text = path.read_text()
        targets = [path.parent / link for link in LINK.findall(text)]
        targets += [ROOT / ours for ours in OUR_PATH.findall(text)]
        dead += [f"{shown(path)}: {target}" for target in targets if not target.exists()]
    assert dead == []


def test_the_index_lists_every_decision_record() -> None:
    records = {path.name for path in (ROOT / "docs" / "adr").glob("[0-9]*.md")}
    assert set(LINK.findall((ROOT / "docs" / "adr" / "README.md").read_text())) == records


FORBIDDEN = {
    "a path of somebody's machine": re.compile(r"(?<![\w.>}])/(work|root|home|Users)/\w"),
    "an index or proxy of packages": re.compile(r"pypi\.org|pythonhosted|index-url=|goproxy\."),
}


def test_no_file_names_a_machine_or_where_packages_came_from() -> None:
    found = [
        f"{shown(path)}:{number}: {what}"
        for path in files("*")
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        for what, word in FORBIDDEN.items()
        if word.search(line)
    ]
    assert found == []


def test_the_lock_is_made_from_the_dependencies_that_the_package_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = (ROOT / "requirements.in").read_text().splitlines()
    assert [line for line in lines if line and line[0] != "#"] == project["dependencies"]
