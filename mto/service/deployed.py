"""`mto:service` of an environment's settings, read, and the settings that the service gets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from mto.plan.service import MANIFESTS
from mto.service.errors import SettingsError
from mto.spec.origin import Origin
from mto.spec.service import Deployed, Service
from mto.spec.validate import validate

WHERE = "config.mto:service"


def deployed(given: Any, document: Mapping[str, Any], *, source: str) -> Deployed:
    """``document`` is the whole file. Raises SettingsError, with everything that is wrong."""
    if not isinstance(given, dict):
        raise SettingsError(source, f"{WHERE}: {given!r} is no mapping")
    found = validate(Service, given, Origin(source))
    if isinstance(found, list):
        places = (f"{WHERE}.{one.field}" if one.field else WHERE for one in found)
        said = (one.message for one in found)
        told = (f"{place}: {what}" for place, what in zip(places, said, strict=True))
        raise SettingsError(source, "; ".join(told))
    return Deployed(found, _inside(document, found))


def _inside(document: Mapping[str, Any], service: Service) -> str:
    """The environment's file as the service in the cluster reads it: there it is at home.

    It says the same again of itself, so that both plan the same.
    """
    outside = {"mto:kubeconfig", "mto:context", "mto:localCluster"}
    config = document.get("config") or {}
    kept = {key: value for key, value in config.items() if key not in outside}
    kept |= {"mto:inCluster": True, "mto:tenants": f"{MANIFESTS}/{service.git.path}"}
    text: str = yaml.safe_dump({**document, "config": kept}, sort_keys=False)
    return text
