"""Where each pane stands: a pure function of the screen's size; resizing is another call.

Four arrangements. Wide (200x50): machines, states, history above details, log, all at once.
Medium (120x40): machines, states, and a column with history above a slot that log and details
share. Narrow (80x24): machines, states, and one slot for the rest. Small (60x20): machines above
states, and the slot.
"""

from __future__ import annotations

from typing import NamedTuple

MACHINES, STATES, HISTORY, LOG, DETAILS = "machines", "states", "history", "log", "details"
PANES = (MACHINES, STATES, HISTORY, LOG, DETAILS)
"""Pane names in the order of their numbers, 1 to 5."""


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


def arrange(width: int, height: int, front: str = HISTORY, maximised: str = "") -> Arrangement:
    """Lay the panes out on ``width`` x ``height`` cells.

    ``front`` is the pane that was focused last: it is the one seen where panes share a slot.
    ``maximised`` names a pane that takes everything.
    """
    if maximised:
        return Arrangement("maximised", {maximised: Box(0, 0, width, height)}, {maximised: PANES})
    if width >= 160:
        return _wide(width, height)
    if width >= 104 and height >= 24:
        return _medium(width, height, front)
    if width >= 72:
        return _narrow(width, height, front)
    return _small(width, height, front)


def _wide(width: int, height: int) -> Arrangement:
    machines = max(34, width * 17 // 100)
    states = max(46, width * 25 // 100)
    log = max(46, width * 29 // 100)
    middle = width - machines - states - log
    top = height * 55 // 100
    boxes = {
        MACHINES: Box(0, 0, machines, height),
        STATES: Box(machines, 0, states, height),
        HISTORY: Box(machines + states, 0, middle, top),
        DETAILS: Box(machines + states, top, middle, height - top),
        LOG: Box(machines + states + middle, 0, log, height),
    }
    return Arrangement("wide", boxes, {})


def _medium(width: int, height: int, front: str) -> Arrangement:
    machines = max(28, width * 25 // 100)
    states = max(34, width * 31 // 100)
    rest = width - machines - states
    top = height * 50 // 100
    lower = front if front in (LOG, DETAILS) else LOG
    boxes = {
        MACHINES: Box(0, 0, machines, height),
        STATES: Box(machines, 0, states, height),
        HISTORY: Box(machines + states, 0, rest, top),
        lower: Box(machines + states, top, rest, height - top),
    }
    return Arrangement("medium", boxes, {lower: (LOG, DETAILS)})


def _narrow(width: int, height: int, front: str) -> Arrangement:
    machines = max(20, width * 25 // 100)
    states = max(24, width * 34 // 100)
    slot = front if front in (HISTORY, LOG, DETAILS) else HISTORY
    boxes = {
        MACHINES: Box(0, 0, machines, height),
        STATES: Box(machines, 0, states, height),
        slot: Box(machines + states, 0, width - machines - states, height),
    }
    return Arrangement("narrow", boxes, {slot: (HISTORY, LOG, DETAILS)})


def _small(width: int, height: int, front: str) -> Arrangement:
    left = max(20, width * 42 // 100)
    top = max(5, height * 42 // 100)
    slot = front if front in (HISTORY, LOG, DETAILS) else HISTORY
    boxes = {
        MACHINES: Box(0, 0, left, top),
        STATES: Box(0, top, left, height - top),
        slot: Box(left, 0, width - left, height),
    }
    return Arrangement("small", boxes, {slot: (HISTORY, LOG, DETAILS)})
