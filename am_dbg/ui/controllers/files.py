"""Files: exporting a part of what is open, opening recordings and closing them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from am_dbg.errors import UserError
from am_dbg.model.format import LineBuilder, clean, crop_middle, plural
from am_dbg.model.text import Line, Token
from am_dbg.ui.export_form import ExportForm
from am_dbg.ui.export_screen import ExportScreen
from am_dbg.ui.layout import DIAGRAM
from am_dbg.ui.recordings_screen import RecordingsScreen
from am_dbg.ui.reopening import opened, take_over

if TYPE_CHECKING:
    from am_dbg.ui.app import DebuggerApp
    from am_dbg.ui.screen import MainScreen


class FileController:
    """Actions of the section *Files*."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen

    # -- exporting -------------------------------------------------------------------------------

    def export(self) -> None:
        """Ask for a format, a part and a file; in the diagram pane, of the diagram as it is."""
        form = self._form()
        if self._screen.pane == DIAGRAM:
            form.format, form.wanted = "svg", self._screen.diagrams.wanted
            form.change(0)  # names the file
        self._screen.app.push_screen(ExportScreen(self._screen.palette, form, self._saved))

    def _form(self) -> ExportForm:
        screen = self._screen
        view, pane = screen.presenter.history, screen.history
        last = min(len(view), pane.top + max(1, pane.rows)) - 1
        rows = (view.pos_at(pane.top), view.pos_at(last)) if len(view) else (-1, -1)
        return ExportForm(screen.session, (max(0, rows[0]), rows[1]))

    def _saved(self, told: str) -> None:
        self._screen.notice(f"saved {clean(told)}", Token.ACTIVE)

    # -- recordings ------------------------------------------------------------------------------

    def recordings(self) -> None:
        """What is open; open another one, close one."""
        self._screen.app.push_screen(RecordingsScreen(self._screen.palette, self))

    @property
    def files(self) -> list[Path]:
        """The files that are open, as the user named them."""
        session = self._screen.session
        return list(session.sources or session.recordings)

    def recording_lines(self, width: int) -> list[Line]:
        """A row a file: its name, how large it is, what is in it."""
        store = self._screen.session.store
        sizes = {reader.path: reader.size() for reader in store.readers}
        lines = []
        for path, recording in zip(self.files, self._screen.session.recordings, strict=True):
            machines = sum(store.readers[log.conn[0]].path == recording for log in store.machines)
            told = f"{plural(sizes.get(recording, 0), 'byte')}, {plural(machines, 'machine')}"
            recorded = ", being recorded" if recording == self._recorded else ""
            room = max(16, width - 40)
            whole = clean(str(path))
            name = whole if len(whole) <= room else crop_middle(clean(path.name), room)
            builder = LineBuilder(width).cells(name, room, Token.STRONG)
            lines.append(builder.add(f" {told}{recorded}", Token.DIM).line())
        return lines

    @property
    def _recorded(self) -> Path | None:
        """The recording that this program makes."""
        recorder = self._app.recorder
        return recorder.recording if recorder is not None else None

    @property
    def _app(self) -> DebuggerApp:
        return cast("DebuggerApp", self._screen.app)

    def with_file(self, path: Path) -> list[Path]:
        """The open files and another one."""
        return [*self.files, path]

    def without_file(self, number: int) -> list[Path]:
        """The open files but one. Raises UserError when that one can't be closed."""
        if self._screen.session.recordings[number] == self._recorded:
            raise UserError("this one is being recorded; q ends it")
        if len(self.files) == 1:
            raise UserError("the last recording stays open; open another one first, or q quits")
        return [path for i, path in enumerate(self.files) if i != number]

    async def open_files(self, files: list[Path], progress: Callable[[int, int], None]) -> str:
        """Show these files instead; what is to be said of it. Raises UserError: all stays."""
        session = self._screen.session
        before = self.files
        again = [path for path in files if files.count(path) > 1 or _twice(path, files)]
        if again:
            raise UserError(f"{again[-1]} is open already")
        recordings, store, more = await opened(files, progress)
        take_over(session, recordings, store, more)
        session.sources = list(files)
        session.files = files_text(files)
        self._app.feed_anew()
        self._screen.refresh_views()
        added = [path for path in files if path not in before]
        closed = [path for path in before if path not in files]
        words = [f"opened {path}" for path in added] + [f"closed {path}" for path in closed]
        return "; ".join(words) or "opened"


def _twice(path: Path, files: list[Path]) -> bool:
    """Whether the same file is named in another way too."""
    try:
        return sum(path.samefile(other) for other in files) > 1
    except OSError:
        return False  # what is wrong with it is told when it is opened


def files_text(files: list[Path]) -> str:
    """What the line on top says: ``a.mcap``, ``a.mcap +2``."""
    return files[0].name if len(files) == 1 else f"{files[0].name} +{len(files) - 1}"
