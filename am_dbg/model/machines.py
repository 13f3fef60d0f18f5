"""The machines pane: a tree of parents and children, each as it was at the moment.

A row: name, activity sign with ``R`` (Ready) or ``S`` (Start), clock sum, error sign. Only the rows
that are asked for are formatted; the tree itself is kept until a machine appears or changes parent.
"""

from __future__ import annotations

from collections.abc import Collection

from am_dbg.model.cursor import Cursor
from am_dbg.model.text import Line
from am_dbg.store import Store


class MachinesView:
    """Virtual list of machines: ``len(view)``, ``view.line(i, width)``.

    ``search`` keeps the machines whose name contains it anywhere, and their ancestors (dim);
    ``collapsed`` holds the numbers of machines whose children are folded (not while searching).
    """

    def __init__(
        self, store: Store, cursor: Cursor, search: str = "", collapsed: Collection[int] = ()
    ) -> None:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def line(self, i: int, width: int) -> Line:
        """Row ``i``, at most ``width`` cells; the widget puts the selection sign before it."""
        raise NotImplementedError

    def machine_at(self, i: int) -> int:
        """Number of the machine in row ``i``."""
        raise NotImplementedError

    def index_of(self, machine: int) -> int | None:
        """Row of a machine, None when it is hidden by the search or a fold."""
        raise NotImplementedError

    def has_children(self, i: int) -> bool:
        """Whether row ``i`` can be folded."""
        raise NotImplementedError

    @property
    def found(self) -> int:
        """How many machines match the search (all without one)."""
        raise NotImplementedError

    def title(self) -> Line:
        """What stands in the pane's border: name and counts."""
        raise NotImplementedError
