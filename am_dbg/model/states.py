"""The states pane: the selected machine's states in schema order, as they were at the cursor.

A row: sign, name, flags (A auto, M multi), what the shown transition did (▲ ▼, ``c`` called), clock.
An expanded state lists its relations in both directions and its tags. While stepping, the marks come
from the steps done so far, over the states before the transition.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from am_dbg.model.cursor import Cursor
from am_dbg.model.text import Line
from am_dbg.store import Store


class StateRow(NamedTuple):
    """What a row is about: ``kind`` is ``state``, ``relation``, ``tags`` or ``heading``.

    ``state`` is the name of the state it belongs to ("" for a heading), ``text`` the words of a
    relation ("added by"), the names it lists in ``names``.
    """

    kind: str
    state: str = ""
    text: str = ""
    names: tuple[str, ...] = ()


class StatesView:
    """Virtual list of rows: ``len(view)``, ``view.line(i, width)``.

    ``group`` narrows to one group of the schema, ``headings`` puts the states under their groups,
    ``search`` keeps names that contain it anywhere, ``expanded`` holds names of opened states.
    """

    def __init__(
        self,
        store: Store,
        cursor: Cursor,
        group: str = "",
        search: str = "",
        expanded: Collection[str] = (),
        headings: bool = False,
    ) -> None:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def line(self, i: int, width: int) -> Line:
        """Row ``i``, at most ``width`` cells; the widget puts the selection sign before it."""
        raise NotImplementedError

    def row(self, i: int) -> StateRow:
        """What row ``i`` is about."""
        raise NotImplementedError

    def index_of(self, state: str) -> int | None:
        """Row of a state, None when it is hidden."""
        raise NotImplementedError

    def title(self) -> Line:
        """What stands in the pane's border: machine, group, counts."""
        raise NotImplementedError


def groups(store: Store, cursor: Cursor) -> list[tuple[str, int]]:
    """Groups of the selected machine's schema, in its order: (name, number of states)."""
    raise NotImplementedError
