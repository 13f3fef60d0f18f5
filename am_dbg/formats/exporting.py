"""Exports: what formats there are, and how one is written, whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from am_dbg.errors import UserError
from am_dbg.formats.selection import Selection
from am_dbg.model.cursor import Cursor
from am_dbg.model.diagram.view import Wanted, diagram_of
from am_dbg.model.format import plural
from am_dbg.store import Store

PIECE = 64
"""Messages between two reports of progress: about a millisecond."""


class Format(NamedTuple):
    """A format: its name, the end of its files' names, words; what it is of."""

    name: str
    suffix: str
    words: str
    picture: bool = False
    transitions: bool = False
    """Counts transitions only, no schemas."""


FORMATS = {
    each.name: each
    for each in (
        Format("mcap", ".mcap", "a recording, to be opened again", transitions=True),
        Format("md", ".md", "transitions as Markdown", transitions=True),
        Format("log", ".log", "log lines as text"),
        Format("jsonl", ".jsonl", "messages as JSON, one a line"),
        Format("mermaid", ".mmd", "a diagram as Mermaid text", picture=True),
        Format("svg", ".svg", "a diagram as SVG", picture=True),
    )
}


@dataclass
class Export:
    """One export: ``run`` writes it. ``written`` counts transitions, of ``total``.

    ``cursor`` is the place that a diagram is of, ``wanted`` which one. ``level``: log lines up to
    that. ``force``: the output may exist.
    """

    store: Store
    format: str
    output: Path
    selection: Selection = field(default_factory=lambda: Selection({}))
    cursor: Cursor = field(default_factory=Cursor)
    wanted: Wanted = field(default_factory=Wanted)
    level: int = 5
    force: bool = False
    written: int = 0

    @property
    def total(self) -> int:
        """How many messages are looked at."""
        return self.selection.messages

    def told(self) -> str:
        """What has been written, in a line."""
        form = FORMATS[self.format]
        size = plural(self.output.stat().st_size, "byte")
        if form.picture:
            return f"{self.output}: {self.wanted.kind}, {size}"
        what = "transition" if form.transitions else "message"
        machines = plural(len(self.selection.spans), "machine")
        return f"{self.output}: {plural(self.written, what)} of {machines}, {size}"

    def check(self) -> None:
        """Raise UserError when the output can't be written: it exists, or is being read."""
        for reader in self.store.readers:
            with contextlib.suppress(OSError):
                if self.output.samefile(reader.path):
                    raise UserError(f"{self.output} is the recording that is open")
        if self.output.is_dir():
            raise UserError(f"{self.output} is a folder")
        if self.output.exists() and not self.force:
            raise UserError(f"{self.output} exists; --force replaces it, or choose another file")

    def run(self) -> Generator[int, None, None]:
        """Write it in pieces, yielding how many messages are done; closing it leaves no file.

        Raises UserError; then there is no output either, and one that existed is as it was.
        """
        self.check()
        part = self.output.with_name(f".{self.output.name}.{os.getpid()}.part")
        try:
            part.unlink(missing_ok=True)
            yield from self._write(part)
            self.check()
            part.replace(self.output)
        except OSError as error:
            raise UserError(f"{self.output}: {error.strerror or error}") from None
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def _write(self, part: Path) -> Iterator[int]:
        if self.format == "mcap":
            from am_dbg.formats.reduced import write_recording

            for done in write_recording(self.store, self.selection, part):
                self.written = done
                if done % PIECE == 0:
                    yield done
            return
        with part.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            for done, piece in enumerate(self._texts(), 1):
                file.write(piece)
                self.written = done
                if done % PIECE == 0:
                    yield done

    def _texts(self) -> Iterator[str]:
        store, selection = self.store, self.selection
        if FORMATS[self.format].picture:
            yield diagram_text(store, self.cursor, self.format, self.wanted)
        elif self.format == "jsonl":
            from am_dbg.formats.jsonl import json_lines

            yield from json_lines(store, selection)
        elif self.format == "log":
            from am_dbg.formats.logtext import log_text

            yield from log_text(store, selection, self.level)
        else:
            from am_dbg.formats.markdown import markdown

            yield from markdown(store, selection)


def diagram_text(store: Store, cursor: Cursor, form: str, wanted: Wanted) -> str:
    """A diagram at the cursor as ``mermaid`` or ``svg`` text."""
    from am_dbg.model.diagram.mermaid import mermaid
    from am_dbg.model.diagram.svg import svg

    made = diagram_of(store, cursor, wanted)
    return svg(made) if form == "svg" else mermaid(made)
