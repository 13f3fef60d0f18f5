"""The log pane: lines have no numbers there, only places; see ``am_dbg.model.log``."""

from __future__ import annotations

from am_dbg.model.log import LogPlace, LogRow, LogView
from am_dbg.model.text import Line
from am_dbg.ui.line_pane import BLANK, LinePane, Row


class LogPane(LinePane):
    """A window on a log, moved by lines from place to place.

    While ``held`` is False the window keeps the shown transition in sight; scrolling holds it where
    the user put it, until the next move in time.
    """

    view: LogView | None = None
    place = LogPlace(-1)
    held = False
    length = 0
    log_rows: tuple[LogRow, ...] = ()

    def show_log(self, view: LogView, title: Line, moved: bool, length: int) -> None:
        """Show a log; ``moved``: the cursor is elsewhere than before. ``length``: transitions."""
        self.view, self.title_line, self.length = view, title, length
        if moved:
            self.held = False
        self.repaint()

    def visible_rows(self) -> list[Row]:
        """The lines from the top place on."""
        if self.view is None:
            return [BLANK] * self.rows
        if not self.held:
            self.place = self.view.place_for(self.rows)
        found = self.view.window(self.place, self.rows, self.columns)
        self.log_rows = tuple(found)
        chosen = 2 if self.has_focus else 1
        made = [Row(row.line, chosen if row.selected else 0) for row in found]
        return made + [BLANK] * (self.rows - len(made))

    def thumb(self) -> tuple[int, int] | None:
        """The thumb is at the share of transitions, since lines aren't counted."""
        seen = {row.place.pos for row in self.log_rows}
        if self.rows < 2 or not seen or len(seen) >= self.length + 1:
            return None
        size = max(1, self.rows * len(seen) // (self.length + 1))
        share = (self.place.pos + 1) / max(1, self.length + 1 - len(seen))
        start = round((self.rows - size) * min(1.0, share))
        return 1 + start, 1 + start + size

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

    def show_place(self, place: LogPlace) -> None:
        """Put a place a third from the top."""
        if self.view is not None:
            self.held = True
            self.place = self.view.scroll(place, -(self.rows // 3))
            self.repaint()

    def scroll_share(self, share: float) -> None:
        """Move the window to a share of the transitions."""
        self.held = True
        self.place = LogPlace(int(share * self.length) - 1)
        self.scroll_rows(0)
