"""Ports on loopback, below the range that outgoing connections use."""

from __future__ import annotations

import random
import socket
from collections.abc import Collection, Iterator, Mapping

RANGE = range(20_000, 32_768)


def allocate(
    names: Collection[str], *, taken: Collection[int], wish: Mapping[str, int]
) -> dict[str, int]:
    """A free port for each name, if possible the one it had before (``wish``)."""
    kept = {name: port for name, port in wish.items() if port not in taken and free(port)}
    drawn = _drawn({*taken, *wish.values()})
    return {name: kept[name] if name in kept else next(drawn) for name in names}


def free(port: int) -> bool:
    """Nobody listens there, on loopback or on all interfaces; lingering connections don't count."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _drawn(taken: Collection[int]) -> Iterator[int]:
    candidates = [port for port in RANGE if port not in taken]
    random.shuffle(candidates)
    return (port for port in candidates if free(port))
