"""The details pane: everything known about the shown transition, in sections.

Arguments, source, queue, handlers, changes, steps in words, log, notes, stack trace. A section
without content says which switch of the source would fill it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from am_dbg.model.cursor import Cursor, machine_of
from am_dbg.model.format import clean, clean_lines, crop_line, date_time, thousands
from am_dbg.model.memo import memo
from am_dbg.model.naming import naming
from am_dbg.model.rows import Row, Section
from am_dbg.model.sections import sections_of
from am_dbg.model.text import Line, Span, Token
from am_dbg.model.transition import transition_at
from am_dbg.store import MachineLog, Store
from am_dbg.store.told import told_index


class _Place(NamedTuple):
    section: str
    heading: bool
    row: Row


class DetailsView:
    """Virtual list of rows: ``len(view)``, ``view.line(i, width)``; links are in the spans.

    ``folded`` holds names of closed sections.
    """

    def __init__(self, store: Store, cursor: Cursor, folded: Collection[str] = ()) -> None:
        self._cursor = cursor
        self._places: list[_Place] = []
        log = machine_of(store, cursor)
        if log is None:
            return
        closed = frozenset(folded)
        if not 0 <= cursor.pos < len(log):
            self._places = [_Place("Schema", False, row) for row in _schema_rows(log)]
            return
        looked = told_index(store).done  # what is known of other moments grows meanwhile
        key = ("details", log.n(cursor.pos), cursor.step, store.version, looked, closed)
        self._places = memo(store, key, lambda: _places(store, log, cursor, closed))

    def __len__(self) -> int:
        return len(self._places)

    def line(self, i: int, width: int) -> Line:
        """Row ``i``, at most ``width`` cells; the selected state's name stands out in it."""
        return crop_line(naming(self._places[i].row.line, self._cursor.state), width)

    def section_at(self, i: int) -> str:
        """Name of the section that row ``i`` belongs to."""
        return self._places[i].section

    def row_of(self, section: str) -> int | None:
        """Row of a section's heading (``Why``, ``Steps`` ...), None without such a section."""
        return next((i for i, place in enumerate(self._places) if place.section == section), None)

    def is_heading(self, i: int) -> bool:
        """Whether row ``i`` is the heading of its section."""
        return self._places[i].heading

    def link_at(self, i: int) -> str:
        """First link in row ``i``, "" when there is none."""
        return next((span.link for span in self._places[i].row.line if span.link), "")

    def step_at(self, i: int) -> int | None:
        """Number (from 1) of the step that row ``i`` tells of, else None."""
        return self._places[i].row.step

    def state_at(self, i: int) -> str:
        """Name of the state that row ``i`` tells of, "" for none."""
        return self._places[i].row.state

    def title(self) -> Line:
        """What stands in the pane's border."""
        return (Span("Details", Token.TITLE),)


def _places(store: Store, log: MachineLog, cursor: Cursor, closed: frozenset[str]) -> list[_Place]:
    tx = transition_at(store, log, cursor.pos)
    places: list[_Place] = []
    for section in sections_of(store, tx, cursor.step):
        folded = section.name in closed
        places.append(_Place(section.name, True, Row(_heading(section, folded))))
        if not folded:
            places += [_Place(section.name, False, row) for row in section.rows]
    return places


def _heading(section: Section, folded: bool) -> Line:
    if not section.rows:
        return (
            Span("  "),
            Span(section.name, Token.DIM),
            Span(f"  {section.empty}", Token.DIM),
        )
    sign = Span("▸ " if folded else "▾ ", Token.DIM)
    spans = [sign, Span(section.name, Token.TITLE)]
    if section.counted:
        count = len(section.rows) if section.total is None else section.total
        spans.append(Span(f" {thousands(count)}", Token.NUMBER))
    return tuple(spans)


def _schema_rows(log: MachineLog) -> list[Row]:
    """The machine itself, before its first transition."""
    schema = log.schema_at(-1)
    facts = [
        ("machine", log.label),
        ("states", thousands(len(schema.states_index))),
        ("tags", " ".join(f"#{tag}" for tag in log.tags)),
        ("parent", log.store.machines[log.parent].label if log.parent is not None else ""),
        ("service", log.service),
        ("host", f"{log.host} pid {log.pid}" if log.pid else log.host),
        ("library", log.library),
        ("instance", log.instance),
        ("first seen", date_time(log.time_at(-1)) if len(log) else ""),
    ]
    rows = [Row((Span("initial schema", Token.TITLE),))]
    for name, value in facts:
        if value:
            text = " ".join(clean_lines(value)) or clean(value)
            rows.append(Row((Span(f"  {name:<12}", Token.DIM), Span(text))))
    return rows
