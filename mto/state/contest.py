"""How a stack's lock is taken: the protocol of Pulumi's CLI, and an end to ties.

One JSON file for each holder, ``.pulumi/locks/organization/mto/<stack>/<uuid>.json``. To take
the lock: look, write one's own file, look again. Whoever then sees another's live file does not
hold the lock. The CLI gives up at once. An mto takes its file back and tries again, unless its id
is the lowest: then it leaves its file and waits for the others to go, so that one of them wins.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from mto.state.errors import Holder
from mto.state.shelf import Found, Shelf


def contend(shelf: Shelf, lifetime: timedelta) -> Iterator[Holder | None]:
    """Try until the lock is held: one access to the shelf between two steps.

    Yields a rival where it is time to pause, else None. Abandoned, it may leave a file behind.
    """
    while True:
        if rivals := _rivals(shelf):
            yield rivals[0].holder
            continue
        yield None
        shelf.put(lifetime)
        yield None
        while rivals := _rivals(shelf):
            if any(one.id < shelf.id for one in rivals):
                yield None
                shelf.drop(shelf.id)
                yield rivals[0].holder
                break
            yield rivals[0].holder
        else:
            return


def _rivals(shelf: Shelf) -> list[Found]:
    now = shelf.clock()
    return [one for one in shelf.others() if not one.dead(now, shelf.term)]
