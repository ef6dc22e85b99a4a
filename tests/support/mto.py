"""The real ``mto`` in a project of the test's own: its manifests, its state, real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from tests.support.kubectl import Answer

Manifest = dict[str, Any]
GROUP = "tenantoperator.stakater.com"
ENVIRONMENT = "dev"


def unique(word: str) -> str:
    """A name that no other test uses: tenants of one cluster must not meet."""
    return f"{word}-{uuid4().hex[:6]}"


def quota(name: str, **hard: Any) -> Manifest:
    return {
        "apiVersion": f"{GROUP}/v1beta1",
        "kind": "Quota",
        "metadata": {"name": name},
        "spec": {"resourcequota": {"hard": hard or {"pods": 10}}},
    }


def tenant(name: str, *namespaces: str, quota: str, **spec: Any) -> Manifest:
    """``namespaces`` are those with the tenant's prefix; ``spec`` by camelCase names."""
    spaces = {"withTenantPrefix": list(namespaces), **spec.pop("namespaces", {})}
    return {
        "apiVersion": f"{GROUP}/v1beta3",
        "kind": "Tenant",
        "metadata": {"name": name, **spec.pop("metadata", {})},
        "spec": {"quota": quota, "namespaces": spaces, **spec},
    }


def members(**roles: Iterable[str]) -> Manifest:
    """``members(owners=["ann"])`` as ``accessControl``."""
    return {role: {"users": list(users)} for role, users in roles.items()}


@dataclass
class Project:
    """``project("up")`` runs ``mto up`` in the project's folder; the environment is ``dev``."""

    root: Path
    kubeconfig: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.root / "stacks").mkdir(parents=True, exist_ok=True)
        (self.root / "tenants").mkdir(exist_ok=True)
        self.configure(**self.settings)

    def configure(self, **settings: Any) -> None:
        """Write the environment's file; the cluster is the test's unless ``settings`` say so."""
        chosen = {"mto:kubeconfig": str(self.kubeconfig)}
        chosen |= {f"mto:{key}": value for key, value in settings.items()}
        path = self.root / "stacks" / f"Pulumi.{ENVIRONMENT}.yaml"
        path.write_text(yaml.safe_dump({"config": chosen}))

    def declare(self, *manifests: Manifest, file: str = "all.yaml") -> Path:
        """Write (again) one file of manifests."""
        path = self.root / "tenants" / file
        path.write_text(yaml.safe_dump_all(manifests, sort_keys=False))
        return path

    def __call__(
        self, *arguments: str, stdin: str = "", timeout: float = 120, **environ: str
    ) -> Answer:
        done = subprocess.run(
            [*PROGRAM, *arguments],
            cwd=self.root,
            env=self._environ(environ),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def data(self, *arguments: str, code: int = 0) -> Any:
        """What the command prints with ``-o json``, and that it ends with ``code``."""
        answer = self(*arguments, "-o", "json")
        assert answer.code == code, (answer.code, answer.stdout[-2000:], answer.stderr[-2000:])
        return answer.json

    def begin(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        """A run that goes on while the test does something else."""
        return subprocess.Popen(
            [*PROGRAM, *arguments],
            cwd=self.root,
            env=self._environ(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _environ(self, more: Mapping[str, str]) -> dict[str, str]:
        ours = ("MTO_", "PULUMI_")
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
        kept = {key: os.environ[key] for key in ("MTO_CACHE_DIR",) if key in os.environ}
        return inherited | kept | {"MTO_ENVIRONMENT": ENVIRONMENT} | {**self.environ, **more}

    @property
    def stacks(self) -> Path:
        return self.root / ".state" / ".pulumi" / "stacks" / "mto"

    def files(self) -> dict[str, bytes]:
        """Every file of the state with its content."""
        folder = self.root / ".state"
        return {str(one): one.read_bytes() for one in folder.rglob("*") if one.is_file()}

    def states(self) -> dict[str, Any]:
        """The deployments by the stack's name."""
        found = {one.stem: json.loads(one.read_bytes()) for one in self.stacks.glob("*.json")}
        return {name: one["checkpoint"]["latest"] for name, one in found.items()}


PROGRAM = (sys.executable, "-m", "mto.cli.main")


def steps(report: Any) -> dict[str, str]:
    """``{"Namespace/blue-dev": "create"}`` of a preview or an update, all stacks together."""
    return {step["object"]: step["op"] for one in report["stacks"] for step in one["steps"]}


def part(report: Any, name: str) -> Any:
    """One stack's part of a report."""
    (found,) = (one for one in report["stacks"] if one["name"] == name)
    return found


def until(true: Callable[[], bool], *, seconds: float = 90, pause: float = 0.05) -> None:
    """Wait for what a controller does on its own."""
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, f"not so after {seconds} s"
        time.sleep(pause)
