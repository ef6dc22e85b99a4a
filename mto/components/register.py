"""Pulumi resources drawn from a plan, one for one and in its order; nothing is decided here.

Type tokens and inputs go to Pulumi as the plan has them, past the generated classes of
``pulumi_kubernetes``: those load lazily, which races between threads, and fill in what the
environment says (``KUBECONFIG``, ``PULUMI_K8S_*``), so that one plan would have two meanings.
What these classes add and Pulumi needs is added here: the plug-in's version, settings of the
provider as text, and the mark on a Secret's data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from typing import Any, cast

import pulumi

from mto.components.platform import Platform
from mto.components.tenant import Tenant
from mto.plan import platform, tenant
from mto.plan.resource import PROVIDER, SECRET, SECRET_FIELDS, Key, Plan, Resource

COMPONENTS = {tenant.COMPONENT: Tenant, platform.COMPONENT: Platform}

Made = Mapping[Key, pulumi.Resource]


@cache
def plugin_version() -> str:
    """The plug-in has the version of the installed wheel; another one is not asked for."""
    return metadata.version("pulumi_kubernetes")


def register(plan: Plan) -> Made:
    """Register every resource of the plan, then the outputs; to be called in a Pulumi program."""
    made: dict[Key, pulumi.Resource] = {}
    for resource in plan:
        made[resource.key] = _registered(resource, made, provider=plan.provider.key)
    for one in made.values():
        if isinstance(one, pulumi.ComponentResource):
            one.register_outputs(dict(plan.outputs))
    for name, value in plan.outputs.items():
        pulumi.export(name, value)
    return made


def _registered(resource: Resource, made: Made, *, provider: Key) -> pulumi.Resource:
    options = _options(resource, made)
    if resource.component:
        return COMPONENTS[resource.type](resource.name, options)
    options.version = plugin_version()
    if resource.type == PROVIDER:
        return pulumi.ProviderResource("kubernetes", resource.name, _as_text(resource), options)
    options.provider = cast("pulumi.ProviderResource", made[provider])
    inputs = dict(resource.inputs)
    if resource.type == SECRET:
        options.additional_secret_outputs = list(SECRET_FIELDS)
        inputs |= {
            name: pulumi.Output.secret(inputs[name]) for name in SECRET_FIELDS if name in inputs
        }
    return pulumi.CustomResource(resource.type, resource.name, inputs, options)


def _options(resource: Resource, made: Made) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(
        parent=made[resource.parent] if resource.parent else None,
        depends_on=[made[key] for key in resource.depends_on],
        deleted_with=made[resource.deleted_with] if resource.deleted_with else None,
        protect=resource.protect or None,
        retain_on_delete=resource.retain_on_delete or None,
        ignore_changes=list(resource.ignore_changes) or None,
    )


def _as_text(provider: Resource) -> dict[str, Any]:
    """A provider's settings are text to Pulumi; what is none goes as JSON."""
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in provider.inputs.items()
    }
