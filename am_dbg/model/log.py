"""The log pane: what the machine logged around the cursor, coloured by meaning.

The height of a transition's lines isn't known before it is decoded, and a history can have
millions: so the log has no line numbers. A *place* is (position of the transition, line within it);
scrolling walks from a place by lines, and decodes only what it passes. Every transition has at
least one line.
"""

from __future__ import annotations

from typing import NamedTuple

from am_dbg.model.cursor import Cursor, machine_of
from am_dbg.model.entries import tag_kind
from am_dbg.model.format import SECOND, crop_line
from am_dbg.model.logline import entry_lines, time_line, told_lines
from am_dbg.model.memo import memo
from am_dbg.model.text import Line, Span, Token
from am_dbg.model.transition import transition_at
from am_dbg.store import MachineLog, Store
from telemetry.messages import LOG_LEVEL_NAMES

FAR = 2_000
"""Scrolling by more lines goes by transitions: nobody counts lines over such a distance."""


class LogPlace(NamedTuple):
    """A line of the log: the transition's position (-1: the schema), the line within it."""

    pos: int
    line: int = 0


class LogRow(NamedTuple):
    """A visible line: where it is, whether it belongs to the shown transition, its text."""

    place: LogPlace
    selected: bool
    line: Line


class LogView:
    """The log of the selected machine, entries up to ``level`` (1 external to 5 everything).

    ``times`` puts a line with the time before a transition that starts a new second.
    """

    def __init__(self, store: Store, cursor: Cursor, level: int = 3, times: bool = False) -> None:
        self._store = store
        self._cursor = cursor
        self._level = level
        self._times = times
        self._log = machine_of(store, cursor)

    def lines_of(self, pos: int) -> tuple[Line, ...]:
        """Lines of a transition, uncropped, at least one; the outcome's sign leads the first."""
        log = self._log
        if log is None:
            return ()
        if pos < 0:
            return (_schema_line(log),)
        key = ("log lines", log.n(pos), self._level, self._times)
        return memo(self._store, key, lambda: self._compose(log, pos))

    def place_for(self, height: int) -> LogPlace:
        """Top place at which the shown transition is in sight, about a third from the top."""
        if self._log is None:
            return LogPlace(-1)
        start = LogPlace(self._cursor.pos)
        block = len(self.lines_of(start.pos))
        above = min(height // 3, max(height - block, 0))
        return min(self.scroll(start, -above), self._lowest_top(height))

    def scroll(self, place: LogPlace, lines: int) -> LogPlace:
        """The place ``lines`` further (negative: back), at most to the borders of the log."""
        log = self._log
        if log is None:
            return LogPlace(-1)
        pos, line = self._held(log, place)
        if abs(lines) > FAR:
            return LogPlace(min(max(pos + lines, -1), len(log) - 1))
        line += lines
        while line < 0 and pos > -1:
            pos -= 1
            line += len(self.lines_of(pos))
        line = max(line, 0)
        while line >= (count := len(self.lines_of(pos))):
            if pos == len(log) - 1:
                return LogPlace(pos, count - 1)
            pos += 1
            line -= count
        return LogPlace(pos, line)

    def window(self, top: LogPlace, height: int, width: int) -> list[LogRow]:
        """At most ``height`` lines from ``top`` on, each at most ``width`` cells."""
        log = self._log
        rows: list[LogRow] = []
        if log is None:
            return rows
        pos, line = self._held(log, top)
        while len(rows) < height and pos < len(log):
            lines = self.lines_of(pos)
            selected = pos == self._cursor.pos
            shown = range(line, min(len(lines), line + height - len(rows)))
            rows += [LogRow(LogPlace(pos, i), selected, crop_line(lines[i], width)) for i in shown]
            pos, line = pos + 1, 0
        return rows

    def title(self) -> Line:
        """What stands in the pane's border: name and level."""
        level = LOG_LEVEL_NAMES[min(max(self._level, 0), len(LOG_LEVEL_NAMES) - 1)]
        return (Span("Log", Token.TITLE), Span(" "), Span(f"≤ {level}", Token.DIM))

    def _compose(self, log: MachineLog, pos: int) -> tuple[Line, ...]:
        tx = transition_at(self._store, log, pos)
        lines: list[Line] = []
        names = tx.known_names
        tags: set[str] = set()
        for level, text in (*tx.message.pre_log_entries, *tx.message.log_entries):
            if level <= self._level:
                tags.add(tag_kind(text))
                lines += entry_lines(tx, level, text, names)
        lines += told_lines(tx, tags)
        sign, token = tx.sign
        gutter = [Span(sign + " ", token)] + [Span("  ")] * (len(lines) - 1)
        whole = [(mark, *line) for mark, line in zip(gutter, lines, strict=True)]
        time = log.time_at(pos)
        if self._times and (pos == 0 or time // SECOND != log.time_at(pos - 1) // SECOND):
            whole.insert(0, time_line(time))
        return tuple(whole)

    def _held(self, log: MachineLog, place: LogPlace) -> LogPlace:
        """The place itself, or the nearest one when the log has no such line (any more)."""
        pos = min(max(place.pos, -1), len(log) - 1)
        return LogPlace(pos, min(max(place.line, 0), len(self.lines_of(pos)) - 1))

    def _lowest_top(self, height: int) -> LogPlace:
        """The lowest top that leaves no blank line below the log's end."""
        log = self._log
        if log is None:
            return LogPlace(-1)
        end = len(log) - 1
        return self.scroll(LogPlace(end, len(self.lines_of(end)) - 1), -(height - 1))


def _schema_line(log: MachineLog) -> Line:
    states = len(log.schema_at(-1).states_index)
    return (
        Span("  "),
        Span(f"initial schema, {states} states", Token.DIM),
    )
