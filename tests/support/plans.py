"""Plans for tests: of one tenant written down in the test, and of the examples in the tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import chdir
from functools import cache
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

from mto.plan import platform, tenant
from mto.plan.build import Settings
from mto.plan.observed import ArgoCD, Contents, Namespace, Observed
from mto.plan.resource import Plan, Resource
from mto.plan.role import NAMESPACE_OWNER
from mto.sources.files import read_world
from mto.spec.labels import MANAGED_LABEL, TENANT_LABEL
from mto.spec.world import World
from tests.support import manifests

ROOT = Path(__file__).parents[2]
SETTINGS = Settings("dev", "/etc/mto/kubeconfig", "local")
NOTHING = Observed()
ARGOCD = Observed(argocd=ArgoCD(kind=True, namespace=True))
ANNA = "accessControl: {owners: {users: [anna@example.org]}}\n"
DEV = "namespaces: {withTenantPrefix: [dev]}\n"


def world(spec: str = ANNA + DEV, *, config: str = "", quota: str = "", meta: str = "") -> World:
    """The tenant ``blue`` with the quota ``small``; each text is the YAML of one ``spec``."""
    texts = [
        manifests.TENANT.replace("{name: blue}", f"{{name: blue{meta}}}")
        + _spec("quota: small\n" + dedent(spec)),
        manifests.QUOTA + (_spec(quota) if quota else "spec: {resourcequota: {hard: {pods: 10}}}"),
    ]
    if config:
        texts.append(manifests.CONFIG + _spec(config))
    found, problems = manifests.world("\n---\n".join(texts))
    assert problems == []
    return found


def _spec(text: str) -> str:
    return "spec:\n" + indent(dedent(text), "  ")


def plan(
    declared: World | str, observed: Observed = NOTHING, *, consented: Iterable[str] = ()
) -> Plan:
    """The plan of ``blue``; a text is its spec besides the quota."""
    found = world(declared) if isinstance(declared, str) else declared
    settings = Settings("dev", "/etc/mto/kubeconfig", "local", frozenset(consented))
    return tenant.plan(found.tenants["blue"], found, observed=observed, settings=settings)


def live(
    name: str, *, managed: bool = True, leaves: bool = False, **metadata: Mapping[str, str]
) -> Namespace:
    """A namespace of ``blue``, made by MTO or by an owner."""
    labels = {TENANT_LABEL: "blue", **({MANAGED_LABEL: "true"} if managed else {})}
    return Namespace(
        name,
        {**labels, **metadata.get("labels", {})},
        metadata.get("annotations", {}),
        uid=f"uid-of-{name}",
        terminating=leaves,
    )


def seen(*namespaces: Namespace, holds: Mapping[str, Contents] | None = None) -> Observed:
    return Observed({one.name: one for one in namespaces}, contents=holds or {})


def kinds(plan: Plan, kind: str) -> dict[str, Resource]:
    """Resources of one Kubernetes kind, by logical name. ``NamespacePatch`` is one of its own."""
    return {one.name: one for one in plan if one.kubernetes and one.type.endswith(f":{kind}")}


def people(plan: Plan, namespace: str) -> dict[str, list[str]]:
    """Who is bound in a namespace: names of subjects by ``<role>/<ClusterRole>``.

    The owners' right to the namespace object itself, the same everywhere, is left out.
    """
    return {
        name.split("/", 1)[1]: [subject["name"] for subject in one.inputs["subjects"]]
        for name, one in kinds(plan, "RoleBinding").items()
        if one.inputs["metadata"]["namespace"] == namespace
        and one.inputs["roleRef"]["name"] != NAMESPACE_OWNER
    }


def metadata(plan: Plan, kind: str, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = kinds(plan, kind)[name].inputs["metadata"]
    return found


def read(path: str) -> World:
    """A file or folder of the tree, named in messages as its author names it."""
    with chdir(ROOT):
        return read_world(Path(path))


@cache
def examples() -> Mapping[str, Plan]:
    """The plan of everything that the tree shows as an example."""
    samples = read("tenants")
    worlds = [("t1", read("tests/fixtures/import.yaml"))]
    worlds += [("blue", read("tests/fixtures/minimal.yaml"))]
    worlds += [(name, samples) for name in samples.tenants]
    tenants = {
        name: tenant.plan(found.tenants[name], found, observed=NOTHING, settings=SETTINGS)
        for name, found in worlds
    }
    green = read("tests/fixtures/argocd.yaml")
    return {
        "platform": platform.plan(samples, settings=SETTINGS),
        "import": tenants.pop("t1"),
        "minimal": tenants.pop("blue"),
        "argocd": tenant.plan(green.tenants["green"], green, observed=ARGOCD, settings=SETTINGS),
        **tenants,
    }
