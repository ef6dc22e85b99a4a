"""The pods that an object makes: of every workload kind, in CEL, written once."""

from __future__ import annotations

from typing import Final

from mto.admission.rule import Match

PODS: Final = Match("", ("pods",))
DEBUGGED: Final = Match("", ("pods/ephemeralcontainers",), operations=("UPDATE",))
"""Containers that are added to a pod that runs."""
WORKLOADS: Final = (
    PODS,
    DEBUGGED,
    Match("", ("podtemplates", "replicationcontrollers")),
    Match("apps", ("deployments", "replicasets", "statefulsets", "daemonsets")),
    Match("batch", ("jobs", "cronjobs")),
)
"""Everything of Kubernetes' own that carries a pod's specification. Objects of other kinds make
pods or these, which are judged then."""
POLICY: Final = "workloads"
"""The policy of all rules about pods: whatever they share is worked out once a request."""


def spec(of: str) -> str:
    """The PodSpec of ``object`` or ``oldObject``; empty where there is none.

    ``dyn`` here and below is for the type checker, which allows no value beside one of another
    type; what comes first decides which type it takes the whole for.
    """
    template, unnested = f"{of}.spec.template.spec", f"{of}.template.spec"
    nested = f"{of}.spec.jobTemplate.spec.template.spec"
    return (
        f"request.kind.kind == 'Pod' ? {of}.spec : "
        f"request.kind.kind == 'CronJob' ? {nested} : "
        f"request.kind.kind == 'PodTemplate' ? {_or_empty(unnested)} : {_or_empty(template)}"
    )


def _or_empty(path: str) -> str:
    return f"({path.replace('.', '.?')}.hasValue() ? {path} : dyn({{}}))"


def _containers(pod: str) -> str:
    """All containers of a PodSpec, those that only start it or debug it as well."""
    others = (f"dyn({pod}.?{one}.orValue([]))" for one in ("initContainers", "ephemeralContainers"))
    return " + ".join((f"{pod}.?containers.orValue([])", *others))


POD: Final = {
    "pod": spec("object"),
    "podBefore": f"oldObject != null ? ({spec('oldObject')}) : dyn({{}})",
    "containers": _containers("variables.pod"),
    "containersBefore": f"oldObject == null ? [] : ({_containers('variables.podBefore')})",
}
"""Variables: the PodSpec and its containers, and what they were before an update; empty on
creation."""


def volumes(pod: str) -> str:
    return f"{pod}.?volumes.orValue([])"
