"""What widgets tell the screen: one message class a fact."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message


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
class LinkClicked(Message):
    """The mouse followed a link: a ``mach://`` address."""

    address: str


@dataclass
class TabClicked(Message):
    """The mouse chose a pane by its title."""

    pane: str


@dataclass
class PlaceClicked(Message):
    """The mouse chose a column of the timeline, of ``width`` columns."""

    column: int
    width: int


@dataclass
class ThemeWanted(Message):
    """The user wants other colours: the name of a theme."""

    name: str
