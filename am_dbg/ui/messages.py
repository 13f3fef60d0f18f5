"""What widgets tell the screen: one message class a fact."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from am_dbg.ui.borders import Edge


@dataclass
class RowClicked(Message):
    """The mouse chose a row of a pane.

    ``y`` counts from the first visible row, ``row`` from the first of the list; ``twice`` is set
    for the second click on the same spot.
    """

    pane: str
    y: int
    row: int
    twice: bool = False


@dataclass
class CellClicked(Message):
    """The mouse chose a cell of a pane with columns.

    ``x`` counts cells from the left within the frame, ``row`` from the first of the list; -1 is the
    heading. ``twice`` is set for the second click on the same spot.
    """

    pane: str
    x: int
    row: int
    twice: bool = False


@dataclass
class ColumnsScrolled(Message):
    """The mouse scrolled a pane's columns sideways, to the left when negative."""

    pane: str
    columns: int


@dataclass
class LinkClicked(Message):
    """The mouse followed a link: a ``mach://`` address."""

    address: str


@dataclass
class TabClicked(Message):
    """The mouse chose a pane by its title."""

    pane: str


@dataclass
class PlaceClicked(Message):
    """The mouse chose a column of the timeline; ``steps``: of that of the steps."""

    column: int
    steps: bool = False


@dataclass
class WheelTurned(Message):
    """The wheel was turned above the timeline: down (1) or up (-1); ``steps``: above the steps."""

    direction: int
    steps: bool = False


@dataclass
class ThemeWanted(Message):
    """The user wants other colours: the name of a theme."""

    name: str


@dataclass
class BorderDragged(Message):
    """The mouse holds the border at an edge of a pane, at a cell of the screen."""

    pane: str
    edge: Edge
    x: int
    y: int


@dataclass
class BorderDropped(Message):
    """The mouse let a border go."""
