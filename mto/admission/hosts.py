"""Host names: of Ingresses, OpenShift's Routes, and the Gateway API's listeners and routes.

Whatever names no host takes all, so it counts as ``*``, which a list may have too.
"""

from __future__ import annotations

from typing import Final

from mto.admission.allowed import NONE_REFUSED, compared, flat, parameter
from mto.admission.rule import Check, Match, Rule
from mto.admission.sentence import Cel, names, refused
from mto.spec.check.hosts import ANY_HOST

_CONFIG: Final = "hostValidationConfig"
_ALLOWED: Final = parameter(_CONFIG, "allowed")
_REGEX: Final = parameter(_CONFIG, "allowedRegex", default="''")
_NO_WILDCARDS: Final = parameter(_CONFIG, "denyWildcards", default="false")
_GATEWAY: Final = "gateway.networking.k8s.io"
POLICY: Final = "ingresses"
"""The policy of all rules about Ingresses."""
INGRESSES: Final = (Match("networking.k8s.io", ("ingresses",)),)
OTHERS: Final = (
    Match("route.openshift.io", ("routes",)),
    Match(_GATEWAY, ("gateways", "listenersets", "httproutes", "grpcroutes", "tlsroutes")),
    Match("gateway.networking.x-k8s.io", ("xlistenersets",)),
)


def rules() -> tuple[Rule, ...]:
    return (
        _rule(INGRESSES, (_of_ingress("object"), _of_ingress("oldObject")), policy=POLICY),
        _rule(OTHERS, (_others("object"), _others("oldObject"))),
    )


def _rule(matches: tuple[Match, ...], hosts: tuple[str, str], *, policy: str = "") -> Rule:
    """``hosts``: as they are written in ``object`` and in ``oldObject``."""
    matched = f"({_REGEX} != '' && value.matches({_REGEX}))"
    wild = f"({_NO_WILDCARDS} && value.startsWith('*'))"
    refuse = f"{wild} || !(value in {_ALLOWED} || {matched})"
    return Rule(
        name="hosts",
        summary="this host name is not allowed",
        matches=matches,
        conditions={"governed": f"has(params.spec.{_CONFIG})"},
        variables=dict(compared(*map(_read, hosts), refuse=refuse)),
        checks=(Check(NONE_REFUSED, _message()),),
        policy=policy,
    )


def _read(hosts: str) -> str:
    """In lower case; what is empty is any host."""
    return f"({hosts}).map(one, one == '' ? '{ANY_HOST}' : one.lowerAscii())"


def _message() -> str:
    expression = f"({_REGEX} == '' ? '' : ', and what matches ' + {_REGEX})"
    wildcards = f"({_NO_WILDCARDS} ? ', but no wildcards' : '')"
    return refused(
        "may not use host ",
        names("variables.refused"),
        " ('*' stands for whatever names no host); allowed: ",
        names(_ALLOWED),
        Cel(expression),
        Cel(wildcards),
        field=f"spec.{_CONFIG}",
    )


def _others(of: str) -> str:
    kinds = {
        "Route": f"[{_of_route(of)}]",
        "Gateway": _of_listeners(of),
        "ListenerSet": _of_listeners(of),
        "XListenerSet": _of_listeners(of),
    }
    routes = (
        f"[{of}.spec.?hostnames.orValue([])].map(all, all.size() > 0 ? all : ['{ANY_HOST}'])[0]"
    )
    chosen = routes
    for kind, hosts in reversed(kinds.items()):
        chosen = f"request.kind.kind == '{kind}' ? {hosts} : ({chosen})"
    return chosen


def _of_ingress(of: str) -> str:
    """Of rules, of certificates, and any host where there is a default backend."""
    certified = flat(f"{of}.spec.?tls.orValue([])", each=f"one.?hosts.orValue(['{ANY_HOST}'])")
    return (
        f"({of}.spec.?rules.orValue([]).map(one, one.?host.orValue('')) + {certified} + "
        f"(has({of}.spec.defaultBackend) ? ['{ANY_HOST}'] : []))"
    )


def _of_route(of: str) -> str:
    """With wildcardPolicy Subdomain it takes all hosts beside its own."""
    host = f"{of}.spec.?host.orValue('{ANY_HOST}')"
    return (
        f"{of}.spec.?wildcardPolicy.orValue('None') == 'Subdomain' ? "
        f"'*.' + {host}.substring({host}.indexOf('.') + 1) : {host}"
    )


def _of_listeners(of: str) -> str:
    return f"{of}.spec.?listeners.orValue([]).map(one, one.?hostname.orValue(''))"
