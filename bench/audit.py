"""Speed of ``mto audit``: objects a second, on a control plane of its own that is always removed.

Ingresses are made, since no controller follows them; one of each hundred breaks the rule on hosts.
Beside the audit stand bare dry-run patches of the same objects over as many connections, without
any scratch policy: what the API server takes for the requests alone.

    python bench/audit.py [--objects 2000] [--tenants 10] [--floor 2000] [--no-proposal]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plane import control_plane
from table import markdown

from mto.cluster.attempt import Attempt, Verb
from mto.cluster.client import Cluster
from mto.cluster.kubeconfig import load
from mto.cluster.ref import Ref
from mto.service.walk import AT_ONCE

INGRESS = "networking.k8s.io/v1"
QUOTA = """\
apiVersion: tenantoperator.stakater.com/v1beta1
kind: Quota
metadata: {name: bench}
spec: {resourcequota: {hard: {pods: 1000}}}
---
apiVersion: tenantoperator.stakater.com/v1beta1
kind: IntegrationConfig
metadata: {name: tenant-operator-config}
"""
TENANT = """\
---
apiVersion: tenantoperator.stakater.com/v1beta3
kind: Tenant
metadata: {{name: t{number}}}
spec:
  quota: bench
  accessControl: {{owners: {{users: [anna@example.org]}}}}
  namespaces: {{withTenantPrefix: [dev]}}
  ingressClasses: {{allowed: [nginx]}}
  hostValidationConfig: {{allowed: [t{number}.example.org]}}
"""
EVERY = 100
"""One of so many objects breaks a rule."""


def project(folder: Path, kubeconfig: Path, tenants: int) -> None:
    (folder / "stacks").mkdir()
    (folder / "tenants").mkdir()
    settings = f"config:\n  mto:kubeconfig: {kubeconfig}\n"
    (folder / "stacks" / "Pulumi.bench.yaml").write_text(settings)
    world = QUOTA + "".join(TENANT.format(number=number) for number in range(tenants))
    (folder / "tenants" / "all.yaml").write_text(world)


def mto(folder: Path, *arguments: str, code: int = 0) -> str:
    program = (sys.executable, "-m", "mto.cli.main")
    done = subprocess.run(
        [*program, *arguments, "-e", "bench"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != code:
        sys.exit(done.stderr)
    return done.stdout


def ingress(number: int, tenants: int) -> dict[str, Any]:
    tenant = f"t{number % tenants}"
    host = "evil.example.com" if number % EVERY == 0 else f"{tenant}.example.org"
    service = {"name": "web", "port": {"number": 80}}
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": service}}
    rules = [{"host": host, "http": {"paths": [path]}}]
    return {
        "apiVersion": INGRESS,
        "kind": "Ingress",
        "metadata": {"name": f"web-{number}", "namespace": f"{tenant}-dev"},
        "spec": {"ingressClassName": "nginx", "rules": rules},
    }


async def fill(kubeconfig: Path, objects: int, tenants: int, *, floor: int) -> float:
    """Makes the objects; gives the seconds of ``floor`` bare patches."""
    places = asyncio.Semaphore(AT_ONCE)
    async with Cluster(load(kubeconfig, None, current=True), deadline=120) as cluster:

        async def make(number: int) -> None:
            async with places:
                await cluster.apply(ingress(number, tenants))

        async def touch(number: int) -> None:
            async with places:
                ref = Ref.of(ingress(number, tenants))
                await cluster.attempt(Attempt(Verb.MERGE_PATCH, ref, {}))

        await asyncio.gather(*(make(number) for number in range(objects)))
        started = time.monotonic()
        await asyncio.gather(*(touch(number) for number in range(floor)))
        return time.monotonic() - started


def measured(
    objects: int, tenants: int, *, floor: int, proposal: bool
) -> Iterator[tuple[str, ...]]:
    with control_plane() as plane, tempfile.TemporaryDirectory(prefix="mto-bench-") as name:
        folder = Path(name)
        project(folder, plane.kubeconfig, tenants)
        mto(folder, "up", "--yes")
        bare = asyncio.run(fill(plane.kubeconfig, objects, tenants, floor=floor))
        yield f"{floor:,} bare dry-run patches", f"{bare:.1f} s", f"{floor / bare:,.0f}"
        works: list[tuple[str, tuple[str, ...]]] = [("mto audit", ())]
        if proposal:
            works.append(("mto audit --with", ("--with", str(folder / "tenants"))))
        for work, arguments in works:
            report = json.loads(mto(folder, "audit", *arguments, "-o", "json", code=3))
            if report["judged"] != objects or not report["complete"]:
                errors = [one["message"] for one in report["findings"] if one["result"] == "error"]
                why = "; ".join((*report["missing"], *errors[:3]))
                sys.exit(f"{work} judged {report['judged']} of {objects}: {why}")
            seconds = report["seconds"]
            yield work, f"{seconds:.1f} s", f"{objects / seconds:,.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed of mto audit.")
    parser.add_argument("--objects", type=int, default=2000)
    parser.add_argument("--tenants", type=int, default=10)
    parser.add_argument("--floor", type=int, help="bare patches, as many as objects if not said")
    parser.add_argument("--no-proposal", action="store_true", help="leave out mto audit --with")
    chosen = parser.parse_args()
    floor = min(chosen.floor or chosen.objects, chosen.objects)
    proposal = not chosen.no_proposal
    rows = list(measured(chosen.objects, chosen.tenants, floor=floor, proposal=proposal))
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {chosen.objects} objects\n")
    print(markdown(("work", "seconds", "objects/s"), rows))


if __name__ == "__main__":
    main()
