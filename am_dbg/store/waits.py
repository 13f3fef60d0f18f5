"""What began and ended over time, such as waits of a machine: what was open at a moment."""

from __future__ import annotations

from array import array
from bisect import bisect_right

OPEN = 0xFFFFFFFF
_BLOCK = 256


class Waits:
    """Beginnings and ends by tx number, told in order. 16 bytes each; asking costs what is open."""

    __slots__ = ("_block_last", "_block_open", "_closes", "_ends", "_keys", "_open", "_starts")

    def __init__(self) -> None:
        self._starts = array("I")
        self._ends = array("I")
        self._keys = array("I")
        self._closes = array("I")
        self._open: dict[int, list[int]] = {}
        # of each 256 beginnings: how many have no end yet, and the last end
        self._block_open = array("H")
        self._block_last = array("I")

    def __len__(self) -> int:
        return len(self._starts)

    def begin(self, n: int, key: int, once: bool = False) -> None:
        """Something began in message ``n``; ``once``: unless one of that key is open already."""
        if once and key in self._open:
            return
        i = len(self._starts)
        if i % _BLOCK == 0:
            self._block_open.append(0)
            self._block_last.append(0)
        self._block_open[-1] += 1
        self._starts.append(n)
        self._ends.append(OPEN)
        self._keys.append(key)
        self._open.setdefault(key, []).append(i)

    def end(self, n: int, key: int) -> None:
        """The oldest of that key ended in message ``n``; nothing when none is open."""
        waiting = self._open.get(key)
        if not waiting:
            return
        i = waiting.pop(0)
        if not waiting:
            del self._open[key]
        self._ends[i] = n
        self._closes.append(n)
        self._block_open[i // _BLOCK] -= 1
        self._block_last[i // _BLOCK] = n

    def count(self, n: int) -> int:
        """How many were open after message ``n``."""
        return bisect_right(self._starts, n) - bisect_right(self._closes, n)

    def open_at(self, n: int, limit: int) -> list[tuple[int, int]]:
        """(where it began, key) of those open after message ``n``, newest first, up to so many."""
        found: list[tuple[int, int]] = []
        wanted = min(self.count(n), limit)
        i = bisect_right(self._starts, n) - 1
        while i >= 0 and len(found) < wanted:
            block = i // _BLOCK
            if not self._block_open[block] and self._block_last[block] <= n:
                i = block * _BLOCK - 1
                continue
            if self._ends[i] > n:
                found.append((self._starts[i], self._keys[i]))
            i -= 1
        return found
