"""The line of truth on top, and who is connected."""

from __future__ import annotations

from am_dbg.model.cursor import Cursor
from am_dbg.model.text import Line
from am_dbg.store import Store


def status_line(
    store: Store,
    cursor: Cursor,
    width: int,
    files: str = "",
    live: bool = False,
    filter_text: str = "",
) -> Line:
    """Address, PAUSED/LIVE/REPLAY and the moment, machine time, file, machines, transitions, lost, filter.

    ``files`` is the name to show; ``live``: the recording is still growing. What doesn't fit is left
    out, least important first.
    """
    raise NotImplementedError


def connection_lines(store: Store, width: int) -> list[Line]:
    """Who is connected, what was received, dropped and rejected, with the last reasons."""
    raise NotImplementedError
