"""The log pane: what the machine logged around the cursor, coloured by meaning.

The height of a transition's lines isn't known before it is decoded, and a history can have
millions: so the log has no line numbers. A *place* is (position of the transition, line within it);
scrolling walks from a place by lines, and decodes only what it passes. Every transition has at
least one line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from am_dbg.model.cursor import Cursor, machine_of
from am_dbg.model.entries import tag_kind
from am_dbg.model.format import SECOND, crop_line, plural
from am_dbg.model.logline import entry_lines, time_line, told_lines
from am_dbg.model.memo import memo
from am_dbg.model.naming import naming
from am_dbg.model.shown import See, ShownRows, shown_rows
from am_dbg.model.text import Line, Span, Token
from am_dbg.model.transition import SIGNS, transition_at
from am_dbg.model.wrap import wrapped
from am_dbg.store import MachineLog, Store
from telemetry.messages import LOG_LEVEL_NAMES

FAR = 2_000
"""Scrolling by more lines goes by transitions: nobody counts lines over such a distance."""
GUTTER = 2
"""Cells for the sign of the outcome."""
FOLD = "fold:"
"""Begins the link of the count of folded lines: ``fold:N/ENTRY``, see `parse_fold`."""


class LogLook(NamedTuple):
    """How the log is shown.

    ``level``: entries up to it (1 external to 5 everything). ``times``: a line with the time before
    a transition that starts a new second. ``wrap``: break lines at so many cells (0: don't).
    ``traces``: what follows the first line of an entry is shown, except for those in ``turned``,
    (tx number, entry), which are the other way round.
    """

    level: int = 3
    times: bool = False
    wrap: int = 0
    traces: bool = False
    turned: frozenset[tuple[int, int]] = frozenset()


class LogText(NamedTuple):
    """A line, uncropped, with the entry (from 0, pre-entries first) whose further lines fold."""

    line: Line
    folds: int | None = None


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
    """The log of the selected machine."""

    def __init__(
        self,
        store: Store,
        cursor: Cursor,
        level: int = 3,
        times: bool = False,
        see: See | None = None,
        **look: Any,
    ) -> None:
        self._store = store
        self._cursor = cursor
        self.look = LogLook(level, times, **look)
        self._log = machine_of(store, cursor)
        self._rows = shown_rows(store, cursor, see)

    def lines_of(self, pos: int) -> tuple[Line, ...]:
        """Lines of a transition, uncropped, at least one; the outcome's sign leads the first."""
        return tuple(text.line for text in self._texts(pos))

    def drawn(self, n: int) -> str:
        """The lines of a tx number as one text, folded ones too, for a search in it."""
        log = self._store.machines[self._store.machine[n]]
        look = self.look._replace(traces=True, turned=frozenset(), wrap=0, times=False)
        texts = self._compose(log, self._store.pos(n), look)
        return "\n".join(span.text for text in texts for span in text.line)

    def fold_at(self, place: LogPlace) -> tuple[int, int] | None:
        """What folds or unfolds at a place: (tx number, entry); None when nothing does there."""
        log, texts = self._log, self._texts(place.pos)
        if log is None or place.pos < 0 or not 0 <= place.line < len(texts):
            return None
        entry = texts[place.line].folds
        return None if entry is None else (log.n(place.pos), entry)

    def state_at(self, place: LogPlace) -> str:
        """The first state that a line names; else one that its transition changed, or called."""
        log = self._log
        if log is None or not 0 <= place.pos < len(log):
            return ""
        tx = transition_at(self._store, log, place.pos)
        lines = self.lines_of(place.pos)
        line = lines[place.line] if 0 <= place.line < len(lines) else ()
        for span in line:
            if (name := span.text.lstrip(SIGNS)) in tx.known_names:
                return name
        changed = [change.name for change in tx.changes]
        return next((name for name in (*changed, *tx.called) if name in tx.known_names), "")

    def line_with(self, pos: int, words: Iterable[str]) -> LogPlace:
        """The first line of a transition that has one of these texts, whatever the case."""
        wanted = [word.casefold() for word in words]
        for i, line in enumerate(self.lines_of(pos)):
            text = "".join(span.text for span in line).casefold()
            if any(word in text for word in wanted):
                return LogPlace(pos, i)
        return LogPlace(pos)

    def _texts(self, pos: int) -> tuple[LogText, ...]:
        log, look = self._log, self.look
        if log is None:
            return ()
        if pos < 0:
            return (LogText(_schema_line(log)),)
        n = log.n(pos)
        turned = frozenset(one for one in look.turned if one[0] == n) if look.turned else None
        key = ("log lines", n, look._replace(turned=frozenset()), turned)
        return memo(self._store, key, lambda: self._compose(log, pos, look))

    @property
    def subject(self) -> tuple[int, int]:
        """The machine and the transition that are shown."""
        return self._cursor.machine, self._cursor.pos

    @property
    def shown(self) -> LogPlace:
        """The first line of the shown transition."""
        return LogPlace(self._cursor.pos)

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
        rows = self._rows
        if rows is None:
            return LogPlace(-1)
        pos, line = self._held(rows, place)
        if abs(lines) > FAR:
            row = min(max(rows.index_of(pos) + lines, 0), len(rows) - 1)
            return LogPlace(rows.pos_at(row))
        line += lines
        while line < 0 and pos > -1:
            pos = rows.before(pos)
            line += len(self.lines_of(pos))
        line = max(line, 0)
        while line >= (count := len(self.lines_of(pos))):
            following = rows.after(pos)
            if following is None:
                return LogPlace(pos, count - 1)
            pos = following
            line -= count
        return LogPlace(pos, line)

    def window(self, top: LogPlace, height: int, width: int) -> list[LogRow]:
        """At most ``height`` lines from ``top`` on, each at most ``width`` cells."""
        rows: list[LogRow] = []
        if self._rows is None:
            return rows
        pos: int | None
        pos, first = self._held(self._rows, top)
        while len(rows) < height and pos is not None:
            lines = self.lines_of(pos)
            selected = pos == self._cursor.pos
            for i in range(first, min(len(lines), first + height - len(rows))):
                named = naming(lines[i], self._cursor.state)
                rows.append(LogRow(LogPlace(pos, i), selected, crop_line(named, width)))
            pos, first = self._rows.after(pos), 0
        return rows

    def title(self) -> Line:
        """What stands in the pane's border: name and level."""
        level = LOG_LEVEL_NAMES[min(max(self.look.level, 0), len(LOG_LEVEL_NAMES) - 1)]
        told = [f"≤ {level}"]
        if self.look.wrap:
            told.append("wrap")
        if self.look.traces:
            told.append("traces")
        return (Span("Log", Token.TITLE), Span(" "), Span(" ".join(told), Token.DIM))

    def _compose(self, log: MachineLog, pos: int, look: LogLook) -> tuple[LogText, ...]:
        tx = transition_at(self._store, log, pos)
        texts: list[LogText] = []
        names = tx.known_names
        tags: set[str] = set()
        entries = (*tx.message.pre_log_entries, *tx.message.log_entries)
        for number, (level, entry) in enumerate(entries):
            if level <= look.level:
                tags.add(tag_kind(entry))
                lines = list(entry_lines(tx, level, entry, names))
                texts += _folded(lines, (tx.n, number), look)
        texts += [LogText(line) for line in told_lines(tx, tags)]
        sign, token = tx.sign
        mark = Span(sign + " ", token)
        whole: list[LogText] = []
        time = log.time_at(pos)
        if look.times and (pos == 0 or time // SECOND != log.time_at(pos - 1) // SECOND):
            whole.append(LogText(time_line(time)))
        for text in texts:
            for line in wrapped(text.line, look.wrap - GUTTER) if look.wrap else (text.line,):
                whole.append(text._replace(line=(mark, *line)))
                mark = Span(" " * GUTTER)
        return tuple(whole)

    def _held(self, rows: ShownRows, place: LogPlace) -> LogPlace:
        """The place itself, or the nearest one when the log has no such line (any more)."""
        pos = rows.held(place.pos)
        return LogPlace(pos, min(max(place.line, 0), len(self.lines_of(pos)) - 1))

    def _lowest_top(self, height: int) -> LogPlace:
        """The lowest top that leaves no blank line below the log's end."""
        if self._rows is None:
            return LogPlace(-1)
        end = self._rows.last
        return self.scroll(LogPlace(end, len(self.lines_of(end)) - 1), -(height - 1))


def parse_fold(link: str) -> tuple[int, int]:
    """The (tx number, entry) of a link that begins with `FOLD`."""
    n, _slash, entry = link.removeprefix(FOLD).partition("/")
    return int(n), int(entry)


def _folded(lines: list[Line], entry: tuple[int, int], look: LogLook) -> list[LogText]:
    """An entry's lines, or its first one and how many follow."""
    if len(lines) < 2:
        return [LogText(line) for line in lines]
    shown = look.traces != (entry in look.turned)
    count = f"  {'▾' if shown else '▸'} {plural(len(lines) - 1, 'line')}"
    first = (*lines[0], Span(count, Token.KEY, f"{FOLD}{entry[0]}/{entry[1]}"))
    return [LogText(line, entry[1]) for line in ((first, *lines[1:]) if shown else (first,))]


def _schema_line(log: MachineLog) -> Line:
    states = len(log.schema_at(-1).states_index)
    return (
        Span("  "),
        Span(f"initial schema, {states} states", Token.DIM),
    )
