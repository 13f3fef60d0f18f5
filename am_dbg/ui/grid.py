"""Columns of stacked panes: how wide and high each is, given what the user made of the defaults.

A share is a part of the whole area's width or height, in thousandths, so that a size that was
chosen fits the next terminal too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

WHOLE = 1000
MIN_WIDTH, MIN_HEIGHT = 12, 4
"""Cells that a pane keeps, however much its neighbours grow."""


class Box(NamedTuple):
    """A rectangle in cells, within the area that the panes share."""

    x: int
    y: int
    width: int
    height: int


class Cell(NamedTuple):
    """A place in a column: its name, the panes that share it (front first), its usual height."""

    name: str
    tabs: tuple[str, ...]
    height: int
    shared: bool = False


class Chosen(msgspec.Struct, frozen=True):
    """What the user made of an arrangement: shares of columns and of cells, panes not seen."""

    widths: dict[str, int] = {}
    heights: dict[str, int] = {}
    hidden: tuple[str, ...] = ()


class Column(NamedTuple):
    """Cells from top to bottom; the widest of what is left when ``flexible``."""

    name: str
    cells: tuple[Cell, ...]
    width: int
    flexible: bool = False


def without(columns: Sequence[Column], hidden: frozenset[str]) -> list[Column]:
    """The columns without some panes; what is empty then falls away."""
    made = []
    for column in columns:
        cells = []
        for cell in column.cells:
            tabs = tuple(name for name in cell.tabs if name not in hidden)
            if tabs:
                cells.append(cell._replace(tabs=tabs))
        if cells:
            made.append(column._replace(cells=tuple(cells)))
    return made


def place(
    columns: Sequence[Column],
    width: int,
    height: int,
    widths: Mapping[str, int],
    heights: Mapping[str, int],
) -> dict[str, Box]:
    """The box of the front pane of each cell. ``widths``, ``heights``: shares by name."""
    flexible = next((i for i, one in enumerate(columns) if one.flexible), len(columns) - 1)
    wanted = [_size(widths.get(one.name), width, one.width) for one in columns]
    boxes: dict[str, Box] = {}
    x = 0
    for column, taken in zip(columns, fit(wanted, width, flexible, MIN_WIDTH), strict=True):
        rows = [_size(heights.get(cell.name), height, cell.height) for cell in column.cells]
        y = 0
        for cell, high in zip(
            column.cells, fit(rows, height, len(rows) - 1, MIN_HEIGHT), strict=True
        ):
            boxes[cell.tabs[0]] = Box(x, y, taken, high)
            y += high
        x += taken
    return boxes


def _size(share: int | None, whole: int, usual: int) -> int:
    return usual if share is None else round(whole * share / WHOLE)


def fit(wanted: Sequence[int], whole: int, flexible: int, least: int) -> list[int]:
    """Sizes that make up ``whole``: as wanted, the flexible one takes or gives the difference.

    None is under ``least`` as long as there is room; what the flexible one can't give, the others
    do, the largest first.
    """
    least = min(least, whole // max(1, len(wanted)))
    sizes = [max(least, size) for size in wanted]
    sizes[flexible] += whole - sum(sizes)
    missing = least - sizes[flexible]
    while missing > 0:
        sizes[flexible] = least
        largest = max(range(len(sizes)), key=lambda i: (i != flexible, sizes[i]))
        given = min(missing, sizes[largest] - least)
        if given <= 0:
            break
        sizes[largest] -= given
        missing -= given
    return sizes
