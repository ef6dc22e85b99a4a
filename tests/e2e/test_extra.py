"""Resources of the project's own, run by the real CLI; skipped where it is not there."""

from __future__ import annotations

import shutil

import pytest

from tests.support.kubectl import Kubectl
from tests.support.mto import Project, part, quota, steps, tenant, unique

MISSING = [one for one in ("pulumi", "pulumi-resource-kubernetes") if shutil.which(one) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not on the PATH: {', '.join(MISSING)}")
OWN = """
import pulumi
import pulumi_kubernetes as k8s

def tenant(component, tenant, cluster):
    if "extra" not in tenant.metadata.labels:
        return
    space = f"{tenant.metadata.name}-dev"
    options = pulumi.ResourceOptions(parent=component, provider=cluster)
    k8s.core.v1.ConfigMap(
        "extra", metadata={"name": "extra", "namespace": space}, data={"a": "b"}, opts=options
    )
"""


def test_only_the_tenant_with_extra_resources_goes_through_the_cli(
    project: Project, admin: Kubectl
) -> None:
    name, plain = unique("extra"), unique("plain")
    (project.root / "own.py").write_text(OWN)
    project.configure(resources="own.py")
    labels = {"labels": {"extra": "yes"}}
    project.declare(
        quota(name, pods=10),
        tenant(name, "dev", quota=name, metadata=labels),
        tenant(plain, "dev", quota=name),
    )
    refused = project("up", "--engine", "direct", PULUMI_CONFIG_PASSPHRASE="")
    assert f"stack 'dev.{name}' has what only Pulumi's CLI can run: ConfigMap/extra" in (
        refused.stderr
    )
    done = project("up", "-o", "json", PULUMI_CONFIG_PASSPHRASE="")
    assert done.code == 0, done.stderr
    report = done.json
    assert part(report, name)["engine"] == "pulumi"
    assert part(report, plain)["engine"] == "direct"
    assert part(report, "platform")["engine"] == "direct"
    made = admin("-n", f"{name}-dev", "get", "configmap", "extra", "-o", "json").json
    assert made["data"] == {"a": "b"}
    again = project("up", "--expect-no-changes", "-o", "json", PULUMI_CONFIG_PASSPHRASE="")
    assert again.code == 0, again.stderr
    assert steps(again.json) == {}
