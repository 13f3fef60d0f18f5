"""A pane: a framed, scrolling window on a virtual list of lines.

It draws its own frame and scrollbar and answers ``render_lines`` itself, instead of leaving
borders, padding and scrolling to Textual's style machinery: a full screen of panes then costs a
third of the time, ``virtual_size`` (each change of which lays the whole screen out) is never
touched, and only the rows whose content changed are painted.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.strip import Strip

from am_dbg.model.text import Line
from am_dbg.ui.dragging import BorderDrag
from am_dbg.ui.frame import Frame, TitleTab
from am_dbg.ui.messages import LinkClicked, RowClicked, TabClicked
from am_dbg.ui.strips import highlight, segments, span_at
from am_dbg.ui.themes import DARK_PALETTE, Palette

MARGIN = 2
"""Rows kept in sight above and below the selected one."""
WHEEL = 3
"""Rows that a notch of the wheel scrolls."""


class Lines(Protocol):
    """A virtual list of rows: any length, a row costs what it shows."""

    def __len__(self) -> int: ...

    def line(self, i: int, width: int) -> Line:
        """Row ``i``, at best ``width`` cells wide."""
        ...


class FixedLines:
    """A list of lines that are at hand."""

    def __init__(self, lines: list[Line] | None = None) -> None:
        self._lines = lines or []

    def __len__(self) -> int:
        return len(self._lines)

    def line(self, i: int, width: int) -> Line:
        """Row ``i``; the pane cuts it."""
        del width
        return self._lines[i]


class Row(NamedTuple):
    """A visible row: its text; plain (0), selected (1), or selected with focus (2)."""

    line: Line
    state: int = 0


BLANK = Row(())
STRIPS_KEPT = 400
"""Painted rows that a pane keeps: a list that scrolls shows most of its rows again."""


class LinePane(BorderDrag):
    """Shows ``lines`` with one selected row, a title and a count in the frame.

    ``show`` is all that the outside calls after a change; it repaints what differs.
    """

    ALLOW_SELECT = False
    can_focus = True
    DEFAULT_CSS = "LinePane { position: absolute; }"

    def __init__(self, pane: str, number: int, heading: str, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id or pane)
        self.pane = pane
        self.number = number
        self.heading = heading
        self.palette: Palette = DARK_PALETTE
        self.tabs: tuple[TitleTab, ...] = (TitleTab(pane, number, heading),)
        self.slim = False
        self.lines: Lines = FixedLines()
        self.selected: int | None = None
        self.title_line: Line = ()
        self.hint = ""
        self.needle = ""
        self.top = 0
        self._shown: list[Row] = []
        self._frame = Frame()
        self._strips: dict[int, Strip] = {}
        self._painted: dict[tuple[Row, bool], Strip] = {}

    # -- what is shown ---------------------------------------------------------------------------

    @property
    def inner_rows(self) -> int:
        """Rows within the frame."""
        return max(0, self.size.height - (1 if self.slim else 2))

    @property
    def rows(self) -> int:
        """Rows of content that fit."""
        return self.inner_rows

    @property
    def columns(self) -> int:
        """Columns of content that fit, beside frame and selection bar."""
        return max(0, self.size.width - (2 if self.slim else 3))

    def show(
        self,
        lines: Lines,
        selected: int | None = None,
        title: Line = (),
        hint: str | None = None,
    ) -> None:
        """Show these lines; the selected row is scrolled into sight when it is another one.

        ``hint`` is a dim remark in the lower edge, such as how many rows a search hides; None
        leaves it as it is.
        """
        moved = selected != self.selected
        self.lines, self.selected, self.title_line = lines, selected, title
        if hint is not None:
            self.hint = hint
        if moved and selected is not None:
            self._reveal(selected)
        self.repaint()

    def dress(self, palette: Palette, tabs: tuple[TitleTab, ...], slim: bool) -> None:
        """Change the looks: colours, titles in the frame, a full frame or only a heading."""
        if (palette, tabs, slim) == (self.palette, self.tabs, self.slim):
            return
        self.palette, self.tabs, self.slim = palette, tabs, slim
        self.repaint_all()

    def mark(self, needle: str, hint: str) -> None:
        """Highlight a text wherever it occurs (empty: none), and say so in the lower edge."""
        if (needle, hint) != (self.needle, self.hint):
            self.needle, self.hint = needle, hint
            self.repaint_all()

    def visible_rows(self) -> list[Row]:
        """What the window shows now, one a row, blank ones included."""
        length, rows = len(self.lines), self.rows
        self.top = max(0, min(self.top, length - rows))
        chosen = 2 if self.has_focus else 1
        last = min(length, self.top + rows)
        line, columns, selected = self.lines.line, self.columns, self.selected
        shown = [
            Row(line(i, columns), chosen if i == selected else 0) for i in range(self.top, last)
        ]
        return shown + [BLANK] * (rows - len(shown))

    def thumb(self) -> tuple[int, int] | None:
        """Rows of the frame that the scrollbar's thumb takes; None when all is in sight."""
        rows, length = self.rows, len(self.lines)
        if length <= rows or rows < 2:
            return None
        size = max(1, rows * rows // length)
        start = (rows - size) * self.top // max(1, length - rows)
        return 1 + start, 1 + start + size

    # -- painting --------------------------------------------------------------------------------

    def repaint_all(self) -> None:
        """Paint every row anew."""
        self._shown = []
        self._strips = {}
        self._painted = {}
        self.refresh()

    def repaint(self) -> None:
        """Compute the visible rows and paint those that differ from what is on screen."""
        if not self.size.width or not self.display:
            return
        old, before = self._shown, self._frame
        self._compute()
        if len(old) != len(self._shown):
            self._strips = {}
            self.refresh()
            return
        dirty = self._frame.changed_rows(before)
        dirty |= {y + 1 for y, row in enumerate(self._shown) if row != old[y]}
        for y in dirty:
            self._strips.pop(y, None)
        if dirty:
            width = self._frame.width
            self.refresh(*(Region(0, y, width, 1) for y in sorted(dirty)))

    def _compute(self) -> None:
        self._shown = self.visible_rows()
        self._frame = Frame(
            width=self.size.width,
            height=self.size.height,
            slim=self.slim,
            focused=self.has_focus,
            tabs=self.tabs,
            front=self.pane,
            title=self.title_line,
            hint=self.hint,
            thumb=self.thumb(),
        )

    def render_lines(self, crop: Region) -> list[Strip]:
        """The strips of a region; rows are kept until ``repaint`` finds them changed."""
        if len(self._shown) != self.inner_rows or self._frame.width != self.size.width:
            self._strips = {}
            self._painted = {}
            self._compute()
        made = [self._strip(y) for y in range(crop.y, crop.bottom)]
        if crop.x or crop.width != self._frame.width:
            return [strip.crop(crop.x, crop.right) for strip in made]
        return made

    def _strip(self, y: int) -> Strip:
        found = self._strips.get(y)
        if found is None:
            found = self._strips[y] = self._make_strip(y)
        return found

    def _make_strip(self, y: int) -> Strip:
        if not 1 <= y <= len(self._shown):
            return self._frame.edge(y, self.palette)
        row, thumb = self._shown[y - 1], self._frame.thumb
        key = row, thumb is not None and thumb[0] <= y < thumb[1]
        found = self._painted.get(key)
        if found is None:
            if len(self._painted) >= STRIPS_KEPT:
                del self._painted[next(iter(self._painted))]  # the oldest
            found = self._painted[key] = self._paint(row, y)
        return found

    def _paint(self, row: Row, y: int) -> Strip:
        line, state = row
        left, right = self._frame.sides(y, self.palette)
        bar = Segment("▌" if state else " ", self.palette.bar_style(state))
        if self.needle:
            line = highlight(line, self.needle)
        inner = self._inner(line, y, state)
        return Strip([*left, bar, *inner, *right], self._frame.width)

    def _inner(self, line: Line, y: int, state: int) -> list[Segment]:
        """The text of the row ``y``, which is within the frame."""
        del y
        return segments(line, self._frame.columns, self.palette, state)

    # -- scrolling -------------------------------------------------------------------------------

    def _reveal(self, row: int) -> None:
        rows = self.rows
        margin = min(MARGIN, max(0, (rows - 1) // 2))
        if row < self.top - rows or row >= self.top + 2 * rows:
            self.top = row - rows // 2  # far away: in the middle, with what surrounds it
        else:
            self.top = min(self.top, row - margin)
            self.top = max(self.top, row + margin + 1 - rows)
        self.top = max(0, min(self.top, len(self.lines) - rows))

    def scroll_rows(self, rows: int) -> None:
        """Move the window without moving the selection."""
        self.top = max(0, min(self.top + rows, len(self.lines) - self.rows))
        self.repaint()

    def scroll_share(self, share: float) -> None:
        """Move the window to a share (0 to 1) of the list: a click on the scrollbar."""
        self.top = int(share * max(0, len(self.lines) - self.rows))
        self.repaint()

    # -- events ----------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Keep the selected row in sight."""
        if self.selected is not None:
            self._reveal(self.selected)
        self.repaint_all()

    def on_focus(self) -> None:
        """Show that the keys come here."""
        self.repaint_all()

    def on_blur(self) -> None:
        """Show that they do not."""
        self.repaint_all()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll."""
        event.stop()
        self.scroll_rows(WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll."""
        event.stop()
        self.scroll_rows(-WHEEL)

    def on_click(self, event: events.Click) -> None:
        """Choose a row, a pane by its title, a place by the scrollbar, or follow a link."""
        event.stop()
        if self.was_dragged():
            return
        y = event.y - 1
        if y < 0:
            self.post_message(TabClicked(self._frame.tab_at(event.x) or self.pane))
            return
        self.screen.set_focus(self, scroll_visible=False)  # at once, before the next key
        if y >= len(self._shown):
            return
        if event.x >= self.size.width - 1:
            self.click_thumb(y)
            return
        self.click_row(event.x - (1 if self.slim else 2), y, event.chain > 1)

    def click_thumb(self, y: int) -> None:
        """A row of the scrollbar was clicked."""
        self.scroll_share(y / max(1, self.rows - 1))

    def click_row(self, x: int, y: int, twice: bool) -> None:
        """A cell of a visible row was clicked: a link, or the row."""
        span = span_at(self._shown[y].line, x)
        if span is not None and span.link:
            self.post_message(LinkClicked(span.link))
        elif self._shown[y] is not BLANK:
            self.post_message(RowClicked(self.pane, y, self.top + y, twice))
