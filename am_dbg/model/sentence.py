"""The line under the panes: the shown transition in one sentence."""

from __future__ import annotations

from am_dbg.model.cursor import Cursor
from am_dbg.model.text import Line
from am_dbg.store import Store


def sentence(store: Store, cursor: Cursor, width: int) -> Line:
    """What happened, with which arguments, what changed, by whom (a link), how long; while stepping, the step."""
    raise NotImplementedError
