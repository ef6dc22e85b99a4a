"""Manifests for tests: short ways to write them, and to hear what is said about them."""

from __future__ import annotations

from typing import Any

from mto.sources.yaml import read
from mto.spec import kinds
from mto.spec.origin import Declared, Origin
from mto.spec.tenant import Tenant
from mto.spec.world import World, build_world

HEAD = (
    "apiVersion: tenantoperator.stakater.com/{version}\nkind: {kind}\nmetadata: {{name: {name}}}\n"
)
TENANT = HEAD.format(version="v1beta3", kind="Tenant", name="blue")
QUOTA = HEAD.format(version="v1beta1", kind="Quota", name="small")
CONFIG = HEAD.format(version="v1beta1", kind="IntegrationConfig", name="tenant-operator-config")
EXTENSIONS = HEAD.format(version="v1alpha1", kind="Extensions", name="blue")


def tenant(name: str = "blue", **spec: Any) -> Tenant:
    """A Tenant of the budget ``small``; ``spec`` by camelCase names."""
    manifest = {"metadata": {"name": name}, "spec": {"quota": "small", **spec}}
    return Tenant.model_validate(manifest)


def declared(*tenants: Tenant) -> tuple[Declared[Tenant], ...]:
    return tuple(Declared(one, Origin(f"{one.name}.yaml")) for one in tenants)


def said(text: str) -> list[str]:
    """What is wrong with each document of ``text`` by itself."""
    found = read("t.yaml", text.encode())
    parts = [kinds.read(one.data, one.origin) for one in found.documents]
    return [str(one) for one in sorted((*found.problems, *(p for x in parts for p in x.problems)))]


def noted(text: str) -> list[str]:
    """What is remarked about each document of ``text`` by itself."""
    found = read("t.yaml", text.encode())
    parts = [kinds.read(one.data, one.origin) for one in found.documents]
    return [str(one) for one in sorted((*found.notes, *(note for x in parts for note in x.notes)))]


def world(text: str) -> tuple[World, list[str]]:
    """The world that ``text`` declares, and what is wrong between its manifests."""
    parts = [kinds.read(one.data, one.origin) for one in read("t.yaml", text.encode()).documents]
    assert [problem for part in parts for problem in part.problems] == []
    found, problems = build_world(one for part in parts for one in part.declared)
    return found, [str(problem) for problem in problems]
