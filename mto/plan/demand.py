"""Who needs more of a budget, and who can spare it. Whole units; pure.

Parts are sticky: nothing moves until a namespace presses on its limit. Where something was refused
the need is urgent, and the others give whatever they don't use; where use has only come near the
limit they keep a reserve, so that two namespaces never play ping-pong with the last units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mto.plan.split import Share, fill

NEAR = 10
"""A namespace presses when less than one part in so many is left."""
STEP = 4
"""It then asks for one part in so many of an even share more than it uses."""
RESERVE = 5
"""Who gives keeps one part in so many of an even share beyond what it uses."""


@dataclass(frozen=True)
class Want:
    """The part that a namespace would like to have."""

    part: int
    urgent: bool = False


def wants(
    budget: int, shares: Mapping[str, Share], refused: Mapping[str, int]
) -> Mapping[str, Want]:
    """``refused`` are the amounts that namespaces could not get beyond what they use."""
    even = budget // max(1, len(shares))
    step = max(1, even // STEP)
    found = {
        name: Want(share.used + max(step, refused[name]), urgent=True)
        for name, share in shares.items()
        if refused.get(name)
    }
    for name, share in shares.items():
        hard = share.spec or 0
        if name not in found and share.used and (hard - share.used) * NEAR < max(hard, 1):
            found[name] = Want(share.used + step)
    return found


def leaned(
    budget: int, parts: Mapping[str, int], shares: Mapping[str, Share], *, asked: Mapping[str, Want]
) -> dict[str, int]:
    """The parts after the wants are met as far as others can spare; the sum stays the same."""
    reserve = max(1, budget // max(1, len(shares)) // RESERVE)
    result = dict(parts)
    for urgent in (True, False):
        takers = {
            name: want.part
            for name, want in asked.items()
            if want.urgent is urgent and want.part > result[name]
        }
        spared = {
            name: shares[name].used
            if urgent
            else max(shares[name].used + reserve, _easy(shares[name]))
            for name in result
            if name not in takers and not (name in asked and (asked[name].urgent or not urgent))
        }
        floors = {name: min(floor, result[name]) for name, floor in spared.items()}
        slack = sum(result[name] - floor for name, floor in floors.items())
        need = sum(part - result[name] for name, part in takers.items())
        moved = min(slack, need)
        if moved:
            result |= _together(takers, result, moved) | _together(
                {name: result[name] for name in floors}, floors, slack - moved
            )
    return result


def _easy(share: Share) -> int:
    """The least part in which it doesn't press: who gave more would ask for it back at once."""
    return -(-share.used * NEAR // (NEAR - 1))


def _together(high: Mapping[str, int], low: Mapping[str, int], more: int) -> dict[str, int]:
    """``more`` units in all above their ``low``, as level as the bounds allow."""
    floor = {name: low[name] for name in high}
    return fill(sum(floor.values()) + more, low=floor, high=high)
