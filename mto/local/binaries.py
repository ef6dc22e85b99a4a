"""Where each program of the local control plane is: chosen folder, PATH, cache, or built.

A program on the PATH counts only when its version fits; what is passed over is said. The cache's
key is made from the module files that a program is built from, so an upgrade builds anew.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mto.local.build import build
from mto.local.errors import BadBinDir, NoTools
from mto.local.lock import exclusive
from mto.local.paths import cache_dir
from mto.local.progress import Progress

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Module:
    """A Go module under ``tools/``; ``stamps`` are the variables its linker sets to the version.

    Without them the API server reports a version that clients refuse to parse.
    """

    name: str
    versioned: str
    packages: Mapping[str, str]
    fits: str
    wanted: str
    stamps: tuple[str, ...] = ()

    def folder(self, tools: Path) -> Path:
        return tools / self.name

    def version(self, tools: Path) -> str:
        """The version that go.mod pins: ``v1.36.3``."""
        text = (self.folder(tools) / "go.mod").read_text()
        found = re.search(
            rf"^\s*(?:require )?{re.escape(self.versioned)} (v\S+)", text, re.MULTILINE
        )
        return found[1] if found else ""

    def flags(self, tools: Path) -> str:
        version = self.version(tools)
        major, minor = [*version.removeprefix("v").split("."), "", ""][:2]
        values = {"gitMajor": major, "gitMinor": minor}
        stamps = (f"-X {one}={values.get(one.rpartition('.')[2], version)}" for one in self.stamps)
        return " ".join(("-s -w", *stamps))

    def key(self, tools: Path) -> str:
        """``kubernetes-1f0c2a9be1d4-linux-amd64``."""
        digest = hashlib.sha256(self.flags(tools).encode())
        for name in ("go.mod", "go.sum"):
            digest.update((self.folder(tools) / name).read_bytes())
        machine = platform.machine().lower()
        where = f"{platform.system().lower()}-{_MACHINES.get(machine, machine)}"
        return f"{self.name}-{digest.hexdigest()[:12]}-{where}"


MODULES = (
    Module(
        name="etcd",
        versioned="go.etcd.io/etcd/server/v3",
        packages={"etcd": "go.etcd.io/etcd/server/v3"},
        fits=r"3\.([5-9]|\d\d)\.",
        wanted="3.5 or newer",
    ),
    Module(
        name="kwok",
        versioned="sigs.k8s.io/kwok",
        packages={name: f"sigs.k8s.io/kwok/cmd/{name}" for name in ("kwok", "kwokctl")},
        fits=r"0\.([7-9]|\d\d)\.",
        wanted="0.7 or newer",
        stamps=("sigs.k8s.io/kwok/pkg/consts.Version",),
    ),
    Module(
        name="kubernetes",
        versioned="k8s.io/kubernetes",
        packages={
            name: f"k8s.io/kubernetes/cmd/{name}"
            for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
        },
        fits=r"1\.36\.",
        wanted="1.36.x",
        stamps=(
            "k8s.io/component-base/version.gitVersion",
            "k8s.io/component-base/version.gitMajor",
            "k8s.io/component-base/version.gitMinor",
            "k8s.io/client-go/pkg/version.gitVersion",
        ),
    ),
)
PROGRAMS = tuple(program for module in MODULES for program in module.packages)


def locate(
    programs: Iterable[str] = PROGRAMS, *, progress: Progress | None = None
) -> dict[str, Path]:
    """The path of each program, built where there is no other way.

    Raises: ProgramMissing and its kin, BuildFailed.
    """
    progress = progress or Progress()
    wanted = set(programs)
    found: dict[str, Path] = {}
    missing: list[tuple[Module, list[str]]] = []
    for module in MODULES:
        here = [program for program in module.packages if program in wanted]
        installed = _installed(module, here, progress)
        found |= installed
        if lacking := [program for program in here if program not in installed]:
            missing.append((module, lacking))
    return found | _from_cache(missing, progress)


def tools_dir() -> Path | None:
    """``tools/`` beside the package, in a checkout."""
    folder = Path(__file__).parents[2] / "tools"
    return folder if all((folder / one.name / "go.mod").is_file() for one in MODULES) else None


def _installed(module: Module, programs: list[str], progress: Progress) -> dict[str, Path]:
    """From MTO_BIN_DIR, which is trusted, or from the PATH, which is not."""
    found: dict[str, Path] = {}
    chosen = os.environ.get("MTO_BIN_DIR")
    if chosen and not Path(chosen).is_dir():
        raise BadBinDir(chosen)
    for program in programs:
        if chosen and (path := shutil.which(program, path=chosen)):
            found[program] = Path(path).absolute()
        elif path := shutil.which(program):
            version = _version(path)
            if re.match(module.fits, version):
                found[program] = Path(path).absolute()
            else:
                progress.say(
                    f"{path} is {version or 'of unknown version'}; "
                    f"{module.wanted} is needed, so it is not used"
                )
    return found


def _version(path: str) -> str:
    """``1.36.3``, or nothing when the program does not say."""
    arguments = ["version", "--client"] if Path(path).name == "kubectl" else ["--version"]
    try:
        answer = subprocess.run(
            [path, *arguments], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"\d+\.\d+\.\d+[-+.\w]*", answer.stdout)
    return found[0] if found else ""


def _from_cache(missing: list[tuple[Module, list[str]]], progress: Progress) -> dict[str, Path]:
    if not missing:
        return {}
    tools = tools_dir()
    if tools is None:
        raise NoTools(", ".join(program for _, programs in missing for program in programs))
    cached = {
        program: cache_dir() / "bin" / module.key(tools) / program
        for module, programs in missing
        for program in programs
    }
    absent = {program for program, path in cached.items() if not path.is_file()}
    done = 0
    for module, programs in missing:
        lacking = [program for program in programs if program in absent]
        if lacking:
            _build(module, lacking, tools=tools, progress=progress, counted=(done, len(absent)))
            done += len(lacking)
    return cached


def _build(
    module: Module,
    programs: list[str],
    *,
    tools: Path,
    progress: Progress,
    counted: tuple[int, int],
) -> None:
    """Two who need the same program don't both build it: the second finds it made."""
    folder = cache_dir() / "bin" / module.key(tools)
    lock = folder.with_name(f"{folder.name}.lock")
    with exclusive(lock, waiting=lambda: progress.say("another process builds them; waiting")):
        lacking = {one: module.packages[one] for one in programs if not (folder / one).is_file()}
        if lacking:
            build(
                lacking,
                source=module.folder(tools),
                target=folder,
                flags=module.flags(tools),
                report=(progress, counted),
            )
