"""One state's history within its machine: at which positions its clock moved, and to what."""

from __future__ import annotations

from am_dbg.store.column import Column

MAX_TICK = (1 << 64) - 1
"""Largest tick and sum kept; more is cut to it."""


class ChangeLog:
    """Sorted positions and the tick from each on. A position may stand there twice.

    It does when a schema's snapshot moved the clock right before the message at that position: the
    last entry of a position is the tick after its message, the one before it the tick before.
    """

    __slots__ = ("add_pos", "add_tick", "pos", "tick")

    def __init__(self, pos: Column | None = None, tick: Column | None = None) -> None:
        self.pos = Column("I") if pos is None else pos
        self.tick = Column("I") if tick is None else tick
        self.add_pos = self.pos.append
        self.add_tick = self.tick.append

    def take_large(self, tick: int) -> int:
        """Add a tick that did not fit, after making room for 64 bits; the tick as kept."""
        tick = min(tick, MAX_TICK)
        if self.tick.typecode == "I":
            self.tick = self.tick.widened()
            self.add_tick = self.tick.append
        self.add_tick(tick)
        return tick

    def drop_last(self) -> None:
        """Take back the last entry, which was added since the log was loaded."""
        self.pos.tail.pop()
        self.tick.tail.pop()

    def at(self, pos: int, initial: int) -> int:
        """The tick after ``pos``; ``initial`` before the first entry."""
        k = self.pos.right(pos)
        return self.tick[k - 1] if k else initial

    def change(self, pos: int, initial: int) -> tuple[int, int] | None:
        """Tick before and after the message at ``pos``; None when it did not move."""
        k = self.pos.right(pos)
        if not k or self.pos[k - 1] != pos:
            return None
        return (self.tick[k - 2] if k > 1 else initial), self.tick[k - 1]

    def next(self, pos: int) -> int | None:
        """The first position with an entry after ``pos``."""
        k = self.pos.right(pos)
        return self.pos[k] if k < len(self.pos) else None

    def prev(self, pos: int) -> int | None:
        """The last position with an entry before ``pos``."""
        k = self.pos.left(pos)
        return self.pos[k - 1] if k else None
