"""kwokctl as a child process: its surroundings, its end, and what it and its programs said."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from mto.local.paths import Home

_LINES = 3


@dataclass
class Kwokctl:
    """Started through a link in the cluster's folder, so that it is found with the rest."""

    home: Home
    program: Path
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def begin(self, *arguments: str) -> None:
        link = self.home.root / "kwokctl"
        link.unlink(missing_ok=True)
        link.symlink_to(self.program)
        common = ("--name", self.home.name, "--config", str(self.home.kwokctl_config))
        with self._output.open("wb") as output:
            self._child = subprocess.Popen(
                [link, *arguments, *common],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    @property
    def ended(self) -> bool:
        return self._child is not None and self._child.poll() is not None

    @property
    def failed(self) -> bool:
        return self._child is not None and self._child.poll() not in {None, 0}

    def explanation(self, components: Iterable[str]) -> str:
        """The errors of kwokctl, and the last words of ``components``."""
        said = [*self._errors(), *self._last_words(components)]
        return "\n".join(said) or f"nothing in {self._output} says why"

    @property
    def _output(self) -> Path:
        return self.home.root / "kwokctl.log"

    def _environment(self) -> dict[str, str]:
        """Without the user's settings of kwok and kubectl: theirs are neither read nor written."""
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith("KWOK_") and key != "KUBECONFIG"
        }
        cache = str(self.home.root / "kubectl-cache")
        return kept | {"KWOK_WORKDIR": str(self.home.kwok), "KUBECACHEDIR": cache}

    def _errors(self) -> Iterator[str]:
        for line in self._output.read_text(errors="replace").splitlines():
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                yield f"kwokctl: {line}"
                continue
            if entry.get("level") == "ERROR":
                yield f"kwokctl: {entry.get('msg')}: {entry.get('err')}"

    def _last_words(self, components: Iterable[str]) -> Iterator[str]:
        for component in components:
            path = self.home.work / "logs" / f"{component}.log"
            if path.exists():
                lines = path.read_text(errors="replace").splitlines()[-_LINES:]
                yield from (f"{component}: {line}" for line in lines)
