"""The history pane: one row a transition of the selected machine, virtual over any length.

Row 0 is the initial schema (position -1), row ``i`` the transition at position ``i - 1``.
"""

from __future__ import annotations

from am_dbg.model.cursor import Cursor
from am_dbg.model.text import Line
from am_dbg.store import Store


class HistoryView:
    """Virtual list of rows: ``len(view)``, ``view.line(i, width)``."""

    def __init__(self, store: Store, cursor: Cursor) -> None:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def line(self, i: int, width: int) -> Line:
        """Row ``i``, at most ``width`` cells; the widget puts the selection sign before it."""
        raise NotImplementedError

    def pos_at(self, i: int) -> int:
        """Position of the transition in row ``i``."""
        raise NotImplementedError

    def index_of(self, pos: int) -> int:
        """Row of the transition at ``pos``."""
        raise NotImplementedError

    def title(self) -> Line:
        """What stands in the pane's border: name and count."""
        raise NotImplementedError
