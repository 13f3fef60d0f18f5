"""A pane whose rows are cut into columns: headings above, a legend below, one column stands out.

The columns scroll sideways; which of them are seen is the view model's business.
"""

from __future__ import annotations

from rich.segment import Segment
from textual import events

from am_dbg.model.columns import Legend
from am_dbg.model.text import Line, Span, Token
from am_dbg.ui.line_pane import LinePane, Lines, Row
from am_dbg.ui.messages import CellClicked, ColumnsScrolled
from am_dbg.ui.strips import segments, split, width_of

WITH_LEGEND = 9
"""Rows within the frame from which there is a legend."""
SIDEWAYS = 4
"""Columns that a notch of the wheel scrolls."""


class GridPane(LinePane):
    """A `LinePane` with headings, a legend and a chosen column."""

    legend: Legend | None = None
    head: tuple[Line, ...] = ()
    band: tuple[int, int] | None = None
    """Cells of the chosen column: begin, end."""

    @property
    def rows(self) -> int:
        """Rows that scroll."""
        return max(0, self.inner_rows - len(self.head) - self._legend_rows)

    @property
    def _legend_rows(self) -> int:
        return int(self.legend is not None and self.inner_rows >= WITH_LEGEND)

    def show_grid(
        self,
        lines: Lines,
        selected: int | None,
        title: Line,
        hint: str,
        head: list[Line],
        band: tuple[int, int] | None,
    ) -> None:
        """Show these rows under this heading; ``band``: cells of the column that stands out."""
        if len(head) != len(self.head) or band != self.band:
            self._shown = []  # every row is another
            self._strips = {}
            self._painted = {}
        fewer = len(head) > len(self.head)
        self.head, self.band = tuple(head), band
        if fewer and selected is not None:
            self._reveal(selected)
        self.show(lines, selected, title, hint)

    def visible_rows(self) -> list[Row]:
        """Headings, rows, legend."""
        head = [Row(line) for line in self.head[: self.inner_rows]]
        made = head + super().visible_rows()
        if self._legend_rows:
            made.append(Row(self._foot()))
        return made[: self.inner_rows]

    def _foot(self) -> Line:
        """The legend; before it what a frame would say in its lower edge, where there is none."""
        told = f"{self.hint}  " if self.slim and self.hint else ""
        room = self.columns - width_of(told)
        legend = self.legend.line(room) if self.legend is not None and room > 0 else ()
        return (Span(told, Token.TEXT), *legend) if told else legend

    def thumb(self) -> tuple[int, int] | None:
        """Beside the rows that scroll."""
        found = super().thumb()
        return (found[0] + len(self.head), found[1] + len(self.head)) if found else None

    def _inner(self, line: Line, y: int, state: int) -> list[Segment]:
        """The text of a row, the chosen column in front of another ground."""
        inside = len(self.head) <= y - 1 < len(self._shown) - self._legend_rows
        if self.band is None or not inside:
            return super()._inner(line, y, state)
        width = self._frame.columns
        begin, end = (min(cell, width) for cell in self.band)
        before, rest = split(line, begin)
        chosen, after = split(rest, end - begin)
        made = [
            *segments(before, begin, self.palette, state),
            *segments(chosen, end - begin, self.palette, 2 if state else 1),
            *segments(after, width - end, self.palette, state),
        ]
        return [segment for segment in made if segment.text]

    def click_row(self, x: int, y: int, twice: bool) -> None:
        """Tell which cell was chosen."""
        row = self.top + y - len(self.head) if y >= len(self.head) else -1
        if row < min(len(self.lines), self.top + self.rows):
            self.post_message(CellClicked(self.pane, x, row, twice))

    def click_thumb(self, y: int) -> None:
        """Scroll to a share of the rows."""
        self.scroll_share((y - len(self.head)) / max(1, self.rows - 1))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Sideways with shift."""
        self._sideways(event, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Sideways with shift."""
        self._sideways(event, -1)

    def _sideways(self, event: events.MouseEvent, direction: int) -> None:
        if event.shift:
            event.stop()
            event.prevent_default()  # the plain pane's
            self.post_message(ColumnsScrolled(self.pane, SIDEWAYS * direction))

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        """A wheel that turns sideways."""
        event.stop()
        self.post_message(ColumnsScrolled(self.pane, SIDEWAYS))

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        """A wheel that turns sideways."""
        event.stop()
        self.post_message(ColumnsScrolled(self.pane, -SIDEWAYS))
