from __future__ import annotations

import io
import shutil
import threading
from pathlib import Path

import pytest

from mto.local import binaries
from mto.local.binaries import MODULES, PROGRAMS, locate
from mto.local.errors import BadBinDir, NoTools
from mto.local.paths import cache_dir
from mto.local.progress import Progress
from tests.support import fake

ETCD, KWOK, KUBERNETES = MODULES


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on it but a shell, and an empty cache."""
    folder = tmp_path / "path"
    folder.mkdir()
    for tool in ("sh", "basename"):
        found = shutil.which(tool)
        assert found is not None
        (folder / tool).symlink_to(found)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("MTO_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("MTO_BIN_DIR", raising=False)
    return folder


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the modules' files that a test may change."""
    own = binaries.tools_dir()
    assert own is not None
    shutil.copytree(own, tmp_path / "tools")
    monkeypatch.setattr(binaries, "tools_dir", lambda: tmp_path / "tools")
    return tmp_path / "tools"


def quiet() -> Progress:
    return Progress(io.StringIO())


def test_the_chosen_folder_comes_first_and_is_trusted(
    machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.program(machine / "etcd", "echo etcd Version: 3.6.1")
    mine = fake.program(tmp_path / "mine" / "etcd", "echo etcd Version: 2.0.0")
    monkeypatch.setenv("MTO_BIN_DIR", str(tmp_path / "mine"))
    assert locate(["etcd"], progress=quiet()) == {"etcd": mine}


def test_what_the_chosen_folder_lacks_is_looked_for_elsewhere(
    machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = fake.program(machine / "etcd", "echo etcd Version: 3.6.1")
    monkeypatch.setenv("MTO_BIN_DIR", str(tmp_path))
    assert locate(["etcd"], progress=quiet()) == {"etcd": there}


def test_a_chosen_folder_that_is_none_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTO_BIN_DIR", "/no/such/folder")
    with pytest.raises(BadBinDir) as refusal:
        locate(["etcd"], progress=quiet())
    assert str(refusal.value) == (
        "MTO_BIN_DIR names /no/such/folder, which is not a folder; correct or unset it"
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("etcd", "etcd Version: 3.5.0", id="etcd 3.5"),
        pytest.param("etcd", "etcd Version: 3.10.2", id="etcd 3.10"),
        pytest.param("kwok", "kwok version v0.7.0 go1.26.8 (linux/amd64)", id="kwok 0.7"),
        pytest.param("kwokctl", "kwokctl version v0.12.0", id="kwokctl 0.12"),
        pytest.param("kube-apiserver", "Kubernetes v1.36.0", id="kube-apiserver 1.36"),
        pytest.param("kubectl", "Client Version: v1.36.9\nKustomize Version: v5.8.1", id="kubectl"),
    ],
)
def test_a_program_on_the_path_whose_version_fits_is_used(
    machine: Path, name: str, said: str
) -> None:
    there = fake.program(machine / name, f"echo '{said}'")
    assert locate([name], progress=quiet()) == {name: there}


@pytest.mark.parametrize(
    ("name", "said", "note"),
    [
        pytest.param("etcd", "etcd Version: 3.4.9", "3.4.9; 3.5 or newer", id="etcd 3.4"),
        pytest.param("kwok", "kwok version v0.6.1", "0.6.1; 0.7 or newer", id="kwok 0.6"),
        pytest.param("kubectl", "Client Version: v1.37.0", "1.37.0; 1.36.x", id="kubectl 1.37"),
        pytest.param("kubectl", "Client Version: v1.3.6", "1.3.6; 1.36.x", id="kubectl 1.3"),
        pytest.param("kube-scheduler", "", "of unknown version; 1.36.x", id="a silent one"),
        pytest.param("etcd", "exit 1", "of unknown version; 3.5 or newer", id="a broken one"),
    ],
)
def test_a_program_on_the_path_whose_version_does_not_fit_is_passed_over_and_named(
    machine: Path, *, tools: Path, name: str, said: str, note: str
) -> None:
    there = fake.program(machine / name, said if said.startswith("exit") else f"echo '{said}'")
    fake.go(machine)
    stream = io.StringIO()
    module = next(one for one in MODULES if name in one.packages)
    assert locate([name], progress=Progress(stream)) == {name: cached(module, tools) / name}
    assert stream.getvalue().startswith(f"{there} is {note} is needed, so it is not used\n")


def cached(module: binaries.Module, tools: Path) -> Path:
    return cache_dir() / "bin" / module.key(tools)


@pytest.mark.usefixtures("tools")
def test_what_is_in_the_cache_is_not_built_again(machine: Path) -> None:
    record = fake.go(machine)
    first = locate(progress=quiet())
    assert set(first) == set(PROGRAMS)
    assert all(path.read_text() == "built\n" for path in first.values())
    assert len(record.read_text().splitlines()) == len(MODULES)
    assert locate(progress=quiet()) == first
    assert len(record.read_text().splitlines()) == len(MODULES)


@pytest.mark.usefixtures("tools")
def test_only_what_is_missing_is_built(machine: Path) -> None:
    record = fake.go(machine)
    locate(["kwokctl"], progress=quiet())
    locate(["kwok", "kwokctl"], progress=quiet())
    asked = [line.partition(" -o ")[2].split()[1:] for line in record.read_text().splitlines()]
    assert asked == [["sigs.k8s.io/kwok/cmd/kwokctl"], ["sigs.k8s.io/kwok/cmd/kwok"]]


@pytest.mark.usefixtures("tools")
def test_two_who_need_a_program_at_once_build_it_once(machine: Path) -> None:
    record = fake.go(machine)
    both = [threading.Thread(target=lambda: locate(["etcd"], progress=quiet())) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(record.read_text().splitlines()) == 1


@pytest.mark.parametrize("name", ["go.mod", "go.sum"])
def test_an_upgrade_of_a_module_has_a_place_of_its_own_in_the_cache(tools: Path, name: str) -> None:
    before = {module.name: module.key(tools) for module in MODULES}
    with (tools / "kwok" / name).open("a") as file:
        file.write("// changed\n")
    after = {module.name: module.key(tools) for module in MODULES}
    assert {one for one in before if before[one] != after[one]} == {"kwok"}


def test_programs_are_stamped_with_the_version_that_their_module_pins(tools: Path) -> None:
    assert KUBERNETES.flags(tools) == (
        "-s -w -X k8s.io/component-base/version.gitVersion=v1.36.3 "
        "-X k8s.io/component-base/version.gitMajor=1 "
        "-X k8s.io/component-base/version.gitMinor=36 "
        "-X k8s.io/client-go/pkg/version.gitVersion=v1.36.3"
    )
    assert KWOK.flags(tools) == "-s -w -X sigs.k8s.io/kwok/pkg/consts.Version=v0.8.0"
    assert ETCD.flags(tools) == "-s -w"


def test_an_installation_without_tools_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "tools_dir", lambda: None)
    with pytest.raises(NoTools) as refusal:
        locate(["etcd", "kwok"], progress=quiet())
    assert str(refusal.value) == (
        "etcd, kwok not found, and this installation of mto holds no tools/ to build from; "
        "run mto from a checkout, or put the programs into a folder and name it in MTO_BIN_DIR"
    )
