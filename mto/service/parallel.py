"""Many stacks side by side, a bounded number at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def each(
    names: Iterable[str], work: Callable[[str], Awaitable[T]], parallel: int
) -> tuple[T, ...]:
    """The results in the order of the names; at most ``parallel`` at a time."""
    places = asyncio.Semaphore(parallel)

    async def one(name: str) -> T:
        async with places:
            return await work(name)

    return tuple(await asyncio.gather(*(one(name) for name in names)))
