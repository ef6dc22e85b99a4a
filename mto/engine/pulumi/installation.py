"""Is Pulumi there, and fit? The CLI on the PATH, and the Kubernetes plug-in where it looks for it.

Looked for once an engine; the order is that of Pulumi's ``workspace/plugins.go``: a path in
``Pulumi.yaml``, the PATH (any version), the folder of plug-ins (the very version).
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mto.engine.direct.diff import PROVIDER_VERSION
from mto.engine.pulumi.errors import OLDEST, CliMissing, CliUnfit, PluginMissing

CLI = "pulumi"
PLUGIN = "pulumi-resource-kubernetes"
PATIENCE = 30.0
"""Seconds that `pulumi version` may take."""

_VERSION = re.compile(r"^v?(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True)
class Installation:
    """The one CLI that all updates use."""

    program: Path
    version: str


@dataclass(frozen=True)
class Places:
    """Where to look: the process's environment, and the project's root for its ``Pulumi.yaml``."""

    environ: Mapping[str, str]
    root: Path

    @property
    def path(self) -> str:
        return self.environ.get("PATH", "")

    @property
    def home(self) -> Path:
        """``PULUMI_HOME``, else ``~/.pulumi``."""
        chosen = self.environ.get("PULUMI_HOME")
        home = Path(self.environ.get("HOME") or Path.home())
        return Path(chosen).expanduser().absolute() if chosen else home / ".pulumi"

    def cli(self) -> Path:
        """Raises CliMissing."""
        if found := shutil.which(CLI, path=self.path):
            return Path(found).absolute()
        raise CliMissing(self.path)

    def plugin(self, cli: Path) -> Path:
        """The Kubernetes plug-in's program or folder; raises PluginMissing."""
        searched: list[str] = []
        for place, found in self._plugins(cli):
            if found is not None:
                return found
            searched.append(place)
        raise PluginMissing("kubernetes", PROVIDER_VERSION, searched)

    def _plugins(self, cli: Path) -> Iterator[tuple[str, Path | None]]:
        for one in named_plugins(self.root):
            if one.get("name") == "kubernetes" and one.get("path"):
                path = self.root / one["path"]
                yield f"{path} (Pulumi.yaml)", path if path.exists() else None
        if not self.environ.get("PULUMI_IGNORE_AMBIENT_PLUGINS"):
            # The CLI's own folder counts as the first of the PATH.
            found = shutil.which(PLUGIN, path=os.pathsep.join((str(cli.parent), self.path)))
            yield f"{PLUGIN} on the PATH", Path(found) if found else None
        folder = self.home / "plugins" / f"resource-kubernetes-v{PROVIDER_VERSION}"
        yield str(folder), folder if folder.is_dir() else None


def named_plugins(root: Path) -> list[dict[str, Any]]:
    """Providers that the project's ``Pulumi.yaml`` names a path for."""
    try:
        project = yaml.safe_load((root / "Pulumi.yaml").read_text()) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError):  # the CLI is the one to complain
        return []
    plugins = project.get("plugins") if isinstance(project, dict) else None
    found = plugins.get("providers") if isinstance(plugins, dict) else None
    return [one for one in found or [] if isinstance(one, dict)]


async def installation(places: Places) -> Installation:
    """Raises CliMissing, CliUnfit, PluginMissing."""
    cli = places.cli()
    places.plugin(cli)
    return Installation(cli, await _version(cli, places))


async def _version(cli: Path, places: Places) -> str:
    environ = {**places.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        process = await asyncio.create_subprocess_exec(
            cli,
            "version",
            env=environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError as error:
        raise CliUnfit(str(cli), error.strerror or str(error)) from error
    try:
        printed, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise CliUnfit(str(cli), f"`pulumi version` did not end within {PATIENCE:g} s") from None
    text = printed.decode(errors="replace").strip()
    if (found := _VERSION.match(text)) is None:
        raise CliUnfit(str(cli), f"`pulumi version` printed {text[:80]!r}")
    if tuple(map(int, found.groups())) < OLDEST:
        raise CliUnfit(str(cli), f"it is Pulumi {text}")
    return text.removeprefix("v")
