"""Exports: what formats there are, and how one is written, whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from am_dbg.errors import UserError
from am_dbg.formats.selection import Selection
from am_dbg.model.cursor import Cursor
from am_dbg.store import Store

PIECE = 64
"""Messages between two reports of progress: about a millisecond."""


class Format(NamedTuple):
    """A format: its name, the end of its files' names, words, and whether it is a picture."""

    name: str
    suffix: str
    words: str
    picture: bool = False


FORMATS = {
    each.name: each
    for each in (
        Format("mcap", ".mcap", "a recording, to be opened again"),
        Format("md", ".md", "transitions as Markdown"),
        Format("log", ".log", "log lines as text"),
        Format("jsonl", ".jsonl", "messages as JSON, one a line"),
        Format("mermaid", ".mmd", "a diagram as Mermaid text", picture=True),
        Format("svg", ".svg", "a diagram as SVG", picture=True),
    )
}
DIAGRAMS = ("schema", "network", "steps")


@dataclass
class Export:
    """One export: ``run`` writes it. ``written`` counts transitions, of ``total``.

    ``cursor`` is the place that diagrams are of; ``diagram`` is one of `DIAGRAMS`; ``within``:
    how far around the selected state or machine. ``level``: log lines up to that.
    """

    store: Store
    format: str
    output: Path
    selection: Selection = field(default_factory=lambda: Selection({}))
    cursor: Cursor = field(default_factory=Cursor)
    diagram: str = "schema"
    within: int | None = None
    level: int = 5
    force: bool = False
    written: int = 0

    @property
    def total(self) -> int:
        """How many messages are looked at."""
        return self.selection.messages

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

    def run(self) -> Iterator[int]:
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
            yield diagram_text(store, self.cursor, self.format, self.diagram, self.within)
        elif self.format == "jsonl":
            from am_dbg.formats.jsonl import json_lines

            yield from json_lines(store, selection)
        elif self.format == "log":
            from am_dbg.formats.logtext import log_text

            yield from log_text(store, selection, self.level)
        else:
            from am_dbg.formats.markdown import markdown

            yield from markdown(store, selection)


def diagram_text(
    store: Store, cursor: Cursor, form: str, diagram: str, within: int | None = None
) -> str:
    """A diagram at the cursor as ``mermaid`` or ``svg`` text."""
    from am_dbg.model.diagram.graph import Diagram
    from am_dbg.model.diagram.mermaid import mermaid
    from am_dbg.model.diagram.network import Circle, network_graph
    from am_dbg.model.diagram.schema import Region, schema_graph
    from am_dbg.model.diagram.steps import steps_sequence
    from am_dbg.model.diagram.svg import svg

    made: Diagram
    if diagram == "network":
        made = network_graph(store, cursor, Circle(within))
    elif diagram == "steps":
        made = steps_sequence(store, cursor)
    else:
        made = schema_graph(store, cursor, Region(within))
    return svg(made) if form == "svg" else mermaid(made)
