"""The real Pulumi CLI, where one is on the PATH: no plug-in, no network, a home of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.kubectl import Answer

needs_pulumi = pytest.mark.skipif(
    shutil.which("pulumi") is None,
    reason="no pulumi on the PATH: what is said about the real CLI is not shown here",
)

HOLD = """
import sys
from pulumi import automation

def program():
    print("held", flush=True)
    sys.stdin.read()

stack = automation.create_or_select_stack(sys.argv[1], "mto", program)
stack.up()
"""
"""A program of the SDK, whose CLI holds the stack's lock until its input ends."""


@dataclass(frozen=True)
class Cli:
    """``pulumi`` in a project folder of the name ``mto``, on a backend of the test's choice."""

    folder: Path
    backend: str
    more: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def made(cls, folder: Path, backend: str) -> Cli:
        folder.mkdir(parents=True)
        (folder / "Pulumi.yaml").write_text("name: mto\nruntime: python\n")
        return cls(folder, backend)

    @property
    def environ(self) -> dict[str, str]:
        """With a session of its own: else the CLI waits for whoever holds its input open."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
        return kept | {
            "PULUMI_BACKEND_URL": self.backend,
            "PULUMI_CONFIG_PASSPHRASE": "correct horse",
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            **self.more,
        }

    def __call__(self, *arguments: str, stdin: str = "") -> Answer:
        done = subprocess.run(
            ["pulumi", "--non-interactive", *arguments],
            cwd=self.folder,
            env=self.environ,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def holding(self, stack: str) -> Iterator[subprocess.Popen[str]]:
        """A real update of that stack is under way, and waits."""
        child = subprocess.Popen(
            [sys.executable, "-c", HOLD, stack],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        with child:
            assert child.stdout is not None
            try:
                assert child.stdout.readline() == "held\n"
                yield child
            finally:
                if child.stdin is not None and not child.stdin.closed:
                    child.stdin.close()
                child.wait(timeout=60)
