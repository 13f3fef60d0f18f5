"""All matches of a search, found in slices outward from a place: jump, count, progress."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from time import perf_counter
from typing import NamedTuple

from am_dbg.model.find import Finder, Pause


class Jump(NamedTuple):
    """Where a search leads: a tx number, and whether it went on from the other end."""

    n: int
    wrapped: bool = False


class Hits:
    """Matches of a `Finder` around tx number ``start``. ``work`` goes on; what is known, is kept.

    Numbers from ``low`` to before ``high`` have been looked at. A store that grows has more to look
    at behind.
    """

    def __init__(self, finder: Finder, start: int) -> None:
        self.finder = finder
        self._store = finder.store
        self.low = self.high = min(max(start, 0), len(self._store))
        self.found = array("I")
        """Matches in the order found: nearest first, by turns on both sides."""
        self._after = array("I")
        self._before = array("I")  # descending
        self._scans: dict[int, Iterator[int | Pause]] = {}
        self._side = 1

    @property
    def count(self) -> int:
        """Matches found so far."""
        return len(self.found)

    @property
    def done(self) -> bool:
        """Whether everything that is there has been looked at."""
        return self.low == 0 and self.high >= len(self._store)

    @property
    def share(self) -> float:
        """How much has been looked at, 0 to 1."""
        return (self.high - self.low) / max(1, len(self._store))

    def work(self, seconds: float, side: int = 0) -> bool:
        """Look on for about so long, on both sides in turn or only on one; True if more waits.

        With ``side`` (1 after, -1 before) it returns as soon as that side has another match.
        """
        until = perf_counter() + seconds
        known = len(self._side_of(side)) if side else 0
        while not self.done:
            self._step(side or self._turn())
            if side and (len(self._side_of(side)) > known or self._is_done(side)):
                break
            if perf_counter() >= until:
                break
        return not self.done

    def jump(self, n: int, direction: int) -> Jump | int | None:
        """The match next to ``n`` in a direction, round the end if need be.

        None: there is none at all. A number: that side (1, -1) must be looked at first.
        """
        after, before = direction > 0, direction < 0
        found = self._next(n) if after else self._previous(n)
        gap = (n < self.low - 1 and after) or (n > self.high and before)
        if gap:
            return -direction
        if found is not None:
            return Jump(found)
        if not self._is_done(direction):
            return direction
        if not self._is_done(-direction):
            return -direction
        found = self._next(-1) if after else self._previous(len(self._store))
        return None if found is None else Jump(found, wrapped=True)

    def rank(self, n: int) -> int | None:
        """The place (from 1) of a match among those known; None when ``n`` is none."""
        later = bisect_left(self._after, n)
        if later < len(self._after) and self._after[later] == n:
            return len(self._before) + later + 1
        earlier = bisect_left(self._before, -n, key=lambda value: -value)
        if earlier < len(self._before) and self._before[earlier] == n:
            return len(self._before) - earlier
        return None

    # -- inside ----------------------------------------------------------------------------------

    def _side_of(self, side: int) -> array[int]:
        return self._after if side > 0 else self._before

    def _is_done(self, side: int) -> bool:
        return self.high >= len(self._store) if side > 0 else self.low == 0

    def _turn(self) -> int:
        return -self._side if self._is_done(self._side) else self._side

    def _step(self, side: int) -> None:
        """Go on to the next match or pause of a side."""
        if self._is_done(side):
            return
        scan = self._scans.get(side)
        if scan is None:
            begin = self.high if side > 0 else self.low
            scan = self._scans[side] = self.finder.scan(begin, side > 0)
        found = next(scan, None)
        if found is None:
            del self._scans[side]
            if side < 0:
                self.low = 0
            return
        if not isinstance(found, Pause):
            self._side_of(side).append(found)
            self.found.append(found)
            found = Pause(found + 1 if side > 0 else found)
        elif found.whole:
            self._side = -side  # blocks are read one by one: in between it would be read again
        if side > 0:
            self.high = found.edge
        else:
            self.low = found.edge

    def _next(self, n: int) -> int | None:
        earlier = bisect_left(self._before, -n, key=lambda value: -value)
        if earlier:
            return self._before[earlier - 1]
        later = bisect_right(self._after, n)
        return self._after[later] if later < len(self._after) else None

    def _previous(self, n: int) -> int | None:
        later = bisect_left(self._after, n)
        if later:
            return self._after[later - 1]
        earlier = bisect_right(self._before, -n, key=lambda value: -value)
        return self._before[earlier] if earlier < len(self._before) else None
