"""Rows over the shown transitions of a machine: the schema, what filters leave, and what is open.

The transition at the cursor is always among the rows, even where filters hide it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from am_dbg.store import MachineLog, Store
from am_dbg.store.filtered import Everything, Visible

if TYPE_CHECKING:
    from am_dbg.model.cursor import Cursor

See = Callable[[int], Visible]
"""What moves ask: the shown positions of a machine, by its number."""


def see_all(store: Store) -> See:
    """Nothing is hidden."""
    return lambda machine: Everything(store.machines[machine])


def settled(log: MachineLog, pos: int, visible: Visible) -> int:
    """Where a machine stands that came to ``pos`` by the time, not by choice.

    On the last shown position, unless hidden ones have changed a clock since: then these clocks
    are what is true of the moment, and ``pos`` it is.
    """
    if visible.shows(pos):
        return pos
    before = visible.previous(pos)
    return before if log.time_sum(before) == log.time_sum(pos) else pos


def shown_rows(store: Store, cursor: Cursor, see: See | None = None) -> ShownRows | None:
    """The rows of the selected machine; None when there is none."""
    if not 0 <= cursor.machine < len(store.machines):
        return None
    return ShownRows((see or see_all(store))(cursor.machine), cursor.pos)


class ShownRows:
    """Row 0 is the schema (position -1), then a row a shown transition."""

    def __init__(self, visible: Visible, pos: int) -> None:
        self.visible = visible
        self._open = -1 if visible.shows(pos) else pos
        self._row = visible.rank(pos) + 1
        """Where the open transition is put in, when it is hidden."""

    def __len__(self) -> int:
        return len(self.visible) + (2 if self._open >= 0 else 1)

    def is_hidden(self, pos: int) -> bool:
        """Whether it is there only because it is open."""
        return pos >= 0 and pos == self._open

    def pos_at(self, row: int) -> int:
        """Position of the transition in a row."""
        if row <= 0:
            return -1
        if self._open < 0 or row < self._row:
            return self.visible.at(row - 1)
        return self._open if row == self._row else self.visible.at(row - 2)

    def index_of(self, pos: int) -> int:
        """Row of a transition; of a hidden one, the last row before it."""
        if pos < 0:
            return 0
        if pos == self._open:
            return self._row
        row = self.visible.rank(pos + 1)
        return row + 1 if 0 <= self._open < pos else row

    def after(self, pos: int) -> int | None:
        """The next position that has a row; None: there is none."""
        found = self.visible.next(pos)
        if self._open > pos and (found < 0 or self._open < found):
            return self._open
        return found if found >= 0 else None

    def before(self, pos: int) -> int:
        """The position before that has a row; -1, the schema, at last."""
        return max(self.visible.previous(pos), self._open if self._open < pos else -1)

    @property
    def last(self) -> int:
        """The last position that has a row."""
        return self.pos_at(len(self) - 1)

    def held(self, pos: int) -> int:
        """The position itself when it has a row, else the nearest before it that does."""
        return self.pos_at(self.index_of(pos))
