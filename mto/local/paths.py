"""Where the local control plane keeps its files: all in one cache folder."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from mto.local.errors import BadName

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?")


def cache_dir() -> Path:
    """``MTO_CACHE_DIR``, else the platform's own place for caches."""
    if chosen := os.environ.get("MTO_CACHE_DIR"):
        return Path(chosen).expanduser().absolute()
    return user_cache_path("mto")


@dataclass(frozen=True)
class Home:
    """The folder of one local control plane. What a restart must keep lies outside ``work``."""

    name: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise BadName(
                "cluster name",
                self.name,
                "1 to 40 lower-case letters, digits and '-', a letter or digit at both ends",
            )

    @property
    def root(self) -> Path:
        return cache_dir() / "local" / self.name

    @property
    def lock(self) -> Path:
        return self.root.parent / f"{self.name}.lock"

    @property
    def record(self) -> Path:
        return self.root / "record.json"

    @property
    def kubeconfig(self) -> Path:
        return self.root / "kubeconfig"

    @property
    def etcd(self) -> Path:
        return self.root / "etcd"

    @property
    def pki(self) -> Path:
        """A copy of the cluster's authority, so that certificates survive a restart."""
        return self.root / "pki"

    @property
    def kwokctl_config(self) -> Path:
        return self.root / "kwokctl.yaml"

    @property
    def service(self) -> Path:
        """Record of the service in the background; it holds a lock on it while it runs."""
        return self.root / "service.json"

    @property
    def service_log(self) -> Path:
        return self.root / "service.log"

    @property
    def service_starting(self) -> Path:
        """Lock of who starts it: two at once must not start two."""
        return self.root / "service.lock"

    @property
    def audit_log(self) -> Path:
        return self.root / "audit.log"

    @property
    def kwok(self) -> Path:
        """``KWOK_WORKDIR``; made anew at every start."""
        return self.root / "kwok"

    @property
    def work(self) -> Path:
        """Where kwokctl puts this cluster: its ``bin``, ``logs``, ``pids`` and ``pki``."""
        return self.kwok / "clusters" / self.name
