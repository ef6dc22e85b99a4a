"""Resources that a project adds to MTO's stacks: its own functions, called with our components.

The setting ``mto:resources`` names a file or a module with ``tenant(component, tenant, cluster)``
and ``platform(component, tenants, cluster)``, either of which may be missing. They run inside the
Pulumi program, after MTO's own resources, and register whatever any provider of Pulumi has.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from mto.components.errors import ExtraFailed
from mto.plan.resource import Plan

if TYPE_CHECKING:  # the SDK takes a third of a second to load, which most commands can do without
    import pulumi

    from mto.components.register import Made

TENANT = "tenant"
PLATFORM = "platform"


@dataclass(frozen=True)
class Extra:
    """One call: ``where`` is a file (``….py``) below ``root`` or a module's name.

    ``subject`` is the tenant as declared, or for the platform all of them by name.
    """

    root: Path
    where: str
    function: str
    subject: Any

    @property
    def shown(self) -> str:
        """``resources.py: tenant()``."""
        return f"{self.where}: {self.function}()"


def add(extra: Extra, plan: Plan, made: Made) -> None:
    """Let the project's function register what it wants; raises ExtraFailed."""
    function = _function(extra)
    if function is None:
        return
    component = next(made[one.key] for one in plan if one.component)
    cluster = cast("pulumi.ProviderResource", made[plan.provider.key])
    try:
        function(component, extra.subject, cluster)
    except Exception as error:
        raise ExtraFailed(f"{extra.shown}: {_told(error, extra)}") from error


def _function(extra: Extra) -> Callable[..., object] | None:
    module = _loaded(extra)
    found: Mapping[str, Any] = vars(module)
    if TENANT not in found and PLATFORM not in found:
        raise ExtraFailed(
            f"{extra.where} defines neither {TENANT}(component, tenant, cluster) nor "
            f"{PLATFORM}(component, tenants, cluster), which mto:resources is for"
        )
    function = found.get(extra.function)
    if function is not None and not callable(function):
        raise ExtraFailed(f"{extra.where}: {extra.function} is no function")
    return function


def _loaded(extra: Extra) -> ModuleType:
    """A file is read anew each time; what it imports from the project is found."""
    if str(extra.root) not in sys.path:
        sys.path.insert(0, str(extra.root))
    try:
        if not extra.where.endswith(".py"):
            return importlib.import_module(extra.where)
        path = extra.root / extra.where
        spec = importlib.util.spec_from_file_location(f"mto_extra_{path.stem}", path)
        assert spec is not None  # noqa: S101 - a file that ends with .py has one
        assert spec.loader is not None  # noqa: S101
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except Exception as error:
        raise ExtraFailed(f"{extra.where} can't be loaded: {_told(error, extra)}") from error
    return module


def _told(error: Exception, extra: Extra) -> str:
    """The error with the last line of the project's own file that it came through."""
    name = Path(extra.where).name
    trace = traceback.extract_tb(error.__traceback__)
    frames = [one for one in trace if Path(one.filename).name == name]
    line = f" (line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{line}"
