"""The edges of a pane: titles, count, scroll thumb; Textual's own borders cost more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from rich.segment import Segment
from textual.strip import Strip

from am_dbg.model.text import Line, Span, Token
from am_dbg.ui.strips import clean, segments, width_of
from am_dbg.ui.themes import Palette


class TitleTab(NamedTuple):
    """A pane's number and short name, as written in a frame."""

    pane: str
    number: int
    name: str


class Piece(NamedTuple):
    """A part of a heading: its text, its style, and the pane that a click on it brings to front."""

    text: str
    style: str
    pane: str = ""


@dataclass(frozen=True)
class Frame:
    """What the edges show. ``slim``: a heading and a line to the right, for narrow screens.

    ``title`` is the line of the pane in front, beginning with its name; ``thumb`` the rows (first,
    end) of the scrollbar's thumb, counted from the upper edge.
    """

    width: int = 0
    height: int = 0
    slim: bool = False
    focused: bool = False
    tabs: tuple[TitleTab, ...] = ()
    front: str = ""
    title: Line = ()
    hint: str = ""
    thumb: tuple[int, int] | None = None

    @property
    def columns(self) -> int:
        """Cells for text: beside the edges and the sign of a selected row."""
        return max(0, self.width - (2 if self.slim else 3))

    def changed_rows(self, before: Frame) -> set[int]:
        """Rows whose edge differs from how it was."""
        same = (self.width, self.height, self.slim, self.focused)
        if same != (before.width, before.height, before.slim, before.focused):
            return set(range(self.height))
        rows: set[int] = set()
        if (self.tabs, self.front, self.title) != (before.tabs, before.front, before.title):
            rows.add(0)
        if self.hint != before.hint:
            rows.add(self.height - 1)
        if self.thumb != before.thumb:
            rows |= set(range(*(before.thumb or (0, 0)))) ^ set(range(*(self.thumb or (0, 0))))
        return rows

    def edge(self, y: int, palette: Palette) -> Strip:
        """The upper edge with the titles, or the lower one."""
        if y == 0:
            return self._heading(palette)
        line = palette.plain(self._line(palette))
        inner = max(0, self.width - 2)
        hint = f" {clean(self.hint)} " if self.hint else ""
        if not hint or width_of(hint) > inner - 1:
            return Strip([Segment("╰" + "─" * inner + "╯", line)], self.width)
        made = [
            Segment("╰─", line),
            Segment(hint, palette.plain(palette.tokens[Token.DIM])),
            Segment("─" * (inner - 1 - width_of(hint)) + "╯", line),
        ]
        return Strip(made, self.width)

    def sides(self, y: int, palette: Palette) -> tuple[list[Segment], list[Segment]]:
        """What stands left and right of a row; the thumb of the scrollbar is in the right edge."""
        line = palette.plain(self._line(palette))
        right = Segment("│", line)
        if self.thumb is not None and self.thumb[0] <= y < self.thumb[1]:
            right = Segment("┃", palette.plain(self._bar(palette)))
        return ([] if self.slim else [Segment("│", line)]), [right]

    def tab_at(self, x: int) -> str:
        """The pane whose title is at a column of the heading; empty when there is none."""
        at = 1 if self.slim else 2
        for piece in self._pieces(None):
            at += width_of(piece.text)
            if x < at:
                return piece.pane
        return ""

    def _line(self, palette: Palette) -> str:
        return palette.frame_focused if self.focused else palette.frame

    def _bar(self, palette: Palette) -> str:
        return palette.bar_focused if self.focused else palette.bar

    def _heading(self, palette: Palette) -> Strip:
        line = palette.plain(self._line(palette))
        start, end = ("─", "─") if self.slim else ("╭─", "╮")
        made = [Segment(start, line)]
        room = self.width - len(start) - 1
        for text, style, _ in self._pieces(palette):
            if width_of(text) > room:
                rest = segments((Span(text),), max(0, room), palette)
                made += [Segment(s.text, palette.plain(style)) for s in rest]
                if not rest:  # exactly full: say that something follows
                    made[-1] = Segment(made[-1].text[:-1] + "…", made[-1].style)
                room = 0
                break
            made.append(Segment(text, palette.plain(style)))
            room -= width_of(text)
        made.append(Segment("─" * room + end, line))
        return Strip(made, self.width)

    def _pieces(self, palette: Palette | None) -> list[Piece]:
        """The heading's parts. Without a palette (to find what was clicked) they carry no style.

        Panes behind show their names, names without air around them, or only numbers: what fits.
        """
        room = self.width - 4
        for pad, names in ((" ", True), ("", True), (" ", False), ("", False)):
            pieces = self._tabs(palette, pad, names)
            if sum(width_of(piece.text) for piece in pieces) <= room:
                break
        return pieces

    def _tabs(self, palette: Palette | None, pad: str, names: bool) -> list[Piece]:
        pieces: list[Piece] = []
        for tab in self.tabs:
            if pieces:
                pieces.append(Piece("│", self._line(palette) if palette else ""))
            if tab.pane == self.front:
                pieces += self._front(tab, palette)
            else:
                text = f"{tab.number} {tab.name}" if names else str(tab.number)
                style = palette.title if palette else ""
                pieces.append(Piece(f"{pad}{text}{pad}", style, tab.pane))
        return pieces

    def _front(self, tab: TitleTab, palette: Palette | None) -> list[Piece]:
        name = ""
        if palette:
            name = palette.title_focused if self.focused else palette.tokens[Token.TITLE]
        number = f" {tab.number} " if tab.number else " "
        pieces = [Piece(number, name, tab.pane)]
        for span in self.title or (Span(tab.name, Token.TITLE),):
            style = palette.tokens.get(span.token, "") if palette else ""
            style = name if span.token is Token.TITLE else style
            pieces.append(Piece(clean(span.text), style, tab.pane))
        pieces.append(Piece(" ", name, tab.pane))
        return pieces
