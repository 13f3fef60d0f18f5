"""Rows and sections of the details pane."""

from __future__ import annotations

from typing import NamedTuple

from am_dbg.model.text import Line


class Row(NamedTuple):
    """A row: its line, the step (from 1) and the state that it tells of."""

    line: Line
    step: int | None = None
    state: str = ""


class Section(NamedTuple):
    """A section: rows, and when there are none, why (``empty``), shown beside the name.

    ``total`` is how many it has when that isn't the number of rows.
    """

    name: str
    rows: list[Row]
    empty: str = ""
    counted: bool = True
    total: int | None = None
