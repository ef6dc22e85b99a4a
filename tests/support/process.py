"""Whether a process lives and where it listens, as the kernel says. Linux only."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator
from pathlib import Path

LISTEN = "0A"
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def listening(pid: int) -> list[Address]:
    """Addresses of the TCP sockets on which ``pid`` accepts connections."""
    mine = set(_sockets(pid))
    return [address for inode, address in _listeners(pid) if inode in mine]


def alive(pid: int) -> bool:
    """Dead ones that nobody asked about are still listed."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def _sockets(pid: int) -> Iterator[str]:
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        target = str(descriptor.readlink())
        if target.startswith("socket:["):
            yield target.removeprefix("socket:[").removesuffix("]")


def _listeners(pid: int) -> Iterator[tuple[str, Address]]:
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN:
                yield fields[9], _address(fields[1].partition(":")[0])


def _address(text: str) -> Address:
    """Words of the machine's own byte order, in hexadecimal."""
    words = [int(text[at : at + 8], 16) for at in range(0, len(text), 8)]
    return ipaddress.ip_address(b"".join(struct.pack("=I", word) for word in words))
