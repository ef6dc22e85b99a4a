"""Strategies for objects that the API server finds valid, whether or not a tenant may have them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as some

from tests.support.tenancy import workloads

Made = dict[str, Any]
REGISTRIES = (
    *("", "ghcr.io/", "GHCR.io/", "docker.io/", "index.docker.io/", "xindex.docker.io/"),
    *("localhost/", "localhost:5000/", "ghcr.io:443/", "evil.example.org/", "ghcr.io.evil.org/"),
    *("ghcr/", "Ghcr/", "library/", "evil@ghcr.io/", "ghcr.io./", "https://ghcr.io/"),
)
IMAGES = some.builds(
    "".join,
    some.tuples(
        some.sampled_from(REGISTRIES) | some.from_regex(r"[a-zA-Z0-9.:-]{1,8}/", fullmatch=True),
        some.sampled_from(("web", "ghcr.io/web", "a/b/c")),
        some.sampled_from(("", ":1", ":1.2-x", "@sha256:" + "0" * 64)),
    ),
)
CLASSES = some.sampled_from(("fast", "slow", "Fast", ""))
CLASS = some.none() | CLASSES.map(str.lower)
ONCE = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
HOSTS = some.sampled_from(
    (
        *("a.example.org", "b.example.org", "w.y.example.org", "*.x.example.org"),
        *("w.x.example.org", "*.y.example.org", "y.example.org", "w.y.example.org.evil.org"),
        *("*.example.org", "aaexample.org"),
    )
)
BACKEND = {"service": {"name": "web", "port": {"number": 80}}}


def optional(**fields: some.SearchStrategy[Any]) -> some.SearchStrategy[Made]:
    return some.fixed_dictionaries({}, optional=fields)


def claim_spec() -> some.SearchStrategy[Made]:
    return CLASS.map(lambda name: ONCE | ({} if name is None else {"storageClassName": name}))


def claims() -> some.SearchStrategy[Made]:
    notes = optional(
        **{"volume.beta.kubernetes.io/storage-class": some.sampled_from(("fast", "slow"))}
    )
    return some.builds(
        lambda annotations, spec: {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"annotations": annotations} if annotations else {},
            "spec": spec,
        },
        notes,
        claim_spec(),
    )


def ingresses() -> some.SearchStrategy[Made]:
    rules = some.lists(some.none() | HOSTS, min_size=1, max_size=3)
    tls = some.lists(optional(hosts=some.lists(HOSTS, min_size=1, max_size=2)), max_size=2)
    named = some.tuples(
        some.sampled_from((None, "field", "annotation")), some.sampled_from(("nginx", "public"))
    )
    return some.builds(_ingress, rules, tls, named, default=some.booleans())


def _ingress(
    rules: list[str | None], tls: list[Made], named: tuple[str | None, str], *, default: bool
) -> Made:
    where, name = named
    annotations = {"kubernetes.io/ingress.class": name} if where == "annotation" else {}
    paths = {"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": BACKEND}]}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"annotations": annotations},
        "spec": {
            "rules": [paths | ({} if host is None else {"host": host}) for host in rules],
            **({"tls": tls} if tls else {}),
            **({"ingressClassName": name} if where == "field" else {}),
            **({"defaultBackend": BACKEND} if default else {}),
        },
    }


def services() -> some.SearchStrategy[Made]:
    def made(kind: str, *, allocate: bool, addressed: bool) -> Made:
        spec: Made = {"type": kind, "ports": [{"port": 80}]}
        if kind == "LoadBalancer" and not allocate:
            spec["allocateLoadBalancerNodePorts"] = False
        if kind == "ExternalName":
            spec["externalName"] = "example.org"
        if addressed:
            spec["externalIPs"] = ["198.51.100.7"]
        return {"apiVersion": "v1", "kind": "Service", "spec": spec}

    kinds = some.sampled_from(("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"))
    return some.builds(made, kinds, allocate=some.booleans(), addressed=some.booleans())


def tolerations() -> some.SearchStrategy[Made]:
    keys = some.sampled_from(
        ("dedicated", "spot", "other", "node.kubernetes.io/not-ready", "node.kubernetes.io/x")
    )
    effects = optional(effect=some.sampled_from(("NoSchedule", "NoExecute")))
    exists = some.builds(
        lambda key, effect: {"key": key, "operator": "Exists"} | effect, keys, effects
    )
    every = effects.map(lambda effect: {"operator": "Exists"} | effect)
    equal = some.builds(
        lambda key, value, effect: {"key": key, "value": value} | effect,
        keys,
        some.sampled_from(("blue", "red")),
        effects,
    )
    return exists | every | equal


def pods() -> some.SearchStrategy[Made]:
    port = some.sampled_from((None, None, "containerPort", "hostPort"))
    container = some.tuples(IMAGES, port)
    claimed: some.SearchStrategy[Made] = claim_spec().map(
        lambda spec: {"ephemeral": {"volumeClaimTemplate": {"spec": spec}}}
    )
    mounted: some.SearchStrategy[Made] = IMAGES.map(lambda name: {"image": {"reference": name}})
    fields = optional(
        initContainers=some.lists(container, min_size=1, max_size=2),
        volumes=some.lists(claimed | mounted, max_size=2),
        serviceAccountName=some.sampled_from(("default", "web", "deployer")),
        priorityClassName=some.sampled_from(("batch", "urgent")),
        runtimeClassName=some.sampled_from(("gvisor", "kata")),
        nodeSelector=optional(pool=some.sampled_from(("blue", "red")), zone=some.just("a")),
        tolerations=some.lists(tolerations(), max_size=3),
        nodeName=some.just("node-1"),
        hostNetwork=some.just(value=True),
    )
    return some.builds(_pod, some.lists(container, min_size=1, max_size=3), fields)


def _pod(containers: list[tuple[str, str | None]], fields: Made) -> Made:
    """With names, and each port once: with hostNetwork those of containers are the host's."""
    pod: Made = {**fields, "containers": containers}
    for first, field in enumerate(("containers", "initContainers")):
        if field in pod:
            start = 8000 + 100 * first
            pod[field] = [_container(one, start + at) for at, one in enumerate(pod[field])]
    if "volumes" in pod:
        pod["volumes"] = [{"name": f"v{at}", **one} for at, one in enumerate(pod["volumes"])]
    return pod


def _container(drawn: tuple[str, str | None], number: int) -> Made:
    image, port = drawn
    ports = {"ports": [{"containerPort": number, port: number}]} if port else {}
    return {"name": f"c{number}", "image": image, **ports}


def objects() -> some.SearchStrategy[Made]:
    """One of any kind that the rules are about."""
    kind = some.sampled_from(sorted(workloads({})))
    carried = some.builds(lambda one, spec: workloads(spec)[one], kind, pods())
    return carried | carried | claims() | ingresses() | services()
