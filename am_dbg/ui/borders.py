"""Moving the borders between panes: a new choice of sizes from an arrangement that is on screen."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from am_dbg.ui.grid import MIN_HEIGHT, MIN_WIDTH, WHOLE, Chosen
from am_dbg.ui.layout import Arrangement

Edge = Literal["left", "right", "top", "bottom"]


class Place(NamedTuple):
    """Where a pane stands: the number of its column, of its cell in it, and how many there are."""

    column: int
    columns: int
    cell: int
    cells: int


def place_of(made: Arrangement, pane: str) -> Place | None:
    """Where a pane that is seen stands; None for one that isn't."""
    for x, column in enumerate(made.columns):
        for y, cell in enumerate(column.cells):
            if cell.tabs[0] == pane:
                return Place(x, len(made.columns), y, len(column.cells))
    return None


def dragged(made: Arrangement, choice: Chosen, pane: str, edge: Edge, by: int) -> Chosen | None:
    """The choice after the border at that edge of a pane moved by so many cells; None: it can't."""
    at = place_of(made, pane)
    if at is None:
        return None
    if edge in ("left", "right"):
        return _move_column(made, choice, at.column - (edge == "left"), by)
    return _move_cell(made, choice, at.column, at.cell - (edge == "top"), by)


def grown(made: Arrangement, choice: Chosen, pane: str, wider: int, taller: int) -> Chosen | None:
    """The choice with a pane so many cells wider and taller (less: negative); None: it can't be."""
    at = place_of(made, pane)
    if at is None:
        return None
    if wider:
        last = at.column == at.columns - 1
        return dragged(made, choice, pane, "left" if last else "right", -wider if last else wider)
    last = at.cell == at.cells - 1
    return dragged(made, choice, pane, "top" if last else "bottom", -taller if last else taller)


def _move_column(made: Arrangement, choice: Chosen, border: int, by: int) -> Chosen | None:
    columns = made.columns
    sizes = [made.boxes[column.cells[0].tabs[0]].width for column in columns]
    if not _shift(sizes, border, by, MIN_WIDTH):
        return None
    whole = sum(sizes)
    shares = {
        column.name: round(size * WHOLE / whole)
        for column, size in zip(columns, sizes, strict=True)
        if not column.flexible
    }
    return msgspec.structs.replace(choice, widths={**choice.widths, **shares})


def _move_cell(made: Arrangement, choice: Chosen, at: int, border: int, by: int) -> Chosen | None:
    cells = made.columns[at].cells
    sizes = [made.boxes[cell.tabs[0]].height for cell in cells]
    if not _shift(sizes, border, by, MIN_HEIGHT):
        return None
    whole = sum(sizes)
    shares = {
        cell.name: round(size * WHOLE / whole)
        for cell, size in zip(cells[:-1], sizes[:-1], strict=True)
    }
    return msgspec.structs.replace(choice, heights={**choice.heights, **shares})


def _shift(sizes: list[int], border: int, by: int, least: int) -> bool:
    """Move a border between two sizes as far as they allow; False when it doesn't move."""
    if not 0 <= border < len(sizes) - 1:
        return False
    by = max(min(0, least - sizes[border]), min(by, max(0, sizes[border + 1] - least)))
    sizes[border] += by
    sizes[border + 1] -= by
    return by != 0
