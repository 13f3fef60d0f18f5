"""Rows without a frame: the line of truth, the sentence, the timeline."""

from __future__ import annotations

from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from am_dbg.model.text import Line
from am_dbg.ui.messages import LinkClicked, PlaceClicked, WheelTurned
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
    """The timeline, and while stepping that of the steps; the mouse clicks, drags and turns."""

    steps_row = -1
    """Which row is the steps' (-1: none)."""
    bar_width = 0
    steps_width = 0
    """Columns of the rows that are timeline; the position stands behind them."""
    _dragged: tuple[bool, int] | None = None

    def _place(self, event: events.MouseEvent) -> tuple[bool, int]:
        """Whether the mouse is on the steps, and on which column."""
        steps = event.y == self.steps_row
        width = self.steps_width if steps else self.bar_width
        return steps, min(max(event.x - self.indent, 0), max(width - 1, 0))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Go to the place under the mouse, and with it."""
        event.stop()
        steps, _ = place = self._place(event)
        column = event.x - self.indent
        if 0 <= column < (self.steps_width if steps else self.bar_width):
            self.capture_mouse()
            self._go(place)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Go along while the button is down."""
        if self._dragged is not None:
            event.stop()
            place = self._dragged[0], self._place(event)[1]
            if place != self._dragged:
                self._go(place)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Stay there."""
        event.stop()
        self.release_mouse()
        self._dragged = None

    def _go(self, place: tuple[bool, int]) -> None:
        self._dragged = place
        self.post_message(PlaceClicked(place[1], place[0]))

    def on_click(self, event: events.Click) -> None:
        """The button has told it all."""
        event.stop()
        event.prevent_default()  # the plain bar's

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Forward."""
        event.stop()
        self.post_message(WheelTurned(1, event.y == self.steps_row))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Back."""
        event.stop()
        self.post_message(WheelTurned(-1, event.y == self.steps_row))
