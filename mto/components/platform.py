"""What all tenants stand on as a Pulumi component: a name for its resources to hang under."""

from __future__ import annotations

import pulumi

from mto.plan.platform import COMPONENT


class Platform(pulumi.ComponentResource):
    """The platform. What it holds is the plan's business, and registered by ``register``."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(COMPONENT, name, None, opts)
