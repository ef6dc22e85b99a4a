"""No answer: what became of a request whose connection failed, and what to say about it."""

from __future__ import annotations

import os
import socket
import ssl
from typing import NamedTuple

import aiohttp

from mto.cluster.errors import Call, RequestFailed, Timeout, Unreachable, clip


class Silence(NamedTuple):
    """``sent``: the server may have received the request. ``hopeless``: trying again is no use."""

    error: RequestFailed
    sent: bool
    hopeless: bool = False


def silence(error: Exception, *, call: Call, server: str, seconds: float) -> Silence:
    """``error`` is what the HTTP client raised; ``seconds`` is how long is tried at most."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return Silence(_untrusted(error, call, server), sent=False, hopeless=True)
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        problem = f"no connection to {server} within {seconds:g} s: {_plain(error)}"
        return Silence(Unreachable(call, problem), sent=False)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        problem = f"the proxy before {server} refused the connection with status {error.status}"
        return Silence(Unreachable(call, problem), sent=False)
    if isinstance(error, TimeoutError):
        return Silence(Timeout(call, f"{server} did not answer within {seconds:g} s"), sent=True)
    problem = f"{server} broke off the connection before it answered: {_plain(error)}"
    return Silence(Unreachable(call, problem), sent=True)


def _untrusted(error: Exception, call: Call, server: str) -> Unreachable:
    cause = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        problem = f"the certificate of {server} is not trusted: {clip(cause.verify_message)}"
        advice = "check certificate-authority and tls-server-name in the kubeconfig"
    else:
        reason = getattr(cause, "reason", None) or cause
        problem = f"no TLS connection to {server}: {clip(str(reason))}"
        advice = "check the server's address and scheme, and the client certificate"
    return Unreachable(call, problem, advice=advice)


def _plain(error: Exception) -> str:
    """The operating system's words, without the address once more."""
    inner = getattr(error, "os_error", None) or error
    if isinstance(inner, OSError) and inner.errno and not isinstance(inner, socket.gaierror):
        return os.strerror(inner.errno)
    return clip(getattr(inner, "strerror", None) or str(inner) or type(inner).__name__)
