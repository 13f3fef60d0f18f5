"""The log pane: what the machine logged around the cursor, coloured by meaning.

The height of a transition's lines isn't known before it is decoded, and a history can have millions:
so the log has no line numbers. A *place* is (position of the transition, line within it); scrolling
walks from a place by lines, and decodes only what it passes. Every transition has at least one line.
"""

from __future__ import annotations

from typing import NamedTuple

from am_dbg.model.cursor import Cursor
from am_dbg.model.text import Line
from am_dbg.store import Store


class LogPlace(NamedTuple):
    """A line of the log: the transition's position (-1: the schema), the line within it."""

    pos: int
    line: int = 0


class LogRow(NamedTuple):
    """A visible line: where it is, whether it belongs to the shown transition, its text."""

    place: LogPlace
    selected: bool
    line: Line


class LogView:
    """The log of the selected machine, entries up to ``level`` (1 external to 5 everything).

    ``times`` puts a line with the time before a transition that starts a new second.
    """

    def __init__(self, store: Store, cursor: Cursor, level: int = 3, times: bool = False) -> None:
        raise NotImplementedError

    def place_for(self, height: int) -> LogPlace:
        """Top place at which the shown transition is in sight, about a third from the top."""
        raise NotImplementedError

    def scroll(self, place: LogPlace, lines: int) -> LogPlace:
        """The place ``lines`` further (negative: back), at most to the borders of the log."""
        raise NotImplementedError

    def window(self, top: LogPlace, height: int, width: int) -> list[LogRow]:
        """At most ``height`` lines from ``top`` on, each at most ``width`` cells."""
        raise NotImplementedError

    def title(self) -> Line:
        """What stands in the pane's border: name and level."""
        raise NotImplementedError
