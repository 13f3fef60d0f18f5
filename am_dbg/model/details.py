"""The details pane: everything known about the shown transition, in sections.

Arguments, source, queue, handlers, steps in words, changes, log, stack trace, notes. A section without
content says which switch of the source would fill it.
"""

from __future__ import annotations

from collections.abc import Collection

from am_dbg.model.cursor import Cursor
from am_dbg.model.text import Line
from am_dbg.store import Store


class DetailsView:
    """Virtual list of rows: ``len(view)``, ``view.line(i, width)``; links are in the spans.

    ``folded`` holds names of closed sections.
    """

    def __init__(self, store: Store, cursor: Cursor, folded: Collection[str] = ()) -> None:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def line(self, i: int, width: int) -> Line:
        """Row ``i``, at most ``width`` cells."""
        raise NotImplementedError

    def section_at(self, i: int) -> str:
        """Name of the section that row ``i`` belongs to."""
        raise NotImplementedError

    def is_heading(self, i: int) -> bool:
        """Whether row ``i`` is the heading of its section."""
        raise NotImplementedError

    def link_at(self, i: int) -> str:
        """First link in row ``i``, "" when there is none."""
        raise NotImplementedError

    def step_at(self, i: int) -> int | None:
        """Number (from 1) of the step that row ``i`` tells of, else None."""
        raise NotImplementedError

    def title(self) -> Line:
        """What stands in the pane's border."""
        raise NotImplementedError
