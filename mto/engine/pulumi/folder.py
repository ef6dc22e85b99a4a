"""Where one worker's CLI runs: a project, a home and, for dry runs, a state of its own.

What the CLI writes beside its state (the selected stack, credentials, logs) would collide between
workers; only the folder of plug-ins is shared. The environment's settings are copied, since the CLI
writes a salt into a file that has none. A dry run works on a copy of the stack's record: nothing of
the real state is touched, and it needs no lock.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from mto.engine.pulumi.installation import named_plugins
from mto.plan.resource import PROJECT, Plan
from mto.state.checkpoint import Checkpoint
from mto.state.errors import PASSPHRASE, PASSPHRASE_FILE, PassphraseMissing
from mto.state.filebackend import FileBackend
from mto.state.secret import holds_none, new_provider, passphrase

NO_PASSPHRASE = ""
"""For stacks that hold no secret: the CLI insists on a passphrase, and nothing is sealed by it."""


@dataclass(frozen=True)
class Setting:
    """The environment as the CLI must know it; ``config`` is its settings file, as it was read."""

    root: Path
    config: Mapping[str, Any]
    environ: Mapping[str, str]
    backend_url: str


class Folder:
    """A worker's own; made empty, removed by ``close``."""

    def __init__(self, setting: Setting, plugins: Path) -> None:
        self._setting = setting
        self._root = Path(tempfile.mkdtemp(prefix="mto-pulumi-"))
        self.project = self._root / "project"
        self._home = self._root / "home"
        self._state = self._root / "state"
        for one in (self.project, self._home):
            one.mkdir()
        if plugins.is_dir():
            (self._home / "plugins").symlink_to(plugins)
        (self.project / "Pulumi.yaml").write_text(yaml.safe_dump(_project(setting.root)))

    def close(self) -> None:
        shutil.rmtree(self._root, ignore_errors=True)

    def settings(self, checkpoint: Checkpoint) -> Path:
        """The settings file for one stack, with the salt that its secrets are sealed under."""
        config = dict(self._setting.config)
        provider = checkpoint.secrets_provider or {}
        if provider.get("type") == "passphrase":
            config["encryptionsalt"] = provider["state"]["salt"]
        path = self.project / f"Pulumi.{checkpoint.stack}.yaml"
        path.write_text(yaml.safe_dump(config))
        return path

    def environ(self, *, dry_run: bool) -> dict[str, str]:
        """What the CLI finds in its environment."""
        given = self._setting.environ
        ours = {
            "PULUMI_AUTOMATION_API": "true",
            "PULUMI_DEBUG_COMMANDS": "true",  # else it knows no --event-log
            "PULUMI_BACKEND_URL": self.copy_url if dry_run else self._setting.backend_url,
            "PULUMI_HOME": str(self._home),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        defaults = {
            # A program that is fetched in the middle of an update is nobody's wish.
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            # The provider's own default, 50 requests a second, is a tenth of what a server takes.
            "PULUMI_K8S_CLIENT_QPS": "300",
            "PULUMI_K8S_CLIENT_BURST": "600",
        }
        if not given.get(PASSPHRASE_FILE):
            defaults[PASSPHRASE] = NO_PASSPHRASE
        return {**defaults, **given, **ours}

    @property
    def copy_url(self) -> str:
        return f"file://{self._state}"

    def copy(self, checkpoint: Checkpoint) -> None:
        """Lay the record out for a dry run."""
        shutil.rmtree(self._state, ignore_errors=True)
        self._state.mkdir()
        FileBackend(self.copy_url, durable=False).save(checkpoint)


def sealed(checkpoint: Checkpoint, plan: Plan, setting: Setting, *, extra: bool) -> Checkpoint:
    """The record with a secrets provider, which the CLI needs for every stack.

    Where nobody named a passphrase, only a stack without secrets gets one, an empty one: ``extra``
    says that the project's own resources, which may hold some, belong to it.
    Raises PassphraseMissing.
    """
    if checkpoint.secrets_provider:
        return checkpoint
    if salt := setting.config.get("encryptionsalt"):
        provider = {"type": "passphrase", "state": {"salt": salt}}
        return replace(checkpoint, secrets_provider=provider)
    try:
        text = passphrase(setting.environ)
    except PassphraseMissing:
        if extra or not all(holds_none(one.inputs) for one in plan):
            raise
        text = NO_PASSPHRASE
    return replace(checkpoint, secrets_provider=_provider(text))


_providers: dict[str, dict[str, Any]] = {}


def _provider(text: str) -> dict[str, Any]:
    """One salt a process and passphrase: a key costs a quarter of a second."""
    if text not in _providers:
        _providers[text] = new_provider(text)
    return _providers[text]


def _project(root: Path) -> dict[str, Any]:
    """The least that is a project; paths of plug-ins are those of the real one."""
    project: dict[str, Any] = {"name": PROJECT, "runtime": "python"}
    providers = [
        {**one, "path": str(root / one["path"])} for one in named_plugins(root) if one.get("path")
    ]
    return {**project, "plugins": {"providers": providers}} if providers else project
