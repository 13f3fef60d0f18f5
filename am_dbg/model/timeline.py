"""The timeline: density of the machine's transitions over time, where trouble is, where we are."""

from __future__ import annotations

from am_dbg.model.cursor import Cursor
from am_dbg.model.text import Line
from am_dbg.store import Store


class Timeline:
    """A bar of ``width`` columns over the machine's time, costs O(width * log n)."""

    def __init__(self, store: Store, cursor: Cursor, width: int) -> None:
        raise NotImplementedError

    def bar(self) -> Line:
        """▁▂▃▄▅▆▇█ density, ``!`` errors, ✗ cancels, ┃ the cursor."""
        raise NotImplementedError

    def axis(self) -> Line:
        """Times along the bar."""
        raise NotImplementedError

    def position(self) -> Line:
        """``tx 9/11``, or ``schema/11``."""
        raise NotImplementedError

    def pos_at(self, column: int) -> int:
        """Position that a click on a column means: its first trouble, else its last transition."""
        raise NotImplementedError


class StepTimeline:
    """A bar over the steps of the shown transition."""

    def __init__(self, store: Store, cursor: Cursor, width: int) -> None:
        raise NotImplementedError

    def bar(self) -> Line:
        """Signs of the steps, the done ones stronger."""
        raise NotImplementedError

    def position(self) -> Line:
        """``step 3/5`` and the step in words."""
        raise NotImplementedError

    def step_at(self, column: int) -> int:
        """Number (from 1) of the step under a column."""
        raise NotImplementedError
