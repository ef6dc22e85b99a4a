"""The local control plane itself: what it offers, to whom, and what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path

import pytest

from mto.local import cluster
from mto.local.binaries import locate
from mto.local.cluster import Cluster
from mto.local.errors import OtherOptions, StartFailed
from mto.local.paths import Home, cache_dir
from mto.local.processes import running
from mto.local.settings import COMPONENTS, Options
from tests.support.kubectl import Kubectl, KubectlAs
from tests.support.process import alive, listening

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "probe"},
    "spec": {"containers": [{"name": "main", "image": "none"}]},
}


def kubectl_of(found: Cluster, folder: Path) -> Kubectl:
    return Kubectl(locate(["kubectl"])["kubectl"], found.kubeconfig, folder)


def test_all_its_processes_run(control_plane: Cluster) -> None:
    found = cluster.status(control_plane.name)
    assert found.state == "running"
    assert {one.program for one in found.processes} == set(COMPONENTS)


def test_every_process_listens_on_loopback_only(control_plane: Cluster) -> None:
    for one in cluster.status(control_plane.name).processes:
        addresses = listening(one.pid)
        assert addresses, one.program
        assert {str(address) for address in addresses} == {"127.0.0.1"}, one.program


def test_up_takes_what_runs_as_it_is(control_plane: Cluster) -> None:
    before = cluster.status(control_plane.name)
    again = cluster.up(control_plane.name)
    assert not again.started
    assert [one.pid for one in again.processes] == [one.pid for one in before.processes]


def test_up_with_other_options_changes_nothing_and_says_what_to_do(control_plane: Cluster) -> None:
    name = control_plane.name
    with pytest.raises(OtherOptions) as refusal:
        cluster.up(name, options=Options(nodes=7))
    assert str(refusal.value) == (
        f"local control plane '{name}' exists with other options; "
        f"remove it first: mto local down --name {name}"
    )


def test_a_user_is_who_the_certificate_says(kubectl: KubectlAs) -> None:
    who = kubectl("ann@example.com", ["blue-owners", "staff"])("auth", "whoami", "-o", "json").json
    assert who["status"]["userInfo"]["username"] == "ann@example.com"
    groups = set(who["status"]["userInfo"]["groups"])
    assert groups == {"blue-owners", "staff", "system:authenticated"}


def test_a_user_may_do_nothing_until_somebody_allows_it(kubectl: KubectlAs) -> None:
    answer = kubectl("ben")("get", "namespaces")
    assert answer.code == 1
    assert answer.stderr.strip() == (
        'Error from server (Forbidden): namespaces is forbidden: User "ben" cannot list resource '
        '"namespaces" in API group "" at the cluster scope'
    )


def test_a_pod_is_scheduled_and_runs(kubectl: KubectlAs) -> None:
    admin = kubectl()
    assert admin("create", "namespace", "probe").code == 0
    assert admin("wait", "-n", "probe", "--for=create", "serviceaccount/default").code == 0
    assert admin("apply", "-n", "probe", "-f", "-", stdin=json.dumps(POD)).code == 0
    done = admin("wait", "-n", "probe", "--for=condition=Ready", "pod/probe", "--timeout=30s")
    assert done.code == 0, done.stderr
    assert admin("delete", "namespace", "probe", "--wait=false").code == 0


def test_controllers_act_as_themselves(control_plane: Cluster) -> None:
    assert control_plane.audit_log is not None
    users = {
        json.loads(line)["user"]["username"]
        for line in control_plane.audit_log.read_text().splitlines()
    }
    assert "system:serviceaccount:kube-system:service-account-controller" in users


def test_the_audit_log_holds_writes_and_no_reads(
    control_plane: Cluster, kubectl: KubectlAs
) -> None:
    ann = kubectl("reader-of-nothing")
    ann("get", "namespaces")
    ann("create", "namespace", "refused")
    assert control_plane.audit_log is not None
    verbs = [
        entry["verb"]
        for line in control_plane.audit_log.read_text().splitlines()
        if (entry := json.loads(line))["user"]["username"] == "reader-of-nothing"
    ]
    assert verbs == ["create"]


def test_the_homes_own_kubeconfig_is_neither_read_nor_written(
    another_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / ".kube" / "config"
    own.parent.mkdir()
    own.write_text("not a kubeconfig at all\n")
    monkeypatch.setenv("MTO_CACHE_DIR", str(cache_dir()))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", str(own))
    monkeypatch.setenv("KWOK_RUNTIME", "docker")
    assert cluster.up(another_name).started
    assert cluster.down(another_name)
    assert own.read_text() == "not a kubeconfig at all\n"
    assert [one.name for one in tmp_path.rglob("*")] == [".kube", "config"]


def test_two_side_by_side_share_nothing(
    another_name: str, tmp_path: Path, kubectl: KubectlAs
) -> None:
    other = cluster.up(another_name, options=Options(nodes=1, audit=False))
    theirs = kubectl_of(other, tmp_path)
    assert other.audit_log is None
    assert theirs("get", "nodes", "-o", "name").stdout == "node/node-0\n"
    assert theirs("create", "namespace", "only-here").code == 0
    assert kubectl()("get", "namespace", "only-here").code == 1


def test_down_leaves_nothing_and_harms_no_other(control_plane: Cluster, another_name: str) -> None:
    home = Home(another_name)
    mine = {one.pid for one in cluster.up(another_name).processes}
    assert cluster.down(another_name)
    assert running(home.root) == ()
    assert [pid for pid in mine if alive(pid)] == []
    assert not home.root.exists()
    assert not home.lock.exists()
    assert cluster.status(another_name).state == "absent"
    assert cluster.status(control_plane.name).running


def test_a_half_dead_one_is_started_again_with_its_data(another_name: str, tmp_path: Path) -> None:
    before = cluster.up(another_name, options=Options(nodes=1))
    admin = kubectl_of(before, tmp_path)
    assert admin("create", "namespace", "kept").code == 0
    for one in before.processes:
        if one.program in {"etcd", "kube-scheduler"}:
            os.kill(one.pid, signal.SIGKILL)
    assert cluster.status(another_name).state == "broken"

    after = cluster.up(another_name)
    assert (after.started, after.state, after.server) == (True, "running", before.server)
    assert admin("get", "namespace", "kept", "-o", "name").stdout == "namespace/kept\n"
    assert not {one.pid for one in before.processes} & {one.pid for one in after.processes}


def test_of_two_starts_at_once_one_starts_it_and_the_other_finds_it(another_name: str) -> None:
    found: list[Cluster] = []
    starts = [
        threading.Thread(target=lambda: found.append(cluster.up(another_name))) for _ in range(2)
    ]
    for one in starts:
        one.start()
    for one in starts:
        one.join()
    assert sorted(one.started for one in found) == [False, True]
    first, second = ({one.pid for one in each.processes} for each in found)
    assert first == second


def test_a_start_that_fails_says_why_and_leaves_nothing(another_name: str) -> None:
    wrong = Options(args={"kube-apiserver": {"feature-gates": "NoSuchGate=true"}})
    with pytest.raises(StartFailed) as failure:
        cluster.up(another_name, options=wrong)
    assert str(failure.value).startswith(f"local control plane '{another_name}' did not start: ")
    assert "kube-apiserver: " in str(failure.value)
    assert "unrecognized feature gate: NoSuchGate" in str(failure.value)
    assert running(Home(another_name).root) == ()
    assert not Home(another_name).root.exists()
