"""The export dialog. It takes every key while it is open: none reaches the screen below."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.worker import Worker

from am_dbg.errors import UserError
from am_dbg.formats.exporting import Export
from am_dbg.model.text import Line, Span, Token
from am_dbg.ui.dialog import Dialog
from am_dbg.ui.export_form import FILE, LABELS, ExportForm
from am_dbg.ui.line_pane import FixedLines
from am_dbg.ui.messages import RowClicked
from am_dbg.ui.themes import Palette

KEYS = "↑↓ field  ←→ choice  enter saves  esc leaves"
ROWS = len(LABELS) + 5
SLICE_SECONDS = 0.008
"""How long writing holds the screen before keys get their turn."""


class ExportScreen(Dialog):
    """Fields, and a line that says what is wrong, how far it is, or that a file exists."""

    def __init__(self, palette: Palette, form: ExportForm, saved: Callable[[str], None]) -> None:
        super().__init__()
        self.form = form
        self.said: Line = ()
        self._saved = saved
        self._box = Container(id="dialog")
        self._pane = self.make_pane("export", "Export", palette)
        self._writing: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """The frame and what is in it."""
        with self._box:
            yield self._pane

    def on_mount(self) -> None:
        """As large as it has rows."""
        self._box.styles.height = min(ROWS + 1, self.app.size.height - 2)
        self._box.styles.max_width = 92
        self._fill()
        self.set_focus(self._pane)

    def _fill(self) -> None:
        lines: list[Line] = [(), *self.form.lines(), (), (Span("  "), *self.said)]
        title = (Span("Export", Token.TITLE),)
        self._pane.show(FixedLines(lines), self.form.selected + 1, title, KEYS)

    def _say(self, text: str, token: Token = Token.WARNING) -> None:
        self.said = (Span(text, token),) if text else ()
        self._fill()

    # -- keys ------------------------------------------------------------------------------------

    def take_key(self, event: events.Key) -> None:
        """All keys are for this dialog."""
        if event.key == "escape":
            self._leave()
        elif self._writing is not None:
            return  # nothing else while it writes
        elif event.key == "enter":
            self._save()
        elif event.key in ("up", "shift+tab", "down", "tab"):
            self.form.select(-1 if event.key in ("up", "shift+tab") else 1)
            self._fill()
        elif event.key in ("left", "right"):
            if self.form.selected != FILE:
                self.form.change(-1 if event.key == "left" else 1)
                self._say("")
        elif self.form.type(event.key, event.character):
            self._say("")

    def take_paste(self, text: str) -> None:
        """Part of the file's name."""
        if self._writing is None:
            self.form.paste(text)
            self._fill()

    @on(RowClicked)
    def _row_clicked(self, event: RowClicked) -> None:
        event.stop()
        field = event.row - 1
        if self._writing is None and 0 <= field < len(LABELS):
            again = self.form.selected == field
            self.form.selected = field
            if again:
                self.form.change(1)
            self._fill()

    def _leave(self) -> None:
        """Stop writing, then close."""
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None
            self._say("stopped; nothing was saved")
        else:
            self.dismiss()

    # -- saving ----------------------------------------------------------------------------------

    def _save(self) -> None:
        form = self.form
        if not form.editor.text.strip():
            self._say("type the name of a file", Token.ERROR)
            return
        if form.output.is_file() and form.confirmed != form.output:
            form.confirmed = form.output
            self._say(f"{form.output} exists; enter again replaces it")
            return
        self._writing = self.run_worker(self._write(form.export()), exclusive=True)

    async def _write(self, export: Export) -> None:
        running = export.run()
        try:
            while self._slice(running):
                share = export.written * 100 // max(1, export.total)
                self._say(f"writing, {min(share, 99)} %; esc stops", Token.TEXT)
                await asyncio.sleep(0)
            told = export.told()
        except (UserError, OSError) as error:
            self._writing = None
            self._say(str(error), Token.ERROR)
            return
        finally:
            running.close()
        self._writing = None
        self.dismiss()
        self._saved(told)

    @staticmethod
    def _slice(running: Iterator[int]) -> bool:
        """Write on for a few milliseconds; False when all is written."""
        until = time.perf_counter() + SLICE_SECONDS
        return any(time.perf_counter() >= until for _ in running)
