"""An environment: one cluster, one set of tenants, one place for the state.

Its settings stand in ``stacks/Pulumi.<environment>.yaml`` under ``config:``, where the Pulumi CLI
reads them too. The cluster is named by kubeconfig and context, never by keys within.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from mto.local.paths import Home
from mto.plan.build import Settings
from mto.service.errors import DottedEnvironment, SettingsError, UnknownEnvironment, near

if TYPE_CHECKING:
    from mto.spec.service import Deployed

LOCAL = "local"
PREFIX = "mto:"
BACKEND = "PULUMI_BACKEND_URL"
"""Environment variable of Pulumi: where the state is."""
KEYS = {
    "tenants": "folder of the manifests, relative to the project (default: tenants)",
    "kubeconfig": "path of the kubeconfig, relative to the project",
    "context": "context within it (default: its current context)",
    "inCluster": "true: the service account of the pod that MTO runs in",
    "localCluster": "name of a cluster made by `mto local up` (default in 'local': mto)",
    "resources": "file (….py) or module whose functions add resources of any provider",
    "service": "mapping: the service itself, deployed by the platform's stack; see "
    "docs/howto/serve.md#in-the-cluster",
    "members": "file, relative to the project, or https address that says who is in a group: "
    "groups: {<group>: [<user>, …]}; wins over the IntegrationConfig's",
    "prune": "true: `mto up` destroys tenants that are no longer declared, a fifth at most",
}


@dataclass(frozen=True)
class Environment:
    """``kubeconfig`` is None inside a cluster. ``salt`` opens secrets of the state.

    ``resources`` names the project's own functions, ``members`` the source of groups' members;
    ``document`` is the settings file as it is.
    """

    name: str
    root: Path
    tenants: Path
    backend_url: str
    kubeconfig: Path | None = None
    context: str | None = None
    salt: str | None = None
    prune: bool = False
    resources: str | None = None
    members: str | None = None
    document: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    service: Deployed | None = None

    def settings(self, delete_namespaces: frozenset[str] = frozenset()) -> Settings:
        """What plans must know of it."""
        return Settings(
            self.name,
            str(self.kubeconfig) if self.kubeconfig else None,
            self.context,
            delete_namespaces,
            self.service,
        )


@dataclass(frozen=True)
class Overrides:
    """What the command line says instead of the file."""

    kubeconfig: Path | None = None
    context: str | None = None
    tenants: Path | None = None


def find_root(start: Path) -> Path:
    """The nearest folder upwards with a ``Pulumi.yaml``, else ``start`` itself."""
    return next((one for one in (start, *start.parents) if (one / "Pulumi.yaml").is_file()), start)


def load(
    name: str, *, root: Path, environ: Mapping[str, str], overrides: Overrides | None = None
) -> Environment:
    """Raises UnknownEnvironment and SettingsError."""
    over = overrides or Overrides()
    if "." in name:
        raise DottedEnvironment(name)
    path = root / "stacks" / f"Pulumi.{name}.yaml"
    if not path.is_file():
        found = (root / "stacks").glob("Pulumi.*.yaml")
        known = [one.name.removeprefix("Pulumi.").removesuffix(".yaml") for one in found]
        raise UnknownEnvironment(name, known)
    source = str(path.relative_to(root))
    document = _document(path, source)
    config = _Config(_config(document.get("config") or {}, source), source, root)
    local = environ.get("MTO_LOCAL_NAME", "mto") if name == LOCAL else None
    kubeconfig = over.kubeconfig.expanduser().absolute() if over.kubeconfig else None
    return Environment(
        name,
        root,
        over.tenants or _shown(config.path("tenants") or root / "tenants"),
        environ.get(BACKEND) or f"file://{root / '.state'}",
        kubeconfig=kubeconfig or config.kubeconfig(local),
        context=over.context or config.text("context"),
        salt=document.get("encryptionsalt"),
        resources=config.program("resources"),
        members=config.text("members"),
        document=document,
        service=config.service(document),
        prune=config.flag("prune") and over.tenants is None,  # other manifests, other tenants
    )


def _shown(path: Path) -> Path:
    """As a person in the current folder would write it, since messages begin with it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _document(path: Path, source: str) -> Mapping[str, Any]:
    try:
        document = yaml.safe_load(path.read_text()) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(source, f"can't be read: {error}") from error
    if not isinstance(document, dict):
        raise SettingsError(source, "must hold a mapping with the key 'config'")
    return document


def _config(values: Any, source: str) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise SettingsError(source, "config must be a mapping")
    ours = {
        key.removeprefix(PREFIX): value for key, value in values.items() if key.startswith(PREFIX)
    }
    for key in ours:
        if key not in KEYS:
            allowed = ", ".join(f"{PREFIX}{one}" for one in KEYS)
            raise SettingsError(
                source,
                f"config.{PREFIX}{key}: unknown setting{near(key, KEYS)}; allowed: {allowed}",
            )
    return ours


@dataclass(frozen=True)
class _Config:
    values: Mapping[str, Any]
    source: str
    root: Path

    def text(self, key: str) -> str | None:
        value = self.values.get(key)
        if value is None or isinstance(value, str):
            return value
        raise SettingsError(self.source, f"config.{PREFIX}{key}: {value!r} is no text")

    def flag(self, key: str) -> bool:
        value = self.values.get(key, False)
        if isinstance(value, bool) or value in ("true", "false"):
            return value in (True, "true")
        raise SettingsError(
            self.source, f"config.{PREFIX}{key}: {value!r} is neither true nor false"
        )

    def service(self, document: Mapping[str, Any]) -> Deployed | None:
        """What the platform is to run, with the settings that it gets there."""
        given = self.values.get("service")
        if given is None:
            return None
        from mto.service.deployed import deployed  # noqa: PLC0415 - completion does without

        return deployed(given, document, source=self.source)

    def program(self, key: str) -> str | None:
        """A file of the project that is there, or the name of a module."""
        text = self.text(key)
        if text and text.endswith(".py") and not (self.root / text).is_file():
            raise SettingsError(self.source, f"config.{PREFIX}{key}: there is no file {text!r}")
        return text

    def path(self, key: str) -> Path | None:
        text = self.text(key)
        return (self.root / Path(text).expanduser()).absolute() if text else None

    def kubeconfig(self, local: str | None) -> Path | None:
        """None inside a cluster; ``local`` is the control plane to take where none is named."""
        if self.flag("inCluster"):
            return None
        cluster = self.text("localCluster") or local
        if path := self.path("kubeconfig"):
            return path
        if cluster:
            return Home(cluster).kubeconfig
        raise SettingsError(
            self.source,
            f"no cluster: set {PREFIX}kubeconfig (and {PREFIX}context), {PREFIX}inCluster or "
            f"{PREFIX}localCluster, or give --kubeconfig",
        )
