"""The log pane: lines have no numbers there, only places; see ``am_dbg.model.log``."""

from __future__ import annotations

from am_dbg.model.log import LogPlace, LogRow, LogView
from am_dbg.model.text import Line
from am_dbg.ui.line_pane import BLANK, LinePane, Row


class LogPane(LinePane):
    """A window on a log, moved by lines from place to place, with a line that the keys are for.

    While ``held`` is False the window keeps the shown transition in sight; scrolling holds it where
    the user put it, until the next move in time. ``cursor`` is the line; ``staying`` keeps both for
    one move, which began here.
    """

    view: LogView | None = None
    place = LogPlace(-1)
    cursor = LogPlace(-1)
    held = False
    staying = False
    length = 0
    _subject = (-1, -1)
    log_rows: tuple[LogRow, ...] = ()

    def show_log(self, view: LogView, title: Line, length: int) -> None:
        """Show a log of ``length`` transitions; of another one than before, what it shows."""
        self.view, self.title_line, self.length = view, title, length
        if view.subject != self._subject and not self.staying:
            self.held = False
            self.cursor = view.shown
        self._subject = view.subject
        self.staying = False
        self.repaint()

    def visible_rows(self) -> list[Row]:
        """The lines from the top place on."""
        if self.view is None:
            return [BLANK] * self.rows
        if not self.held:
            self.place = self.view.place_for(self.rows)
        self.log_rows = tuple(self.view.window(self.place, self.rows, self.columns))
        made = [Row(row.line, self._state(row)) for row in self.log_rows]
        return made + [BLANK] * (self.rows - len(made))

    def _state(self, row: LogRow) -> int:
        """The line of the keys stands out while they come here, the shown transition always."""
        if self.has_focus and row.place == self.cursor:
            return 2
        return 1 if row.selected else 0

    def thumb(self) -> tuple[int, int] | None:
        """The thumb is at the share of transitions, since lines aren't counted."""
        seen = {row.place.pos for row in self.log_rows}
        if self.rows < 2 or not seen or len(seen) >= self.length + 1:
            return None
        size = max(1, self.rows * len(seen) // (self.length + 1))
        share = (self.place.pos + 1) / max(1, self.length + 1 - len(seen))
        start = round((self.rows - size) * min(1.0, share))
        return 1 + start, 1 + start + size

    def move_cursor(self, rows: int) -> bool:
        """Move the line of the keys, and the window along with it; False at the log's border."""
        if self.view is None:
            return False
        before = self.cursor
        self.show_cursor(self.view.scroll(before, rows))
        return self.cursor != before

    def show_cursor(self, place: LogPlace) -> None:
        """Make a line the one of the keys, and bring it into sight."""
        if self.view is None:
            return
        self.cursor = self.view.scroll(place, 0)
        rows = self.view.window(self.place, self.rows, self.columns)
        self.held = True
        if rows and self.cursor < rows[0].place:
            self.place = self.cursor
        elif not rows or self.cursor > rows[-1].place:
            self.place = self.view.scroll(self.cursor, 1 - self.rows)
        self.repaint()

    def scroll_rows(self, rows: int) -> None:
        """Move the window by lines."""
        if self.view is None:
            return
        self.held = True
        self.place = self.view.scroll(self.place, rows)
        if rows > 0:  # the last line stays at the lower edge
            short = self.rows - len(self.view.window(self.place, self.rows, self.columns))
            if short > 0:
                self.place = self.view.scroll(self.place, -short)
        self.repaint()

    def scroll_share(self, share: float) -> None:
        """Move the window to a share of the transitions."""
        self.held = True
        self.place = LogPlace(int(share * self.length) - 1)
        self.scroll_rows(0)
