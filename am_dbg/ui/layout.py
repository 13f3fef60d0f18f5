"""Where each pane stands: a pure function of the screen's size; resizing is another call.

Four arrangements. Wide (200x50): machines, states above their activity, history above details, and
a slot that log, rain, matrix and diagram share. Medium (120x40): machines, states, and a column
with history above a slot for the rest. Narrow (80x24): machines, states, and one slot for the rest.
Small (60x20): machines above states, and the slot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from am_dbg.settings import ArrangementName
from am_dbg.ui.grid import Box, Cell, Chosen, Column, place, without

MACHINES, STATES, HISTORY, LOG, DETAILS = "machines", "states", "history", "log", "details"
ACTIVITY, RAIN, MATRIX, DIAGRAM = "activity", "rain", "matrix", "diagram"
PANES = (MACHINES, STATES, HISTORY, LOG, DETAILS, ACTIVITY, RAIN, MATRIX, DIAGRAM)
"""Pane names in the order of their numbers, 1 to 9."""
NAMES: tuple[ArrangementName, ...] = ("wide", "medium", "narrow", "small")
"""Of the arrangements."""
SHARED = "shared"
"""The place that several panes share, where its size is meant."""
WIDE_SLOT = (LOG, RAIN, MATRIX, DIAGRAM)
MEDIUM_SLOT = (LOG, DETAILS, ACTIVITY, RAIN, MATRIX, DIAGRAM)
NARROW_SLOT = (HISTORY, *MEDIUM_SLOT)
"""Panes that share a box, by arrangement."""
RELATION_ROWS = 3
"""Rows kept below the states for the relations of the selected one."""
STRIP_ROWS = 5
"""Rows of the activity strip that are no states: its frame, its heading and its legend."""


class Arrangement(NamedTuple):
    """Boxes of the panes that are seen, and which panes share a box (the first of each is seen).

    ``columns`` is what they were made from: the places whose sizes can be changed.
    """

    name: str
    boxes: dict[str, Box]
    tabs: dict[str, tuple[str, ...]]
    columns: tuple[Column, ...] = ()


def arrange(
    width: int,
    height: int,
    front: str = HISTORY,
    maximised: str = "",
    recent: Sequence[str] = (),
    states: int = 0,
    chosen: Mapping[str, Chosen] | None = None,
) -> Arrangement:
    """Lay the panes out on ``width`` x ``height`` cells.

    ``front`` is the pane that was focused last, ``recent`` those focused before it, newest first:
    where panes share a slot, the one focused last is seen. ``maximised`` names a pane that takes
    everything. ``states`` is how many the machine has: what they leave free, their activity takes.
    ``chosen`` is what the user made of each arrangement, by its name.
    """
    if maximised:
        return Arrangement("maximised", {maximised: Box(0, 0, width, height)}, {maximised: PANES})
    name, columns = _plan(width, height, states)
    choice = (chosen or {}).get(name, Chosen())
    columns = without(columns, frozenset(choice.hidden)) or columns
    order = (front, *recent)
    columns = [
        column._replace(cells=tuple(_in_front(cell, order) for cell in column.cells))
        for column in columns
    ]
    boxes = place(columns, width, height, choice.widths, choice.heights)
    shared = {
        cell.tabs[0]: _as_listed(cell) for column in columns for cell in column.cells if cell.shared
    }
    return Arrangement(name, boxes, shared, tuple(columns))


def arrangement_name(width: int, height: int) -> str:
    """Which arrangement a size has, maximised pane or not."""
    return _plan(width, height, 0)[0]


def _plan(width: int, height: int, states: int) -> tuple[str, list[Column]]:
    """The arrangement for a size: its name, and its columns with their usual sizes."""
    if width >= 160:
        return "wide", _wide(width, height, states)
    if width >= 104 and height >= 24:
        return "medium", _medium(width, height)
    if width >= 72:
        return "narrow", _narrow(width, height)
    return "small", _small(width, height)


def _in_front(cell: Cell, order: Sequence[str]) -> Cell:
    """The cell with the pane first that is seen: of those that share it, the one focused last."""
    seen = next((name for name in order if name in cell.tabs), cell.tabs[0])
    return cell._replace(tabs=(seen, *(name for name in cell.tabs if name != seen)))


def _as_listed(cell: Cell) -> tuple[str, ...]:
    """The panes of a cell in the order of their numbers."""
    return tuple(sorted(cell.tabs, key=PANES.index))


def _states_height(height: int, states: int) -> int:
    """Rows for the states: at least half; the activity has at most what it needs."""
    needed = states + STRIP_ROWS
    free = height - (states + RELATION_ROWS + 2)
    return max(height - max(min(free, needed), needed // 2, 6), (height + 1) // 2)


def _alone(pane: str, height: int, width: int) -> Column:
    return Column(pane, (Cell(pane, (pane,), height),), width)


def _wide(width: int, height: int, count: int) -> list[Column]:
    machines = max(34, width * 17 // 100)
    states = max(46, width * 25 // 100)
    log = max(46, width * 29 // 100)
    top, upper = height * 55 // 100, _states_height(height, count)
    strip = Cell(ACTIVITY, (ACTIVITY,), height - upper)
    lower = Cell(DETAILS, (DETAILS,), height - top)
    return [
        _alone(MACHINES, height, machines),
        Column(STATES, (Cell(STATES, (STATES,), upper), strip), states),
        Column(HISTORY, (Cell(HISTORY, (HISTORY,), top), lower), 0, flexible=True),
        Column(SHARED, (Cell(SHARED, WIDE_SLOT, height, shared=True),), log),
    ]


def _medium(width: int, height: int) -> list[Column]:
    top = height * 50 // 100
    slot = Cell(SHARED, MEDIUM_SLOT, height - top, shared=True)
    return [
        _alone(MACHINES, height, max(28, width * 25 // 100)),
        _alone(STATES, height, max(34, width * 31 // 100)),
        Column(HISTORY, (Cell(HISTORY, (HISTORY,), top), slot), 0, flexible=True),
    ]


def _narrow(width: int, height: int) -> list[Column]:
    return [
        _alone(MACHINES, height, max(20, width * 25 // 100)),
        _alone(STATES, height, max(24, width * 34 // 100)),
        Column(SHARED, (Cell(SHARED, NARROW_SLOT, height, shared=True),), 0, flexible=True),
    ]


def _small(width: int, height: int) -> list[Column]:
    top = max(5, height * 42 // 100)
    left = (Cell(MACHINES, (MACHINES,), top), Cell(STATES, (STATES,), height - top))
    return [
        Column(MACHINES, left, max(20, width * 42 // 100)),
        Column(SHARED, (Cell(SHARED, NARROW_SLOT, height, shared=True),), 0, flexible=True),
    ]
