"""What is wrong with the functions by which a project adds resources of its own."""

from __future__ import annotations

from mto.errors import UsageError


class ExtraFailed(UsageError):
    """Names the file and the function; it crosses processes, so it takes one whole sentence."""
