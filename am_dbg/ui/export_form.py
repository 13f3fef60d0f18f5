"""What the export dialog asks for: format, what part, file name; and the export made of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from am_dbg.formats.exporting import FORMATS, Export
from am_dbg.formats.selection import Selection, between, everything, moment, single
from am_dbg.model.diagram.view import KINDS, Wanted
from am_dbg.model.format import plural
from am_dbg.model.text import Line, Span, Token
from am_dbg.ui.prompt import LineEditor
from am_dbg.ui.session import Session

PARTS = {
    "transition": "this transition",
    "moment": "this moment, one transition a machine",
    "machine": "this machine",
    "screen": "the time that the history shows",
    "shown": "what the filters show",
    "all": "everything",
}
FORMAT, PART, FILE = range(3)
LABELS = ("format", "what", "file")


@dataclass
class ExportForm:
    """The fields, and which is selected. ``rows``: first and last position that is on screen."""

    session: Session
    rows: tuple[int, int]
    wanted: Wanted = field(default_factory=Wanted)
    format: str = "mcap"
    part: str = "moment"
    selected: int = FORMAT
    editor: LineEditor = field(default_factory=LineEditor)
    touched: bool = False
    """The user has written the file's name: it is not made any more."""
    confirmed: Path | None = None
    """The existing file that the user was asked about."""

    def __post_init__(self) -> None:
        self._name()

    # -- changing --------------------------------------------------------------------------------

    def select(self, by: int) -> None:
        """Another field."""
        self.selected = (self.selected + by) % len(LABELS)

    def change(self, by: int) -> None:
        """The next choice of the selected field."""
        if self.selected == FORMAT:
            self.format = _following(tuple(FORMATS), self.format, by)
        elif self.selected == PART and FORMATS[self.format].picture:
            kind = _following(KINDS, self.wanted.kind, by)
            self.wanted = Wanted(kind, group=self.wanted.group)
        elif self.selected == PART:
            self.part = _following(tuple(PARTS), self.part, by)
        self._name()

    def type(self, key: str, character: str | None) -> bool:
        """A key for the file's name; False when it changes nothing."""
        if not self.editor.press(key, character):
            return False
        self.selected, self.touched = FILE, True
        return True

    def paste(self, text: str) -> None:
        """A text for the file's name."""
        self.editor.paste(text)
        self.selected, self.touched = FILE, True

    def _name(self) -> None:
        suffix = FORMATS[self.format].suffix
        if self.touched:  # only the end goes with the format
            text = self.editor.text
            old = next((f.suffix for f in FORMATS.values() if text.endswith(f.suffix)), "")
            self.editor.text = text.removesuffix(old) + (suffix if old else "")
            return
        machine = self.session.machine
        label = _safe(machine.label) if machine is not None else "nothing"
        place = f"{label}-tx{self.session.cursor.pos + 1}"
        names = {
            "transition": place,
            "moment": f"{place}-moment",
            "machine": label,
            "screen": f"{place}-around",
            "shown": f"{_safe(self._recording)}-shown",
            "all": f"{_safe(self._recording)}-all",
        }
        name = names[self.part]
        if FORMATS[self.format].picture:
            name = "network" if self.wanted.kind == "network" else f"{label}-{self.wanted.kind}"
        self.editor.text = name + suffix

    @property
    def _recording(self) -> str:
        recordings = self.session.recordings
        return recordings[0].name.removesuffix(".mcap") if recordings else "am-dbg"

    # -- the outcome -----------------------------------------------------------------------------

    @property
    def output(self) -> Path:
        """The file: in the current folder unless told otherwise, with the format's ending."""
        text = self.editor.text.strip()
        path = Path(text).expanduser()
        if text and not path.suffix:
            path = path.with_name(path.name + FORMATS[self.format].suffix)
        return path

    def export(self) -> Export:
        """The export that the fields ask for."""
        session = self.session
        return Export(
            session.store,
            self.format,
            self.output,
            self._selection(),
            session.cursor,
            self.wanted,
            level=session.log_level if self.part == "shown" else 5,
            force=self.confirmed == self.output,
        )

    def _selection(self) -> Selection:
        store, cursor = self.session.store, self.session.cursor
        if self.part == "transition":
            return single(cursor)
        if self.part == "moment":
            return moment(store, cursor)
        if self.part == "machine":
            return everything(store, {cursor.machine})
        if self.part == "screen":
            log = store.machines[cursor.machine]
            first, last = self.rows
            if not 0 <= first <= last < len(log):
                return single(cursor)
            return between(store, log.time_at(first), log.time_at(last))
        if self.part == "shown":
            visible = {log.no: self.session.lens.visible(log.no) for log in store.machines}
            return everything(store).only(lambda log, pos: visible[log.no].shows(pos))
        return everything(store)

    # -- showing ---------------------------------------------------------------------------------

    def lines(self) -> list[Line]:
        """A row a field."""
        form = FORMATS[self.format]
        what = f"{self.wanted.kind} diagram" if form.picture else PARTS[self.part]
        count = "" if form.picture else plural(self._selection().messages, "message")
        values: list[Line] = [
            (Span(self.format, Token.STRONG), Span(f"  {form.words}", Token.DIM)),
            (Span(what, Token.STRONG), Span(f"  {count}", Token.NUMBER)),
            (Span(self.editor.text, Token.STRONG), Span("█" * (self.selected == FILE), Token.KEY)),
        ]
        return [
            (Span(f"  {label:<8}", Token.DIM), self._arrows(i), *values[i])
            for i, label in enumerate(LABELS)
        ]

    def _arrows(self, field_: int) -> Span:
        """A sign that left and right change the field."""
        shown = self.selected == field_ != FILE
        return Span("◂▸ " if shown else "   ", Token.KEY)


def _following(values: tuple[str, ...], value: str, by: int) -> str:
    return values[(values.index(value) + by) % len(values)]


def _safe(text: str) -> str:
    """A name without what a file's name can't or shouldn't have."""
    return re.sub(r"[^\w.-]+", "_", text, flags=re.ASCII).strip("._")[:60] or "am-dbg"
