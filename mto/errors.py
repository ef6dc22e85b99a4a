"""Every error that MTO raises on purpose has ``MtoError`` as its base.

MtoError
├── SpecError        a manifest is wrong; its author can mend it (exit 2)
├── UsageError       the command or the environment's settings are wrong (exit 2)
├── ClusterError     the Kubernetes API said no, or nothing       (family: mto.cluster.errors)
├── StateError       the stack's state can't be read, written or locked (family: mto.state.errors)
├── EngineError      part of a plan was not carried out            (family: mto.engine.errors)
└── LocalError       the local control plane can't be built or run       (family: mto.local.errors)

The exit code belongs to the class; doors (CLI, gateway) hold no mapping tables.
"""

from __future__ import annotations

from typing import ClassVar


class MtoError(Exception):
    """Base of all errors that are shown to a person without a traceback."""

    exit_code: ClassVar[int] = 1


class SpecError(MtoError):
    """A manifest is wrong; its author can mend it."""

    exit_code = 2


class UsageError(MtoError):
    """The command line or the environment's settings are wrong."""

    exit_code = 2


class ClusterError(MtoError):
    """The Kubernetes API said no, or nothing."""


class StateError(MtoError):
    """The stack's state can't be read, written or locked."""


class EngineError(MtoError):
    """Part of a plan was not carried out."""


class LocalError(MtoError):
    """The local control plane could not be built, started or stopped."""
