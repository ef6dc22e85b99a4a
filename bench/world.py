"""What is declared for a measurement: tenants as files, alike but for the prefix of their names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typing_extensions import override

from mto.plan import tenant as tenants
from mto.plan.build import Settings
from mto.plan.observed import Observed
from mto.plan.resource import Plan
from mto.spec.world import World

ENVIRONMENT = "bench"

PLATFORM = """\
apiVersion: tenantoperator.stakater.com/v1beta1
kind: Quota
metadata: {name: bench}
spec:
  resourcequota:
    hard: {requests.cpu: 400, requests.memory: 800Gi, pods: 4000, count/deployments.apps: 4000}
  limitrange:
    limits:
      - type: Container
        defaultRequest: {cpu: 50m, memory: 64Mi}
        default: {cpu: 500m, memory: 256Mi}
---
apiVersion: tenantoperator.stakater.com/v1beta1
kind: IntegrationConfig
metadata: {name: tenant-operator-config}
spec:
  accessControl:
    rbac:
      tenantRoles:
        default:
          owner: {clusterRoles: [admin, 'system:basic-user', 'system:discovery']}
          editor: {clusterRoles: [edit, 'system:basic-user', 'system:discovery']}
          viewer: {clusterRoles: [view, 'system:basic-user', 'system:discovery']}
  tenantPolicies:
    network: {disableIntraTenantNetworking: true}
"""

TENANT = """\
apiVersion: tenantoperator.stakater.com/v1beta3
kind: Tenant
metadata: {{name: {name}}}
spec:
  quota: bench
  accessControl:
    owners: {{users: [anna@example.org]}}
    editors: {{users: [john@example.org], groups: [{name}-editors]}}
    viewers: {{groups: [auditors]}}
  namespaces:
    onDeletePurgeNamespaces: true
    withTenantPrefix: [{namespaces}]
"""

EDIT = """\
    metadata:
      specific:
        - namespaces: [{name}-n000]
          labels: {{stage: production}}
"""
"""Ends a tenant's file: one label more on one of its namespaces."""


@dataclass(frozen=True)
class Size:
    """``tenants`` of ``namespaces`` each."""

    tenants: int
    namespaces: int

    @override
    def __str__(self) -> str:
        many = f"{self.tenants} tenants" if self.tenants > 1 else "1 tenant"
        return f"{many} × {self.namespaces} namespaces"


def tenant_name(prefix: str, index: int) -> str:
    return f"{prefix}t{index:03}"


def write_platform(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "platform.yaml").write_text(PLATFORM)


def write(folder: Path, size: Size, prefix: str) -> None:
    """A folder as a user has it: the platform's settings, and a file for each tenant."""
    write_platform(folder)
    namespaces = ", ".join(f"n{index:03}" for index in range(size.namespaces))
    for index in range(size.tenants):
        name = tenant_name(prefix, index)
        text = TENANT.format(name=name, namespaces=namespaces)
        (folder / f"{name}.yaml").write_text(text)


def edit(folder: Path, prefix: str) -> None:
    """The one change, in the first tenant's file."""
    name = tenant_name(prefix, 0)
    path = folder / f"{name}.yaml"
    path.write_text(path.read_text() + EDIT.format(name=name))


def planned(world: World, settings: Settings) -> dict[str, Plan]:
    """Each tenant's plan where nothing is there yet."""
    return {
        name: tenants.plan(declared, world, observed=Observed(), settings=settings)
        for name, declared in world.tenants.items()
    }


def objects(plan: Plan) -> Iterator[dict[str, Any]]:
    """The objects of a plan, what others need first."""
    return (dict(resource.inputs) for resource in plan if resource.kubernetes)
