"""One cluster has one environment, and a record is of one cluster."""

from __future__ import annotations

import shutil
from pathlib import Path

from mto.local.cluster import Cluster as ControlPlane
from tests.support.kubectl import Kubectl
from tests.support.mto import Project, members, quota, steps, tenant, unique


def declared(project: Project, *namespaces: str) -> str:
    """A tenant of its own with these namespaces; its name."""
    name, budget = unique("env"), unique("budget")
    owners = members(owners=["ann@example.org"])
    project.declare(
        quota(budget, pods=10), tenant(name, *namespaces, quota=budget, accessControl=owners)
    )
    return name


def test_a_second_environment_neither_takes_over_nor_takes_away(project: Project) -> None:
    name = declared(project, "dev")
    assert project("up", "--yes").code == 0
    stacks = project.root / "stacks"
    shutil.copy(stacks / "Pulumi.dev.yaml", stacks / "Pulumi.other.yaml")
    refusal = (
        "mto: the cluster is governed by environment 'dev', not by 'other': use -e dev, or "
        "take 'dev' away with `mto destroy -e dev` first\n"
    )
    for command in (("preview",), ("up", "--yes"), ("refresh",), ("destroy", name, "--yes")):
        answer = project(*command, "-e", "other")
        assert (answer.code, answer.stderr) == (2, refusal)
    assert project.data("preview")["changed"] is False


def test_a_record_is_not_emptied_by_another_cluster(project: Project, spare: ControlPlane) -> None:
    declared(project, "dev")
    assert project("up", "--yes").code == 0
    before = project.files()
    for command in (("preview",), ("up", "--yes"), ("refresh",)):
        answer = project(*command, "--kubeconfig", str(spare.kubeconfig))
        assert answer.code == 2
        assert answer.stderr.startswith("mto: the record of environment 'dev' is of ")
        assert answer.stderr.endswith("give another cluster an environment of its own\n")
    assert project.files() == before


def test_an_undeclared_namespace_that_no_record_holds_goes_all_the_same(
    project: Project, admin: Kubectl
) -> None:
    name = declared(project, "dev", "old")
    assert project("up", "--yes").code == 0
    for state in Path(project.stacks).glob(f"*.{name}.json"):
        state.unlink()
    declaration = (project.root / "tenants" / "all.yaml").read_text()
    (project.root / "tenants" / "all.yaml").write_text(declaration.replace("    - old\n", ""))
    assert steps(project.data("preview"))[f"Namespace/{name}-old"] == "delete"
    assert steps(project.data("up", "--yes"))[f"Namespace/{name}-old"] == "delete"
    assert admin("get", "namespace", f"{name}-old").code == 1
    assert project.data("preview")["changed"] is False
