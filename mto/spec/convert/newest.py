"""Which older manifests are understood, and each as the newest version has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from mto.spec.convert import integrationconfig, tenant
from mto.spec.convert.fields import Converted
from mto.spec.origin import Origin

OLDER: Final[Mapping[tuple[Any, Any], Callable[[Mapping[str, Any], Origin], Converted]]] = {
    (tenant.OLD, "Tenant"): lambda manifest, _: tenant.to_v1beta3(manifest),
    (integrationconfig.OLD, "IntegrationConfig"): integrationconfig.to_v1beta1,
}
"""By apiVersion and kind."""


def is_older(manifest: Mapping[str, Any]) -> bool:
    return (manifest.get("apiVersion"), manifest.get("kind")) in OLDER


def newest(manifest: Mapping[str, Any], origin: Origin) -> Converted | None:
    """What the manifest is today; None where it is of the newest version, or none of ours."""
    convert = OLDER.get((manifest.get("apiVersion"), manifest.get("kind")))
    return convert(manifest, origin) if convert else None
