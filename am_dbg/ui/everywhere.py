"""The search over everything: a box with what is typed and what is found meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from am_dbg.model.everywhere import Everywhere, Result
from am_dbg.model.text import Span, Token
from am_dbg.ui.bars import Bar
from am_dbg.ui.help import OverScreen
from am_dbg.ui.messages import RowClicked
from am_dbg.ui.prompt import LineEditor
from am_dbg.ui.session import Session
from am_dbg.ui.themes import Palette

SLICE_SECONDS = 0.008
"""How long a search holds the screen before keys get their turn."""
SHOW_SECONDS = 0.1
"""How often results are shown while more are looked for."""


class EverywhereScreen(OverScreen):
    """Typing searches, arrows choose, enter goes there, escape closes and stops looking."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+t", "dismiss", "close", show=False),
        Binding("enter", "choose", "go there", show=False),
        Binding("down", "by(1)", "down", show=False),
        Binding("up", "by(-1)", "up", show=False),
        Binding("pagedown", "page(1)", "page down", show=False),
        Binding("pageup", "page(-1)", "page up", show=False),
    ]

    def __init__(
        self, palette: Palette, session: Session, text: str, go: Callable[[Result, str], None]
    ) -> None:
        super().__init__()
        self._session = session
        self._go = go
        self._editor = LineEditor(text)
        self._row = 0
        self._typed = Bar(id="typed")
        self._typed.palette = palette
        self._pane = self.make_pane("found", "Search everywhere", palette)
        self.search = self._begin()

    def compose(self) -> ComposeResult:
        """What is typed, what is found."""
        with Container(id="dialog"):
            yield self._typed
            yield self._pane

    def on_mount(self) -> None:
        """Look for what was looked for before."""
        self.set_focus(self._pane)
        self._changed()

    def on_resize(self) -> None:
        """Show as much as fits."""
        self._show()

    def on_key(self, event: events.Key) -> None:
        """What is typed searches."""
        if self._editor.press(event.key, event.character):
            event.stop()
            self._changed()

    def on_paste(self, event: events.Paste) -> None:
        """So does what is pasted."""
        event.stop()
        self._editor.paste(event.text)
        self._changed()

    @on(RowClicked)
    def _clicked(self, event: RowClicked) -> None:
        event.stop()
        if event.row < len(self.search):
            self._row = event.row
            self.action_choose()

    def action_by(self, rows: int) -> None:
        """Choose another row."""
        self._row = max(0, min(self._row + rows, len(self.search) - 1))
        self._show()

    def action_page(self, direction: int) -> None:
        """Choose a row a page further."""
        self.action_by(direction * max(1, self._pane.rows - 1))

    def action_choose(self) -> None:
        """Go to what is chosen."""
        if self._row < len(self.search):
            found = self.search.result(self._row)
            self.dismiss()
            self._go(found, self._editor.text.strip())

    def _begin(self) -> Everywhere:
        session = self._session
        text = self._editor.text.strip()
        return Everywhere(session.store, session.cursor, text, session.lens.visible)

    def _changed(self) -> None:
        """Another text: begin anew."""
        self.search = self._begin()
        self._row = self._pane.top = 0
        self._show()
        self.run_worker(self._look(self.search), exclusive=True)

    async def _look(self, search: Everywhere) -> None:
        shown = 0.0
        while search.work(SLICE_SECONDS):
            now = time.perf_counter()
            if now - shown > SHOW_SECONDS:
                self._show()
                shown = now
            await asyncio.sleep(0)
        self._show()

    def _show(self) -> None:
        text, search = self._editor.text.strip(), self.search
        hint = Span("    ↑↓ choose, enter goes there, esc closes", Token.DIM)
        self._typed.show((*self._editor.line("search everywhere:"), hint))
        nothing = "nothing has it" if text and search.hits.done and not len(search) else ""
        self._pane.needle = text
        self._pane.show(search, self._row if len(search) else None, search.title(), nothing)
