"""The open recordings: a path that is typed is opened too, delete closes one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.worker import Worker

from am_dbg.errors import UserError
from am_dbg.model.format import clean
from am_dbg.model.paths import completed, completions
from am_dbg.model.text import Line, Span, Token
from am_dbg.ui.bars import Bar
from am_dbg.ui.dialog import Dialog
from am_dbg.ui.line_pane import FixedLines
from am_dbg.ui.messages import RowClicked
from am_dbg.ui.prompt import LineEditor

if TYPE_CHECKING:
    from am_dbg.ui.controllers.files import FileController
    from am_dbg.ui.themes import Palette

OPEN_KEYS = "type a path to open  delete closes  esc leaves"
PATH_KEYS = "tab completes  enter opens  esc leaves"


class RecordingsScreen(Dialog):
    """Without text: the open recordings. With text: what the path may become."""

    def __init__(self, palette: Palette, controller: FileController) -> None:
        super().__init__()
        self._controller = controller
        self.editor = LineEditor()
        self.said: Line = ()
        self._row: int | None = 0
        self._typed = Bar(id="typed")
        self._typed.palette = palette
        self._said = Bar(id="said")
        self._said.palette = palette
        self._pane = self.make_pane("recordings", "Recordings", palette)
        self._opening: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """What is typed, the recordings or the completions, what there is to say."""
        with Container(id="dialog"):
            yield self._typed
            yield self._pane
            yield self._said

    def on_mount(self) -> None:
        """Show what is open."""
        self.fill()
        self.set_focus(self._pane)

    def on_resize(self) -> None:
        """Again, for the new size."""
        self.fill()

    @property
    def offered(self) -> list[str]:
        """What the typed path may become."""
        return completions(self.editor.text) if self.editor.text else []

    def fill(self) -> None:
        """Show everything as it is now."""
        self._typed.show(self.editor.line("open:"))
        self._said.show(self.said)
        rows: list[Line]
        if self.editor.text:
            rows = [(Span(clean(path)),) for path in self.offered]
            title, keys = "Files", PATH_KEYS
        else:
            rows = self._controller.recording_lines(max(20, self._pane.columns))
            title, keys = "Open recordings", OPEN_KEYS
        if self._row is not None:
            self._row = max(0, min(self._row, len(rows) - 1)) if rows else None
        self._pane.show(FixedLines(rows), self._row, (Span(title, Token.TITLE),), keys)

    def say(self, text: str, token: Token = Token.WARNING) -> None:
        """A line below, until the next key."""
        self.said = (Span(clean(text), token),)
        self.fill()

    # -- keys ------------------------------------------------------------------------------------

    def take_key(self, event: events.Key) -> None:
        """All keys are for this dialog."""
        if event.key == "escape":
            self._leave()
            return
        if self._opening is not None:
            return
        self.said = ()
        if event.key == "enter":
            self._enter()
        elif event.key in ("up", "down"):
            self._select(-1 if event.key == "up" else 1)
        elif event.key == "tab":
            self.editor.text = completed(self.editor.text)
            self._row = None
        elif event.key == "delete" and not self.editor.text:
            self._close()
        elif self.editor.press(event.key, event.character):
            self._row = None if self.editor.text else 0
        self.fill()

    def take_paste(self, text: str) -> None:
        """A part of the path."""
        if self._opening is None:
            self.editor.paste(text)
            self._row = None
            self.fill()

    def _select(self, by: int) -> None:
        last = len(self._pane.lines) - 1
        if last >= 0:
            at = self._row if self._row is not None else (-1 if by > 0 else last + 1)
            self._row = max(0, min(at + by, last))

    @on(RowClicked)
    def _row_clicked(self, event: RowClicked) -> None:
        event.stop()
        if self._opening is None:
            again = self._row == event.row
            self._row = event.row
            if again and self.editor.text:
                self._enter()
            self.fill()

    def _enter(self) -> None:
        """Open what is typed or chosen; a folder is gone into."""
        if not self.editor.text:
            self.dismiss()
            return
        offered = self.offered
        if self._row is not None and self._row < len(offered):
            self.editor.text = offered[self._row]
            self._row = None
        path = Path(self.editor.text).expanduser()
        if path.is_dir():
            if not self.editor.text.endswith("/"):
                self.editor.text += "/"
            return
        self._change(self._controller.with_file(path))

    def _close(self) -> None:
        files = self._controller.files
        if self._row is None or self._row >= len(files):
            return
        try:
            left = self._controller.without_file(self._row)
        except UserError as error:
            self.say(str(error), Token.ERROR)
            return
        self._change(left)

    def _leave(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
            self.say("stopped; everything is as it was")
        else:
            self.dismiss()

    # -- opening ---------------------------------------------------------------------------------

    def _change(self, files: list[Path]) -> None:
        self.say("opening; esc stops", Token.TEXT)
        self._opening = self.run_worker(self._open(files), exclusive=True)

    async def _open(self, files: list[Path]) -> None:
        def progress(done: int, there: int) -> None:
            share = done * 100 // max(1, there)
            self.said = (Span(f"indexing, {share} %; esc stops"),)
            self._said.show(self.said)

        try:
            told = await self._controller.open_files(files, progress)
        except UserError as error:
            self._opening = None
            self.say(str(error), Token.ERROR)
            return
        self._opening = None
        self.editor.text, self._row = "", 0
        self.say(told, Token.ACTIVE)
