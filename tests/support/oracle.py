"""What tenants may use, stated a second time: in Python, from the documents, for property tests.

Nothing here comes from the product, and nothing of it is used there. ``rules`` is the ``spec`` of a
Tenant as its author writes it; answers are the names of the rules that refuse an object.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Object = Mapping[str, Any]
TAINTS_OF_KUBERNETES = {
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/pid-pressure",
    "node.kubernetes.io/network-unavailable",
    "node.kubernetes.io/unschedulable",
}


def refusing(rules: Object, made: Object) -> set[str]:
    """Rules that refuse the creation of an object; empty where it is allowed."""
    match made["kind"]:
        case "PersistentVolumeClaim":
            return {"storage-classes"} if _bad_claim(rules, made) else set()
        case "Ingress":
            return set(_ingress(rules, made))
        case "Service":
            return {"services"} if _bad_service(rules.get("services", {}), made["spec"]) else set()
        case kind:
            templates = made.get("spec", {}).get("volumeClaimTemplates", [])
            bad = any(_bad_template(rules, one) for one in templates)
            return set(_pod(rules, pod_of(kind, made))) | ({"storage-classes"} if bad else set())


def pod_of(kind: str, made: Object) -> Object:
    """The pod's specification within a workload of any kind."""
    spec: Object = made if kind == "PodTemplate" else made["spec"]
    if kind == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    return spec if kind == "Pod" else spec["template"]["spec"]


# ---- classes -------------------------------------------------------------------------------------


def _outside(rules: Object, field: str, name: str) -> bool:
    allowed = rules.get(field, {}).get("allowed", [])
    return bool(allowed) and name not in allowed


def _bad_claim(rules: Object, claim: Object) -> bool:
    """The beta annotation and the field both count; a claim without either has the class ''."""
    if "storageClassName" in claim["spec"] or claim["metadata"].get("annotations"):
        return _bad_template(rules, claim)
    return _outside(rules, "storageClasses", "")


def _bad_template(rules: Object, claim: Object) -> bool:
    """Without a class it waits for the default."""
    named = list(claim["metadata"].get("annotations", {}).values())
    if "storageClassName" in claim["spec"]:
        named.append(claim["spec"]["storageClassName"])
    return any(_outside(rules, "storageClasses", name) for name in named)


def _ingress(rules: Object, ingress: Object) -> Iterator[str]:
    annotated = ingress["metadata"].get("annotations", {}).get("kubernetes.io/ingress.class")
    name = annotated or ingress["spec"].get("ingressClassName", "")
    if _outside(rules, "ingressClasses", name):
        yield "ingress-classes"
    config = rules.get("hostValidationConfig")
    if config and not all(_good_host(config, one) for one in _hosts(ingress["spec"])):
        yield "hosts"


# ---- hosts ---------------------------------------------------------------------------------------


def _hosts(spec: Object) -> Iterator[str]:
    """Where no host is named, any host is meant."""
    if "defaultBackend" in spec:
        yield "*"
    for rule in spec.get("rules", []):
        yield rule.get("host", "*")
    for certificate in spec.get("tls", []):
        yield from certificate.get("hosts", ["*"])


def _good_host(config: Object, host: str) -> bool:
    if host[0] == "*" and config.get("denyWildcards"):
        return False
    expression = config.get("allowedRegex")
    matched = expression is not None and re.search(expression, host) is not None
    return matched or host in {one.lower() for one in config.get("allowed", [])}


# ---- services ------------------------------------------------------------------------------------


def _bad_service(off: Object, spec: Object) -> bool:
    kind = spec["type"]
    by_hand = any("nodePort" in port for port in spec.get("ports", []))
    balanced = kind == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts", True)
    return (
        (off.get("disableNodePorts", False) and (kind == "NodePort" or balanced or by_hand))
        or (off.get("disableLoadBalancers", False) and kind == "LoadBalancer")
        or (off.get("disableExternalIPs", False) and spec.get("externalIPs", []) != [])
        or (off.get("disableExternalNames", False) and kind == "ExternalName")
    )


# ---- pods ----------------------------------------------------------------------------------------


def _pod(rules: Object, pod: Object) -> Iterator[str]:
    volumes = pod.get("volumes", [])
    claims = [one["ephemeral"]["volumeClaimTemplate"] for one in volumes if "ephemeral" in one]
    if any(_bad_template(rules, {"metadata": {}, **one}) for one in claims):
        yield "storage-classes"
    if _outside(rules, "podPriorityClasses", pod.get("priorityClassName", "")):
        yield "priority-classes"
    if _outside(rules, "runtimeClasses", pod.get("runtimeClassName", "")):
        yield "runtime-classes"
    account = pod.get("serviceAccountName", pod.get("serviceAccount", "default"))
    if account in rules.get("serviceAccounts", {}).get("denied", []):
        yield "service-accounts"
    images = [one["image"] for one in _containers(pod)]
    images += [one["image"]["reference"] for one in volumes if "image" in one]
    if not all(_good_image(rules, one) for one in images):
        yield "images"
    if _badly_placed(rules.get("pods", {}), pod):
        yield "pods"


def _containers(pod: Object) -> list[Object]:
    return [*pod["containers"], *pod.get("initContainers", [])]


def _good_image(rules: Object, image: str) -> bool:
    if "imageRegistries" not in rules:
        return True
    allowed = {one.lower() for one in rules["imageRegistries"]["allowed"]}
    name = registry(image)
    hub = {"docker.io", "index.docker.io"}
    return name in allowed or (name in hub and bool(hub & allowed))


def registry(image: str) -> str:
    """As container runtimes read it: the first part is a registry if no path could be so."""
    first, *path = image.split("/")
    if not path:
        return ""
    looks_so = set(first) & {".", ":"} or first == "localhost" or first != first.lower()
    return first.lower() if looks_so else ""


def _badly_placed(rules: Object, pod: Object) -> bool:
    selector, tolerated = rules.get("nodeSelector", {}), rules.get("tolerations")
    chosen = pod.get("nodeSelector", {})
    if any(chosen.get(key) not in values for key, values in selector.items()):
        return True
    if "nodeName" in pod and (selector or tolerated is not None):
        return True
    if rules.get("disableHostPorts"):
        ports = [port for one in _containers(pod) for port in one.get("ports", [])]
        if pod.get("hostNetwork") or any(port.get("hostPort") for port in ports):
            return True
    return tolerated is not None and not all(
        _tolerable(tolerated["allowed"], one) for one in pod.get("tolerations", [])
    )


def _tolerable(allowed: list[Object], toleration: Object) -> bool:
    key = toleration.get("key")
    if key in TAINTS_OF_KUBERNETES:
        return True
    exact = None if toleration.get("operator") == "Exists" else toleration.get("value", "")
    for one in allowed:
        same_key = "key" not in one or one["key"] == key
        same_value = "value" not in one or one["value"] == exact
        if same_key and same_value and one.get("effect") in {None, toleration.get("effect")}:
            return True
    return False
