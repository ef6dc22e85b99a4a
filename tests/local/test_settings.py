from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mto.local.paths import Home
from mto.local.settings import COMPONENTS, PORTS, Options, audit_policy, kwokctl_configuration, node

BINARIES = {
    name: Path("/bin", name) for name in ("kubectl", *(one for one, _ in COMPONENTS.values()))
}
TAKEN = {name: 20_000 + number for number, name in enumerate(PORTS)}


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTO_CACHE_DIR", "/cache")


def configuration(**options: Any) -> dict[str, Any]:
    return kwokctl_configuration(
        Home("blue"), options=Options(**options), binaries=BINARIES, ports=TAKEN
    )


def flags(settings: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {
        patch["name"]: {one["key"]: one["value"] for one in patch["extraArgs"]}
        for patch in settings["componentsPatches"]
    }


def test_everything_is_bound_to_loopback_and_to_its_port() -> None:
    settings = configuration()["options"]
    assert settings["bindAddress"] == "127.0.0.1"
    assert {settings[key] for key in PORTS.values()} == set(TAKEN.values())


def test_each_program_is_given_so_that_none_is_downloaded() -> None:
    settings = configuration()["options"]
    assert {key: value for key, value in settings.items() if key.endswith("Binary")} == {
        "kubectlBinary": "/bin/kubectl",
        "etcdBinary": "/bin/etcd",
        "kubeApiserverBinary": "/bin/kube-apiserver",
        "kubeControllerManagerBinary": "/bin/kube-controller-manager",
        "kubeSchedulerBinary": "/bin/kube-scheduler",
        "kwokControllerBinary": "/bin/kwok",
    }


def test_controllers_act_as_themselves_and_sign_certificates() -> None:
    given = flags(configuration())["kube-controller-manager"]
    assert given["use-service-account-credentials"] == "true"
    assert given["cluster-signing-cert-file"] == "/cache/local/blue/kwok/clusters/blue/pki/ca.crt"
    assert given["cluster-signing-key-file"] == "/cache/local/blue/kwok/clusters/blue/pki/ca.key"


def test_what_a_restart_must_keep_lies_outside_the_folder_that_kwokctl_clears() -> None:
    given = flags(configuration())
    assert given["etcd"] == {"data-dir": "/cache/local/blue/etcd"}
    assert given["kube-apiserver"] == {"audit-log-path": "/cache/local/blue/audit.log"}


def test_without_audit_there_is_neither_policy_nor_log() -> None:
    settings = configuration(audit=False)
    assert "kubeAuditPolicy" not in settings["options"]
    assert "kube-apiserver" not in flags(settings)


def test_own_flags_of_a_component_come_after_ours_and_so_win() -> None:
    extra = {"kube-controller-manager": {"kube-api-burst": "30"}}
    patches = configuration(args=extra)["componentsPatches"]
    given = next(one for one in patches if one["name"] == "kube-controller-manager")["extraArgs"]
    assert given[-1] == {"key": "kube-api-burst", "value": "30"}
    assert {"key": "kube-api-burst", "value": "120", "override": False} in given[:-1]


def test_the_audit_log_holds_writes_but_no_reads_and_no_heartbeats() -> None:
    rules = audit_policy()["rules"]
    assert rules[0] == {"level": "None", "verbs": ["get", "list", "watch"]}
    assert rules[-1] == {"level": "Metadata"}
    assert all(one["level"] == "None" for one in rules[:-1])


def test_options_survive_being_written_down() -> None:
    options = Options(nodes=5, audit=False, args={"etcd": {"log-level": "warn"}})
    assert Options(**json.loads(json.dumps(options.as_data()))) == options


def test_simulated_nodes_have_room_and_a_zone() -> None:
    one = node(4)
    assert one["metadata"]["name"] == "node-4"
    assert one["metadata"]["labels"]["topology.kubernetes.io/zone"] == "zone-1"
    assert one["status"]["capacity"] == one["status"]["allocatable"]
    assert one["status"]["capacity"]["cpu"] == "32"
