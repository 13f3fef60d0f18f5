"""The activity strip: a row a state, in the order of the states pane, over time around the moment.

Columns are transitions, or spans of time when zoomed out. A cell costs a look into the state's
change log between its neighbours: nothing here depends on how long the history is.

Signs: ``╺━╸`` active from and to, ``╋`` entered again, ``±`` there and back, ``!`` an error state
activated; ``▲`` ``▼`` the same at the cursor, where ``┿`` is active and ``│`` is not. Zoomed out,
``▁`` to ``█`` say how often the state changed within a column.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from am_dbg.model.columns import Legend, merged
from am_dbg.model.cursor import Cursor, machine_of
from am_dbg.model.format import LineBuilder, clean, clock_time, crop_middle, duration
from am_dbg.model.memo import memo
from am_dbg.model.search import highlighted
from am_dbg.model.shown import See, ShownRows, shown_rows
from am_dbg.model.states import StatesView
from am_dbg.model.steps import ACTIVATE, DEACTIVATE
from am_dbg.model.text import Line, Span, Token
from am_dbg.model.timeline import BLOCKS, axis_line, round_units
from am_dbg.model.transition import AGAIN, outcome_sign
from am_dbg.store import Flag, MachineLog, Store
from am_dbg.store.column import Column
from am_dbg.store.machine import is_error_state

RUN, BEGIN, END, ENTRY, FAULT, NONE = "━", "╺", "╸", "╋", "!", "·"
HERE_ACTIVE, HERE_NOT = "┿", "│"
WIDEST = 3
"""Cells of a transition's column, at most."""
ROOMY = 40
"""Width from which the title has more than it must."""
NAME_SHARE = 0.4
"""Of the width, at most, for the names."""

LEGEND = Legend(
    ("╺━╸", Token.ACTIVE, "active"),
    ("▲▼", Token.ADDED, "now"),
    ("╋", Token.MULTI, "again"),
    ("!", Token.ERROR, "error"),
    ("+ -", Token.KEY, "zoom"),
)


class Columns(NamedTuple):
    """What the columns stand for.

    Column ``i`` has the positions after ``ends[i - 1]`` up to ``ends[i]``; ``before`` is the end of
    what is left of column 0. ``here`` is the cursor's column, ``unit`` the ns of a column, 0 where
    a column is one transition, ``start`` the time at which column 0 begins. A column takes
    ``cell`` cells: several where there are few transitions.
    """

    before: int
    ends: tuple[int, ...]
    here: int
    unit: int
    start: int
    cell: int = 1


def zoom_units(log: MachineLog, width: int) -> list[int]:
    """Zoom levels: 0 (a transition a column), then ns a column, up to all time in the width.

    The first span of time is about the mean distance of two transitions.
    """
    if len(log) < 2:
        return [0]
    span = max(log.time_at(len(log) - 1) - log.time_at(0), 1)
    units = [unit for unit in round_units() if unit * len(log) >= span]
    fits = next((i for i, unit in enumerate(units) if unit * (width - 1) >= span), len(units) - 1)
    return [0, *units[: fits + 1]]


def columns_at(
    store: Store, cursor: Cursor, log: MachineLog, width: int, zoom: int, see: See | None = None
) -> Columns:
    """The ``width`` columns around the cursor; at the borders of the history they stop moving.

    Transitions that filters hide have no column; what they changed shows in the next one.
    """
    units = zoom_units(log, width)
    unit = units[min(max(zoom, 0), len(units) - 1)]
    rows = shown_rows(store, cursor, see)
    if not unit and rows is not None:
        return _transitions(log, rows, cursor.pos, width)
    return _times(store, log, cursor, width, unit)


def _window(at: int, first: int, last: int, width: int) -> int:
    """Where a window of ``width`` begins that has ``at`` in its middle, within first to last."""
    return max(min(at - width // 2, last + 1 - width), first)


def _transitions(log: MachineLog, rows: ShownRows, pos: int, width: int) -> Columns:
    cell = max(min(width // len(rows), WIDEST), 1)
    fit = width // cell
    here = rows.index_of(pos)
    first = _window(here, 0, len(rows) - 1, fit)
    ends = tuple(rows.pos_at(row) for row in range(first, min(first + fit, len(rows))))
    before = rows.pos_at(first - 1) if first else -2
    return Columns(before, ends, here - first, 0, log.time_at(ends[0]), cell)


def _times(store: Store, log: MachineLog, cursor: Cursor, width: int, unit: int) -> Columns:
    first, last = log.time_at(0) // unit, log.time_at(len(log) - 1) // unit
    moment = cursor.moment if cursor.moment is not None else log.time_at(len(log) - 1)
    at = min(max(moment // unit, first), last)
    begin = _window(at, first, last, width)
    count = min(width, last + 1 - begin)

    def ends() -> tuple[int, tuple[int, ...]]:
        bounds = [log.pos_at((begin + i) * unit - 1) for i in range(count + 1)]
        return bounds[0], tuple(bounds[1:])

    key = ("activity columns", log.no, len(log), unit, begin, count)
    before, bounds = memo(store, key, ends)
    # of several transitions in the cursor's column, those after the cursor are shown as well
    return Columns(before, bounds, at - begin, unit, begin * unit)


class Cell(NamedTuple):
    """What one state did in one column."""

    active: bool
    """At its end."""
    changes: int
    was: bool
    """Active before it."""


def state_cells(log: MachineLog, state: int, columns: Columns) -> list[Cell]:
    """A state's cells: bisects in its change log, and the changes that the columns have."""
    changes = log.logs[state]
    active = log.tick(state, columns.before) % 2 == 1
    if changes is None or not columns.ends:
        return [Cell(active, 0, active)] * len(columns.ends)
    cells: list[Cell] = []
    positions, ticks = changes.pos, changes.tick
    k = positions.right(columns.before)
    last = positions.right(columns.ends[-1])
    for end in columns.ends:
        stop = k
        if k < last and positions[k] <= end:
            stop = positions.right(end) if columns.unit else _past(positions, k, end, last)
        was, count = active, stop - k
        if count:
            active = ticks[stop - 1] % 2 == 1
        cells.append(Cell(active, count, was))
        k = stop
    return cells


def _past(positions: Column, k: int, end: int, last: int) -> int:
    while k < last and positions[k] <= end:
        k += 1
    return k


class ActivityView:
    """Virtual list of the rows: ``len(view)``, ``view.line(i, width)``; headings are beside them.

    ``zoom`` 0 has a transition a column, higher levels more and more time. Group, search and
    headings as in the states pane.
    """

    def __init__(
        self,
        store: Store,
        cursor: Cursor,
        zoom: int = 0,
        group: str = "",
        search: str = "",
        headings: bool = False,
        see: See | None = None,
    ) -> None:
        self._store = store
        self._cursor = cursor
        self._zoom = zoom
        self._search = search
        self._see = see
        self._log = machine_of(store, cursor)
        self._states = StatesView(store, cursor, group, search, (), headings)
        self._columns: tuple[int, Columns] | None = None
        names = self._log.states if self._log is not None else ()
        self._longest = max((len(clean(name)) for name in names), default=0)

    def __len__(self) -> int:
        return len(self._states)

    def state_at(self, i: int) -> str:
        """The state in row ``i``; "" for a heading."""
        return self._states.row(i).state

    def index_of(self, state: str) -> int | None:
        """Row of a state, None when it is hidden."""
        return self._states.index_of(state)

    def title(self, width: int) -> Line:
        """What stands in the border of a pane of so many cells: what a column is."""
        unit = self.columns(width).unit
        told = f"{unit_words(unit)}/col" if unit else "by transition"
        if width < ROOMY:
            told = unit_words(unit) if unit else ""
        return (Span("Activity", Token.TITLE), *([Span(f" {told}", Token.DIM)] if told else []))

    def columns(self, width: int) -> Columns:
        """What the columns stand for, in a pane of so many cells."""
        room = max(width - self.name_width(width), 1)
        if self._columns is None or self._columns[0] != room:
            log = self._log
            found = (
                columns_at(self._store, self._cursor, log, room, self._zoom, self._see)
                if log is not None and len(log)
                else Columns(-2, (-1,), 0, 0, 0)
            )
            self._columns = (room, found)
        return self._columns[1]

    def name_width(self, width: int) -> int:
        """Cells that signs and names take, the blank behind them included."""
        return min(self._longest + 3, max(int(width * NAME_SHARE), 8))

    def zooms(self, width: int) -> int:
        """The highest zoom level that shows anything else."""
        if self._log is None:
            return 0
        return len(zoom_units(self._log, max(width - self.name_width(width), 1))) - 1

    # -- rows ------------------------------------------------------------------------------------

    def head(self, width: int) -> list[Line]:
        """Two rows above: times, and how the transitions ended."""
        names = " " * self.name_width(width)
        columns = self.columns(width)
        if self._log is None or not len(self._log):
            return [(Span("no transitions yet", Token.DIM),), ()]
        times = self._axis(columns, width - len(names))
        return [(Span(names), *times), (Span(names), *self._outcomes(columns))]

    def _axis(self, columns: Columns, width: int) -> Line:
        log = self._log
        assert log is not None
        if columns.unit:
            line = axis_line(columns.start, columns.unit * width, width)
            if any("┴" in span.text for span in line):
                return line
            start = clock_time(columns.start, 0)
            whole = next((text for text in (start, start[3:], start[6:]) if len(text) <= width), "")
            return (Span(whole, Token.TIME),)
        builder = LineBuilder(width)
        here = clock_time(max(log.time_at(max(columns.ends[columns.here], 0)), 0))
        here = here if self._cursor.pos >= 0 else "schema"
        middle = columns.here * columns.cell - len(here) // 2
        at = min(max(middle, 0), max(width - len(here), 0))
        first, last = (clock_time(log.time_at(columns.ends[i]))[6:] for i in (0, -1))
        if at > len(first):
            builder.add(first, Token.DIM)
        builder.column(at).add(here, Token.TIME)
        after = len(columns.ends) * columns.cell - len(last)
        if after > builder.used:
            builder.column(after).add(last, Token.DIM)
        return builder.line()

    def _outcomes(self, columns: Columns) -> Line:
        log = self._log
        assert log is not None
        spans: list[Span] = []
        before = columns.before
        for i, end in enumerate(columns.ends):
            sign, token = " ", Token.DIM
            if columns.unit:
                sign, token = _trouble(log, before, end)
            elif end >= 0:
                sign, token = outcome_sign(log.flags_at(end))
                if token is Token.ACTIVE:
                    auto = log.flags_at(end) & Flag.AUTO
                    sign, token = ("A", Token.AUTO) if auto else (" ", Token.DIM)
            if i == columns.here and sign in " ·":
                sign, token = "▾", Token.STRONG
            spans.append(Span(sign.ljust(columns.cell), token))
            before = end
        return merged(spans)

    def line(self, i: int, width: int) -> Line:
        """Row ``i``: sign, name, cells."""
        row = self._states.row(i)
        log = self._log
        if log is None:
            return ()
        if row.kind != "state":
            return (Span(clean(row.text), Token.TITLE),)
        names = self.name_width(width)
        state = log.index[row.state]
        columns = self.columns(width)
        cells = state_cells(log, state, columns)
        error = is_error_state(row.state)
        definition = log.schema.states.get(row.state)
        multi = definition is not None and definition.multi
        token = Token.ERROR if error else Token.MULTI if multi else Token.ACTIVE
        active = log.tick(state, shown_after(self._cursor)) % 2 == 1
        sign = ("◉" if multi else "●") if active else "○"
        name = crop_middle(clean(row.state), names - 3)
        named = token if active else Token.INACTIVE
        builder = LineBuilder(width).add(sign, named).add(" ")
        for span in highlighted(name, self._search, named):
            builder.add(span.text, span.token)
        builder.column(names)
        spans = list(builder.line())
        more = columns.cell - 1
        for column, cell in enumerate(cells):
            spans.append(Span(*_sign(cell, column == columns.here, columns.unit, error, token)))
            if more:
                spans.append(Span(RUN * more, token) if cell.active else Span(" " * more))
        return merged(spans)

    # -- mouse -----------------------------------------------------------------------------------

    def pos_at(self, column: int, width: int) -> int | None:
        """Position that a column of the pane means: its last; None for the names."""
        columns = self.columns(width)
        column = (column - self.name_width(width)) // columns.cell
        ends = columns.ends
        return ends[min(column, len(ends) - 1)] if column >= 0 else None

    def cursor_cells(self, width: int) -> tuple[int, int]:
        """Where the cursor's column is, in cells of the pane: begin, end."""
        columns = self.columns(width)
        at = self.name_width(width) + columns.here * columns.cell
        return at, at + 1


def shown_after(cursor: Cursor) -> int:
    """Position whose clocks are shown: while stepping, those before the transition."""
    return cursor.pos if cursor.step is None else cursor.pos - 1


def unit_words(unit: int) -> str:
    """A round length of time: ``50 ms``."""
    return duration(unit).replace(".00 ", " ").replace(".0 ", " ")


def _trouble(log: MachineLog, before: int, end: int) -> tuple[str, Token]:
    """The sign above a span of time: an error, else a cancel, else nothing."""
    for flag in (Flag.ERROR, Flag.CANCELED):
        if log.count_with(flag, before + 1, end):
            return outcome_sign(int(flag))
    return " ", Token.DIM


def _sign(cell: Cell, here: bool, unit: int, error: bool, token: Token) -> tuple[str, Token]:
    if not cell.changes:
        if cell.active:
            return (HERE_ACTIVE if here else RUN), token
        return (HERE_NOT, Token.TEXT) if here else (NONE, Token.DIM)
    if unit and cell.changes > 1:
        return _level(cell.changes), token
    if cell.active and error:
        return FAULT, Token.ERROR
    if cell.active and cell.was:
        return ENTRY, Token.ADDED if here else token
    if cell.active:
        return (ACTIVATE, Token.ADDED) if here else (BEGIN, token)
    if cell.was:
        return (DEACTIVATE, Token.REMOVED) if here else (END, token)
    return AGAIN, Token.ADDED if here else token


def _level(changes: int) -> str:
    """A block for 2 changes and more: twice as many are a step higher."""
    return BLOCKS[min(int(math.log2(changes)), len(BLOCKS) - 1)]
