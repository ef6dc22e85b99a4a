"""What a tenant's workloads may use: each limit that is declared is tried just beyond itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from mto.cluster.attempt import Attempt
from mto.service.checks.check import Category, Check, Reason, Try
from mto.service.checks.requests import (
    FOREIGN,
    allowed,
    claim,
    claiming,
    every_kind,
    first,
    gateway,
    gateways,
    ingress,
    ordinary_ingress,
    ordinary_pod,
    own_host,
    service,
)
from mto.service.checks.scene import Scene, Who
from mto.spec.tenant import ClassAccess


def checks() -> tuple[Check, ...]:
    return (
        *_classes(),
        *_classes_of_pods(),
        *_images(),
        *_accounts(),
        *_hosts(),
        *_services(),
        *_placement(),
        *_gateways(),
    )


def _unlimited(field: str) -> Callable[[Scene], str]:
    """Why there is nothing to try: the Tenant lists no classes."""

    def reason(scene: Scene) -> str:
        classes: ClassAccess | None = getattr(scene.tenant.spec, field)
        named = field.replace("_c", "C").replace("_p", "P")
        listed = classes is not None and classes.allowed
        return "" if listed else f"the Tenant limits no spec.{named}"

    return reason


def _named(
    id_: str,
    what: str,
    field: str,
    *,
    attempt: Callable[[Scene, str | None], Attempt],
    left_out: Reason,
) -> Check:
    """``attempt`` names a class: a foreign one, and the first that the Tenant lists."""

    def tries(scene: Scene) -> list[Try]:
        return [Try(Who.OWNER, f"{what} of a foreign class", attempt(scene, FOREIGN))]

    def controls(scene: Scene) -> list[Try]:
        own = first(allowed(scene, field))
        return [Try(Who.OWNER, f"{what} of an allowed class", attempt(scene, own))]

    return Check(
        id_,
        f"Block {field.replace('_', ' ')} beyond the list",
        Category.USE,
        tries=tries,
        controls=controls,
        left_out=left_out,
    )


def _classes(  # the four kinds of classes that MTO's fields and ours name
) -> Iterator[Check]:
    storage = _named(
        "MTO-USE-1",
        "claim storage",
        "storage_classes",
        attempt=claim,
        left_out=_unlimited("storage_classes"),
    )
    what = "have a StatefulSet claim storage of a foreign class"
    yield replace(
        storage,
        tries=lambda scene: [
            *storage.tries(scene),
            Try(Who.OWNER, what, claiming(scene, FOREIGN)),
        ],
    )
    yield _named(
        "MTO-USE-2",
        "create an Ingress",
        "ingress_classes",
        attempt=lambda scene, name: ingress(scene, name=name, host=own_host(scene)),
        left_out=_unlimited("ingress_classes"),
    )


def _classes_of_pods() -> Iterator[Check]:
    for number, (field, in_pod, what) in enumerate(
        (
            ("pod_priority_classes", "priorityClassName", "a foreign priority class"),
            ("runtime_classes", "runtimeClassName", "a foreign runtime class"),
        ),
        3,
    ):
        yield Check(
            f"MTO-USE-{number}",
            f"Block {what.removeprefix('a foreign ')}es beyond the list",
            Category.USE,
            tries=_templates_only(f"name {what}", {in_pod: FOREIGN}),
            controls=ordinary_pod,
            left_out=_unlimited(field),
        )


def _templates_only(what: str, change: dict[str, Any]) -> Callable[[Scene], Iterable[Try]]:
    """Kubernetes itself refuses pods of a class that there is not, which proves nothing."""
    return lambda scene: [
        one for one in every_kind(scene, what, **change) if "in a Pod" not in one.what
    ]


def _images() -> Iterator[Check]:
    def limited(scene: Scene) -> str:
        listed = scene.tenant.spec.image_registries
        return "" if listed else "the Tenant limits no spec.imageRegistries"

    def tries(scene: Scene) -> Iterator[Try]:
        image = f"{FOREIGN}.example.org/tool:1"
        container = scene.pod_spec()["containers"][0]
        foreign = {**container, "name": "other", "image": image}
        yield from every_kind(
            scene, "run an image of a foreign registry", container={"image": image}
        )
        what = "run an init container of a foreign registry"
        yield from every_kind(scene, what, initContainers=[foreign])

    yield Check(
        "MTO-USE-5",
        "Block image registries beyond the list",
        Category.USE,
        tries=tries,
        controls=ordinary_pod,
        left_out=limited,
    )


def _accounts() -> Iterator[Check]:
    def denied(scene: Scene) -> tuple[str, ...]:
        accounts = scene.tenant.spec.service_accounts
        return accounts.denied if accounts else ()

    yield Check(
        "MTO-USE-6",
        "Block denied service accounts",
        Category.USE,
        tries=lambda scene: [
            one
            for name in denied(scene)
            for one in every_kind(scene, f"run as service account {name}", serviceAccountName=name)
            if "in a Pod" not in one.what or name == "default"
        ],
        controls=ordinary_pod,
        left_out=lambda scene: "" if denied(scene) else "the Tenant denies no service accounts",
    )


def _hosts() -> Iterator[Check]:
    foreign = f"{FOREIGN}.invalid"

    def tries(scene: Scene) -> Iterator[Try]:
        name = first(allowed(scene, "ingress_classes"))
        for what, attempt in (
            ("serve a foreign host", ingress(scene, name=name, host=foreign)),
            ("serve all hosts", ingress(scene, name=name, host="")),
            ("serve every name below one", ingress(scene, name=name, host=f"*.{foreign}")),
            (
                "hold a certificate for a foreign host",
                ingress(scene, name=name, host=own_host(scene), tls=foreign),
            ),
        ):
            yield Try(Who.OWNER, what, attempt)
        if gateways(scene):
            attempt = gateway(scene, first(allowed(scene, "gateway_classes")), foreign)
            yield Try(Who.OWNER, "listen on a foreign host by a Gateway", attempt)

    def limited(scene: Scene) -> str:
        if scene.tenant.spec.host_validation_config is None:
            return "the Tenant limits no spec.hostValidationConfig"
        return "" if own_host(scene) else "the Tenant names no host to try with"

    yield Check(
        "MTO-USE-7",
        "Block hosts beyond the list",
        Category.USE,
        tries=tries,
        controls=ordinary_ingress,
        left_out=limited,
    )


def _services() -> Iterator[Check]:
    yield _service(
        "MTO-USE-8",
        "Block load balancers",
        "disable_load_balancers",
        attempt=lambda scene: service(scene, "LoadBalancer", allocateLoadBalancerNodePorts=False),
    )
    yield _service(
        "MTO-USE-9",
        "Block externalIPs of Services",
        "disable_external_ips",
        attempt=lambda scene: service(scene, "ClusterIP", externalIPs=["192.0.2.1"]),
    )
    yield _service(
        "MTO-USE-10",
        "Block Services of type ExternalName",
        "disable_external_names",
        attempt=lambda scene: service(scene, "ExternalName", externalName="example.org"),
    )


def _service(id_: str, title: str, switch: str, *, attempt: Callable[[Scene], Attempt]) -> Check:
    def left_open(scene: Scene) -> str:
        everybody = scene.config.spec.tenant_policies.services
        closed = getattr(everybody, switch) or getattr(scene.tenant.spec.services, switch)
        return "" if closed else f"services.{_camel(switch)} is false"

    what = title.replace("Block", "create")
    return Check(
        id_,
        title,
        Category.USE,
        tries=lambda scene: [Try(Who.OWNER, what, attempt(scene))],
        controls=lambda scene: [Try(Who.OWNER, "create a Service", service(scene, "ClusterIP"))],
        left_open=left_open,
    )


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join("IPs" if one == "ips" else one.title() for one in rest)


def _gateways() -> Iterator[Check]:
    def left_out(scene: Scene) -> str:
        if not gateways(scene):
            return "the cluster serves no Gateway API"
        return _unlimited("gateway_classes")(scene)

    yield _named(
        "MTO-USE-13",
        "create a Gateway",
        "gateway_classes",
        attempt=lambda scene, name: gateway(scene, name, own_host(scene)),
        left_out=left_out,
    )


def _placement() -> Iterator[Check]:
    yield Check(
        "MTO-USE-11",
        "Block running on other tenants' nodes",
        Category.USE,
        tries=lambda scene: [
            *every_kind(scene, "run on any node", nodeSelector={}),
            *every_kind(scene, "name the node", nodeName="node-0"),
        ],
        controls=ordinary_pod,
        left_out=lambda scene: (
            ""
            if scene.tenant.spec.pods.node_selector
            else "the Tenant limits no spec.pods.nodeSelector"
        ),
    )
    yield Check(
        "MTO-USE-12",
        "Block tolerating other tenants' taints",
        Category.USE,
        tries=lambda scene: list(
            every_kind(scene, "tolerate every taint", tolerations=[{"operator": "Exists"}])
        ),
        controls=ordinary_pod,
        left_out=lambda scene: (
            ""
            if scene.tenant.spec.pods.tolerations is not None
            else "the Tenant limits no spec.pods.tolerations"
        ),
    )
