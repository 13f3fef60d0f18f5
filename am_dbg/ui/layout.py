"""Where each pane stands: a pure function of the screen's size; resizing is another call.

Four arrangements. Wide (200x50): machines, states above their activity, history above details, and
a slot that log, rain, matrix and diagram share. Medium (120x40): machines, states, and a column
with history above a slot for the rest. Narrow (80x24): machines, states, and one slot for the rest.
Small (60x20): machines above states, and the slot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

MACHINES, STATES, HISTORY, LOG, DETAILS = "machines", "states", "history", "log", "details"
ACTIVITY, RAIN, MATRIX, DIAGRAM = "activity", "rain", "matrix", "diagram"
PANES = (MACHINES, STATES, HISTORY, LOG, DETAILS, ACTIVITY, RAIN, MATRIX, DIAGRAM)
"""Pane names in the order of their numbers, 1 to 9."""
WIDE_SLOT = (LOG, RAIN, MATRIX, DIAGRAM)
MEDIUM_SLOT = (LOG, DETAILS, ACTIVITY, RAIN, MATRIX, DIAGRAM)
NARROW_SLOT = (HISTORY, *MEDIUM_SLOT)
"""Panes that share a box, by arrangement."""
RELATION_ROWS = 3
"""Rows kept below the states for the relations of the selected one."""
STRIP_ROWS = 5
"""Rows of the activity strip that are no states: its frame, its heading and its legend."""


class Box(NamedTuple):
    """A rectangle in cells, within the area that the panes share."""

    x: int
    y: int
    width: int
    height: int


class Arrangement(NamedTuple):
    """Boxes of the panes that are seen, and which panes share a box (the first of each is seen)."""

    name: str
    boxes: dict[str, Box]
    tabs: dict[str, tuple[str, ...]]


def arrange(
    width: int,
    height: int,
    front: str = HISTORY,
    maximised: str = "",
    recent: Sequence[str] = (),
    states: int = 0,
) -> Arrangement:
    """Lay the panes out on ``width`` x ``height`` cells.

    ``front`` is the pane that was focused last, ``recent`` those focused before it, newest first:
    where panes share a slot, the one focused last is seen. ``maximised`` names a pane that takes
    everything. ``states`` is how many the machine has: what they leave free, their activity takes.
    """
    if maximised:
        return Arrangement("maximised", {maximised: Box(0, 0, width, height)}, {maximised: PANES})
    order = (front, *recent)
    if width >= 160:
        return _wide(width, height, order, states)
    if width >= 104 and height >= 24:
        return _medium(width, height, order)
    if width >= 72:
        return _narrow(width, height, order)
    return _small(width, height, order)


def _front(tabs: tuple[str, ...], order: Sequence[str]) -> str:
    """Which of the panes in a slot is seen."""
    return next((name for name in order if name in tabs), tabs[0])


def _states_height(height: int, states: int) -> int:
    """Rows for the states: at least half; the activity has at most what it needs."""
    needed = states + STRIP_ROWS
    free = height - (states + RELATION_ROWS + 2)
    return max(height - max(min(free, needed), needed // 2, 6), (height + 1) // 2)


def _wide(width: int, height: int, order: Sequence[str], count: int) -> Arrangement:
    machines = max(34, width * 17 // 100)
    states = max(46, width * 25 // 100)
    log = max(46, width * 29 // 100)
    middle = width - machines - states - log
    top = height * 55 // 100
    upper = _states_height(height, count)
    slot = _front(WIDE_SLOT, order)
    boxes = {
        MACHINES: Box(0, 0, machines, height),
        STATES: Box(machines, 0, states, upper),
        ACTIVITY: Box(machines, upper, states, height - upper),
        HISTORY: Box(machines + states, 0, middle, top),
        DETAILS: Box(machines + states, top, middle, height - top),
        slot: Box(machines + states + middle, 0, log, height),
    }
    return Arrangement("wide", boxes, {slot: WIDE_SLOT})


def _medium(width: int, height: int, order: Sequence[str]) -> Arrangement:
    machines = max(28, width * 25 // 100)
    states = max(34, width * 31 // 100)
    rest = width - machines - states
    top = height * 50 // 100
    lower = _front(MEDIUM_SLOT, order)
    boxes = {
        MACHINES: Box(0, 0, machines, height),
        STATES: Box(machines, 0, states, height),
        HISTORY: Box(machines + states, 0, rest, top),
        lower: Box(machines + states, top, rest, height - top),
    }
    return Arrangement("medium", boxes, {lower: MEDIUM_SLOT})


def _narrow(width: int, height: int, order: Sequence[str]) -> Arrangement:
    machines = max(20, width * 25 // 100)
    states = max(24, width * 34 // 100)
    slot = _front(NARROW_SLOT, order)
    boxes = {
        MACHINES: Box(0, 0, machines, height),
        STATES: Box(machines, 0, states, height),
        slot: Box(machines + states, 0, width - machines - states, height),
    }
    return Arrangement("narrow", boxes, {slot: NARROW_SLOT})


def _small(width: int, height: int, order: Sequence[str]) -> Arrangement:
    left = max(20, width * 42 // 100)
    top = max(5, height * 42 // 100)
    slot = _front(NARROW_SLOT, order)
    boxes = {
        MACHINES: Box(0, 0, left, top),
        STATES: Box(0, top, left, height - top),
        slot: Box(left, 0, width - left, height),
    }
    return Arrangement("small", boxes, {slot: NARROW_SLOT})
