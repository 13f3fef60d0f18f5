"""Rows without a frame: the line of truth, the sentence, the timeline."""

from __future__ import annotations

from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from am_dbg.model.text import Line
from am_dbg.ui.messages import LinkClicked, PlaceClicked
from am_dbg.ui.strips import span_at, strip
from am_dbg.ui.themes import DARK_PALETTE, Palette


class Bar(Widget):
    """A few rows of spans, with air to the left (and above); a click on a link follows it."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Bar { height: 1; }"

    def __init__(self, *, id: str, indent: int = 1, above: int = 0) -> None:  # noqa: A002 (Textual's)
        super().__init__(id=id)
        self.indent = indent
        self.above = above
        self.palette: Palette = DARK_PALETTE
        self.rows: tuple[Line, ...] = ()

    @property
    def columns(self) -> int:
        """Cells for text."""
        return max(0, self.size.width - 2 * self.indent)

    def show(self, *rows: Line) -> None:
        """Show these rows, at most as many as the bar is high."""
        if rows != self.rows:
            self.rows = rows
            self.refresh()

    def dress(self, palette: Palette) -> None:
        """Change the colours."""
        self.palette = palette
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The strips of a region."""
        made = [self._strip(y) for y in range(crop.y, crop.bottom)]
        return [one.crop(crop.x, crop.right) for one in made]

    def _strip(self, y: int) -> Strip:
        edge = Strip.blank(self.indent, self.palette.plain("none"))
        at = y - self.above
        row = self.rows[at] if 0 <= at < len(self.rows) else ()
        return Strip.join([edge, strip(row, self.columns, self.palette), edge])

    def on_click(self, event: events.Click) -> None:
        """Follow the link under the mouse."""
        event.stop()
        row = self.rows[event.y] if event.y < len(self.rows) else ()
        span = span_at(row, event.x - self.indent)
        if span is not None and span.link:
            self.post_message(LinkClicked(span.link))


class TimelineBar(Bar):
    """The timeline; a click goes to that place of the history."""

    bar_width = 0
    """Columns of the first row that are the timeline itself; the position stands behind them."""

    def on_click(self, event: events.Click) -> None:
        """Go to the place under the mouse."""
        event.stop()
        event.prevent_default()  # the plain bar's
        column = event.x - self.indent
        if event.y == 0 and 0 <= column < self.bar_width:
            self.post_message(PlaceClicked(column, self.bar_width))
