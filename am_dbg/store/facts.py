"""What filters ask of each position of a machine, gathered from the columns when first needed."""

from __future__ import annotations

import sys
from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from am_dbg.store.machine import MachineLog

REVISED = 2048
"""Positions in a part: a part is gathered again when flags within it have changed."""

_LOW, _HIGH = (0, 1) if sys.byteorder == "little" else (3, 0)
"""Where a number of 32 bits has its lowest byte, a pair of 16 bits its higher half."""


class Facts:
    """``kinds`` has the lowest byte of the flags, ``calls`` the place in ``MachineLog.calls``.

    Both are by position. `refresh` costs what is new, some 50 ns a message, 3 where the machine's
    messages stand side by side.
    """

    __slots__ = ("_revisions", "calls", "kinds")

    def __init__(self) -> None:
        self._revisions = array("I")
        self.kinds = bytearray()
        self.calls = array("H")

    def refresh(self, machine: MachineLog) -> None:
        """Take over what has come, and what has changed since."""
        size = machine.size
        for part in stale_parts(machine.revisions, self._revisions, len(self.kinds), size):
            first, last = part * REVISED, min((part + 1) * REVISED, size)
            flags = _gather(machine, first, last)
            self.kinds[first:last] = flags.tobytes()[_LOW::4]
            self.calls[first:last] = array("H", flags.tobytes())[_HIGH::2]
        self._revisions = array("I", machine.revisions)


def stale_parts(now: array[int], seen: array[int], length: int, size: int) -> list[int]:
    """Parts, in order, of which the first ``length`` positions were seen at revisions ``seen``."""
    new = range(length // REVISED, -(-size // REVISED)) if size > length else range(0)
    if now == seen:
        return list(new)
    known = len(seen)
    revised = {part for part, count in enumerate(now) if part >= known or count != seen[part]}
    return sorted(revised.union(new))


def _gather(machine: MachineLog, first: int, last: int) -> array[int]:
    """Flags of the positions from ``first`` to before ``last``."""
    flags = machine.store.flags
    numbers = array("I", machine.txs.bytes(first, last))
    low, high = numbers[0], numbers[-1]
    if high - low == last - first - 1 and not machine.shuffled:
        return array("I", flags.bytes(low, high + 1))
    if not flags.split:
        return array("I", map(flags.tail.__getitem__, numbers))
    if flags.base is not None and max(numbers) < flags.split:
        return array("I", map(flags.base.__getitem__, numbers))
    return array("I", map(flags.__getitem__, numbers))
