"""Which positions of a machine a filter shows: counted, found and numbered fast at any length."""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from collections.abc import Hashable
from itertools import accumulate, compress
from typing import NamedTuple, Protocol

from am_dbg.store.column import Column
from am_dbg.store.facts import REVISED, stale_parts
from am_dbg.store.flags import Flag
from am_dbg.store.machine import MachineLog

_SLICE = 4096
"""Positions of a sorted column that are looked at together."""


class Found(NamedTuple):
    """A position that was looked for (None: there is none), and how many hidden ones lie before."""

    pos: int | None
    skipped: int


class Visible(Protocol):
    """The positions of a machine that are shown, as rows from 0; -1, the schema, always is."""

    def __len__(self) -> int:
        """How many are shown."""
        ...

    @property
    def hidden(self) -> int:
        """How many are not."""
        ...

    @property
    def name(self) -> Hashable:
        """What tells one choice of positions from another of the same machine."""
        ...

    def shows(self, pos: int) -> bool:
        """Whether that position is shown."""
        ...

    def rank(self, pos: int) -> int:
        """How many shown positions are below ``pos``."""
        ...

    def at(self, row: int) -> int:
        """Position of row ``row``, from 0 to before ``len``."""
        ...

    def next(self, pos: int) -> int:
        """The first shown position after ``pos``; -1 when there is none."""
        ...

    def previous(self, pos: int) -> int:
        """The last shown position before ``pos``; -1 when there is none."""
        ...

    def next_of(self, positions: Column, pos: int) -> Found:
        """Of a sorted column of positions: the first shown after ``pos``."""
        ...

    def previous_of(self, positions: Column, pos: int) -> Found:
        """Of a sorted column of positions: the last shown before ``pos``."""
        ...

    def next_flagged(self, flag: Flag, pos: int) -> Found:
        """The first shown after ``pos`` with the flag, ERROR or CANCELED."""
        ...

    def previous_flagged(self, flag: Flag, pos: int) -> Found:
        """The last shown before ``pos`` with the flag, ERROR or CANCELED."""
        ...

    def count_flagged(self, flag: Flag, first: int, last: int) -> int:
        """How many shown ones from ``first`` to ``last`` have the flag, ERROR or CANCELED."""
        ...


class Everything:
    """All positions, as many as there are now."""

    def __init__(self, machine: MachineLog) -> None:
        self._machine = machine
        self._size = machine.size

    def __len__(self) -> int:
        return self._size

    hidden = 0
    name: Hashable = ""

    def shows(self, pos: int) -> bool:
        """Any position there is."""
        return pos < self._size

    def rank(self, pos: int) -> int:
        """Rows are positions."""
        return min(max(pos, 0), self._size)

    def at(self, row: int) -> int:
        """Rows are positions."""
        return row

    def next(self, pos: int) -> int:
        """The one after."""
        return pos + 1 if pos + 1 < self._size else -1

    def previous(self, pos: int) -> int:
        """The one before."""
        return max(min(pos, self._size) - 1, -1)

    def next_of(self, positions: Column, pos: int) -> Found:
        """The first after ``pos``."""
        k = positions.right(pos) if pos >= 0 else 0
        found = positions[k] if k < len(positions) else self._size
        return Found(found if found < self._size else None, 0)

    def previous_of(self, positions: Column, pos: int) -> Found:
        """The last before ``pos``."""
        k = positions.left(min(pos, self._size)) if pos > 0 else 0
        return Found(positions[k - 1] if k else None, 0)

    def next_flagged(self, flag: Flag, pos: int) -> Found:
        """The first after ``pos``."""
        return Found(self._machine.next_with(flag, pos), 0)

    def previous_flagged(self, flag: Flag, pos: int) -> Found:
        """The last before ``pos``."""
        return Found(self._machine.prev_with(flag, pos), 0)

    def count_flagged(self, flag: Flag, first: int, last: int) -> int:
        """How many have it."""
        return self._machine.count_with(flag, first, last)


class Filtered:
    """Positions whose lowest flag byte is 1 in ``table``, and, with ``states``, that call one of
    them. `refresh` takes over what is new: it costs about 3 ns a message.

    One byte a position says whether it is shown, and each part of `REVISED` how many before it are.
    """

    def __init__(
        self, machine: MachineLog, table: bytes, states: frozenset[str] | None = None
    ) -> None:
        self._machine = machine
        self._table = table
        self._states = states
        self.name: Hashable = (table, states)
        self._flagged: dict[int, Filtered] = {}
        self._clear()

    def _clear(self) -> None:
        self._facts = self._machine.facts
        self._mask = bytearray()
        self._revisions = array("I")
        self._counts: list[int] = []
        self._before: list[int] = [0]
        self._rows: dict[int, list[int]] = {}

    def refresh(self) -> None:
        """Take over what has come, and what has changed since."""
        machine = self._machine
        if machine.facts is not self._facts:
            self._clear()  # its messages were put into another order
        self._facts.refresh(machine)
        size = machine.size
        parts = stale_parts(machine.revisions, self._revisions, len(self._mask), size)
        self._revisions = array("I", machine.revisions)
        if not parts:
            return
        calling = self._calling() if self._states is not None else None
        for part in parts:
            first, last = part * REVISED, min((part + 1) * REVISED, size)
            shown = bytes(self._facts.kinds[first:last].translate(self._table))
            if calling is not None:
                shown = _both(shown, _looked_up(self._facts.calls[first:last], calling))
            self._mask[first:last] = shown
            self._counts[part : part + 1] = [shown.count(1)]
            self._rows.pop(part, None)
        start = parts[0]
        self._before[start:] = accumulate(self._counts[start:], initial=self._before[start])

    def __len__(self) -> int:
        return self._before[-1]

    @property
    def hidden(self) -> int:
        """How many are not shown."""
        return len(self._mask) - self._before[-1]

    def shows(self, pos: int) -> bool:
        """Whether that position is shown."""
        return pos < 0 or (pos < len(self._mask) and self._mask[pos] == 1)

    def rank(self, pos: int) -> int:
        """How many shown positions are below ``pos``."""
        pos = min(max(pos, 0), len(self._mask))
        part = pos // REVISED
        return self._before[part] + self._mask.count(1, part * REVISED, pos)

    def at(self, row: int) -> int:
        """Position of row ``row``."""
        part = bisect_right(self._before, row) - 1
        rows = self._rows.get(part)
        if rows is None:
            if len(self._rows) > 64:
                self._rows.clear()
            first = part * REVISED
            mask = self._mask[first : first + REVISED]
            rows = self._rows[part] = list(compress(range(first, first + len(mask)), mask))
        return rows[row - self._before[part]]

    def next(self, pos: int) -> int:
        """The first shown position after ``pos``; -1 when there is none."""
        return self._mask.find(1, pos + 1)

    def previous(self, pos: int) -> int:
        """The last shown position before ``pos``; -1 when there is none."""
        return self._mask.rfind(1, 0, max(pos, 0))

    def next_of(self, positions: Column, pos: int) -> Found:
        """Of a sorted column of positions: the first shown after ``pos``."""
        start = positions.right(pos) if pos >= 0 else 0
        end = positions.left(len(self._mask)) if len(self._mask) else 0
        for k in range(start, end, _SLICE):
            found = self._shown(positions, k, min(k + _SLICE, end)).find(1)
            if found >= 0:
                return Found(positions[k + found], k + found - start)
        return Found(None, max(end - start, 0))

    def previous_of(self, positions: Column, pos: int) -> Found:
        """Of a sorted column of positions: the last shown before ``pos``."""
        end = positions.left(min(pos, len(self._mask))) if pos > 0 else 0
        for k in range(end, 0, -_SLICE):
            first = max(k - _SLICE, 0)
            found = self._shown(positions, first, k).rfind(1)
            if found >= 0:
                return Found(positions[first + found], end - 1 - first - found)
        return Found(None, end)

    def next_flagged(self, flag: Flag, pos: int) -> Found:
        """The first shown after ``pos`` with the flag."""
        found = self._with(flag).next(pos)
        last = found - 1 if found >= 0 else len(self._mask) - 1
        return Found(
            found if found >= 0 else None, self._machine.count_with(flag, max(pos + 1, 0), last)
        )

    def previous_flagged(self, flag: Flag, pos: int) -> Found:
        """The last shown before ``pos`` with the flag."""
        found = self._with(flag).previous(pos)
        skipped = self._machine.count_with(flag, found + 1, pos - 1)
        return Found(found if found >= 0 else None, skipped)

    def count_flagged(self, flag: Flag, first: int, last: int) -> int:
        """How many shown ones have it."""
        mask = self._with(flag)
        return mask.rank(last + 1) - mask.rank(first)

    def _with(self, flag: Flag) -> Filtered:
        """Those of them that have the flag."""
        bit = int(flag)
        mask = self._flagged.get(bit)
        if mask is None:
            table = bytes(shown if kind & bit else 0 for kind, shown in enumerate(self._table))
            mask = self._flagged[bit] = Filtered(self._machine, table, self._states)
        mask.refresh()
        return mask

    def _shown(self, positions: Column, first: int, last: int) -> bytes:
        places = array(positions.typecode, positions.bytes(first, last))
        return bytes(map(self._mask.__getitem__, places))

    def _calling(self) -> bytes:
        """For each place in ``calls``: whether one of the states is called."""
        table = bytearray(1 << 16)
        for place in self._machine.calls.places_with(self._states or ()):
            table[place] = 1
        return bytes(table)


def _looked_up(places: array[int], table: bytes) -> bytes:
    if max(places, default=0) < 256:
        low = 0 if sys.byteorder == "little" else 1
        return places.tobytes()[low::2].translate(table[:256])
    return bytes(map(table.__getitem__, places))


def _both(one: bytes, other: bytes) -> bytes:
    both = int.from_bytes(one, "little") & int.from_bytes(other, "little")
    return both.to_bytes(len(one), "little")
