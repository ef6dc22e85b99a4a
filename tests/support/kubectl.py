"""The real kubectl, as one user."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Answer:
    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


@dataclass(frozen=True)
class Kubectl:
    """``kubectl("get", "pods")``; ``stdin`` is what ``-f -`` reads."""

    program: Path
    kubeconfig: Path
    cache: Path

    def __call__(self, *arguments: str, stdin: str | None = None) -> Answer:
        done = subprocess.run(
            [self.program, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env=os.environ | {"KUBECONFIG": str(self.kubeconfig), "KUBECACHEDIR": str(self.cache)},
        )
        return Answer(done.returncode, done.stdout, done.stderr)


UserKubeconfig = Callable[[str, Sequence[str]], Path]
KubectlAs = Callable[..., Kubectl]
"""``kubectl()`` is the administrator's, ``kubectl("ann", ["blue-owners"])`` that of a real user."""
