"""The timeline: density of a machine's shown transitions, where trouble is, where we are."""

from __future__ import annotations

import math
from bisect import bisect_right
from operator import attrgetter
from typing import NamedTuple

from am_dbg.model.columns import merged
from am_dbg.model.cursor import Cursor, machine_of
from am_dbg.model.format import SECOND, LineBuilder, clock_time, thousands
from am_dbg.model.memo import memo
from am_dbg.model.sentence import step_sentence
from am_dbg.model.shown import See, see_all
from am_dbg.model.steps import numbered_steps, step_sign
from am_dbg.model.text import Line, Span, Token
from am_dbg.model.transition import CANCELED, ERROR, Transition, transition_at
from am_dbg.store import Flag, MachineLog, Store
from am_dbg.store.filtered import Visible

BLOCKS = "▁▂▃▄▅▆▇█"
CURSOR = "┃"
LABEL_EVERY = 16
"""Columns between two labels of the axis, at least."""

NOTABLE = 8
"""Cancels mark a column where one in so many is canceled, else they would be everywhere."""
LOOKS = 16
"""Transitions of a column that are looked at to tell whether most of them are automatic."""
AUTO, LOST = "A", "⋯"

_UNITS = (1, 2, 5)
_ROUND = (
    *(unit * 10**power for power in range(3, 9) for unit in _UNITS),  # 1 µs to 0.5 s
    *(seconds * SECOND for seconds in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)),
    *(hours * 3600 * SECOND for hours in (2, 3, 6, 12, 24, 48, 96, 168, 336, 720, 8760)),
)
"""Distances between labels, in ns."""


class _Columns(NamedTuple):
    """What is in each column: how many, the last position, the first trouble."""

    start: int
    span: int
    counts: tuple[int, ...]
    ends: tuple[int, ...]
    """Last shown position in or before the column."""
    trouble: tuple[tuple[str, Token, int] | None, ...]
    """Sign, meaning, position."""
    autos: tuple[bool, ...]
    """Whether most of a column's transitions are automatic."""


def _columns(log: MachineLog, visible: Visible, width: int) -> _Columns:
    start = log.time_at(0)
    span = max(log.time_at(len(log) - 1) - start, 1)
    counts, ends, autos = [], [], []
    trouble: list[tuple[str, Token, int] | None] = []
    before = -1
    for column in range(width):
        # the last moment that `_column_of` puts here; the last column has the end too
        inside = -(-span * (column + 1) // width) - 1 if column + 1 < width else span
        moment = start + inside
        end = max(log.pos_at(moment), before)
        rows = visible.rank(end + 1) - visible.rank(before + 1)
        counts.append(rows)
        ends.append(visible.previous(end + 1))
        trouble.append(_first_trouble(log, visible, before, end, rows) if rows else None)
        autos.append(bool(rows) and _mostly_auto(log, visible, before + 1, end))
        before = end
    return _Columns(start, span, tuple(counts), tuple(ends), tuple(trouble), tuple(autos))


def _mostly_auto(log: MachineLog, visible: Visible, first: int, last: int) -> bool:
    """Whether more than half of some shown positions, spread from first to last, are autos."""
    count = last - first + 1
    looks = min(count, LOOKS)
    found = 0
    for i in range(looks):
        pos = first + (2 * i + 1) * count // (2 * looks)
        near = visible.next(pos - 1)
        near = near if 0 <= near <= last else visible.previous(pos)
        found += bool(log.flags_at(near) & Flag.AUTO)
    return found * 2 > looks > 0


def _first_trouble(
    log: MachineLog, visible: Visible, before: int, end: int, count: int
) -> tuple[str, Token, int] | None:
    for flag, sign, token in (
        (Flag.ERROR, ERROR, Token.ERROR),
        (Flag.CANCELED, CANCELED, Token.CANCELED),
    ):
        found = visible.next_flagged(flag, before).pos
        if found is None or found > end:
            continue
        many = visible.count_flagged(flag, before + 1, end) * NOTABLE >= count
        if flag is Flag.ERROR or many:
            return sign, token, found
    k = bisect_right(log.gaps, before, key=attrgetter("pos"))
    if k < len(log.gaps) and log.gaps[k].pos <= end:
        return LOST, Token.WARNING, log.gaps[k].pos
    return None


def round_units() -> tuple[int, ...]:
    """Round lengths of time in ns, the shortest first: 1 µs, 2 µs, 5 µs, ... a year."""
    return _ROUND


def axis_line(start: int, span: int, width: int) -> Line:
    """Times along ``width`` cells from ``start`` on: ``┴`` at a round time, and that time.

    A label that would not fit whole is left out.
    """
    every = span * LABEL_EVERY // width
    unit = next((unit for unit in _ROUND if unit >= every), _ROUND[-1])
    builder = LineBuilder(width)
    time = -(-start // unit) * unit
    while time <= start + span:
        column = _column_of(time - start, span, width)
        label = _axis_label(time, unit)
        if column < builder.used or column + 1 + len(label) > width:
            break
        builder.add("─" * (column - builder.used), Token.DIM).add("┴", Token.DIM)
        builder.add(label, Token.TIME)
        time += unit
    return builder.add("─" * builder.room, Token.DIM).line()


class Timeline:
    """A bar of ``width`` columns over the machine's time, costs O(width * log n)."""

    def __init__(self, store: Store, cursor: Cursor, width: int, see: See | None = None) -> None:
        self._store = store
        self._cursor = cursor
        self._width = max(width, 1)
        self._log = log = machine_of(store, cursor)
        self._columns: _Columns | None = None
        if log is not None and len(log):
            visible = (see or see_all(store))(log.no)
            key = ("timeline", log.no, len(log), self._width, visible.name, len(visible))
            self._columns = memo(store, key, lambda: _columns(log, visible, self._width))

    def bar(self, signs: bool = True) -> Line:
        """▁▂▃▄▅▆▇█ density, ┃ the cursor; dim what lies after it.

        ``signs``: ``!`` errors, ✗ many cancels, ⋯ lost messages in the place of the density, where
        there is no room for a row of them; else they only colour it.
        """
        columns = self._columns
        if columns is None:
            return (Span(" " * self._width),)
        most = max(columns.counts)
        here = self._cursor_column(columns)
        spans: list[Span] = []
        for column, count in enumerate(columns.counts):
            trouble = columns.trouble[column]
            text = BLOCKS[_level(count, most)] if count else " "
            token = Token.DIM if column > here else Token.NUMBER
            if column == here:
                text, token = CURSOR, Token.LIVE if self._cursor.following else Token.STRONG
            elif trouble is not None:
                text, token = trouble[0] if signs else text, trouble[1]
            elif columns.autos[column] and not signs:
                token = Token.AUTO
            spans.append(Span(text, token))
        return merged(spans)

    def signs(self) -> Line:
        """The row above the density: ``!`` ✗ ⋯ and ``A`` where most are automatic."""
        columns = self._columns
        if columns is None:
            return (Span(" " * self._width),)
        spans: list[Span] = []
        for trouble, auto in zip(columns.trouble, columns.autos, strict=True):
            if trouble is not None:
                spans.append(Span(trouble[0], trouble[1]))
            else:
                spans.append(Span(AUTO, Token.AUTO) if auto else Span(" ", Token.DIM))
        return merged(spans)

    def axis(self) -> Line:
        """Times along the bar."""
        columns = self._columns
        if columns is None:
            return (Span("─" * self._width, Token.DIM),)
        return axis_line(columns.start, columns.span, self._width)

    def position(self) -> Line:
        """``tx 9/11``, or ``schema/11``."""
        total = len(self._log) if self._log is not None else 0
        pos = self._cursor.pos
        here = f"tx {thousands(pos + 1)}" if pos >= 0 else "schema"
        return (Span(here, Token.STRONG), Span(f"/{thousands(total)}", Token.DIM))

    def pos_at(self, column: int) -> int:
        """Position that a click on a column means: its first trouble, else its last transition."""
        columns = self._columns
        if columns is None:
            return -1
        column = min(max(column, 0), self._width - 1)
        trouble = columns.trouble[column]
        return trouble[2] if trouble is not None else columns.ends[column]

    def _cursor_column(self, columns: _Columns) -> int:
        moment = self._cursor.moment
        if moment is None:
            return self._width - 1
        return _column_of(moment - columns.start, columns.span, self._width)


def _column_of(since: int, span: int, width: int) -> int:
    """Column of a time since the start; what lies outside is at the border."""
    return min(max(since * width // span, 0), width - 1)


def _level(count: int, most: int) -> int:
    """Height of a column, 0 to 7: by count where few, else by its logarithm, so that all show."""
    return count - 1 if most <= 8 else round(7 * math.log(count) / math.log(most))


def _axis_label(time: int, unit: int) -> str:
    """A time of day, as short as the unit allows: seconds are always there below a minute."""
    if unit < SECOND:
        digits = next(digits for digits in (3, 6, 9) if unit % 10 ** (9 - digits) == 0)
        return clock_time(time, digits)[6:]
    return clock_time(time, 0) if unit < 60 * SECOND else clock_time(time, 0)[:5]


class StepTimeline:
    """A bar over the steps of the shown transition, the done ones stronger."""

    def __init__(self, store: Store, cursor: Cursor, width: int) -> None:
        self._width = max(width, 1)
        self._step = cursor.step
        self._tx: Transition | None = None
        log = machine_of(store, cursor)
        if log is not None and 0 <= cursor.pos < len(log):
            self._tx = transition_at(store, log, cursor.pos)
        self._count = len(self._tx.message.steps) if self._tx is not None else 0

    def bar(self) -> Line:
        """Signs of the steps, each as wide as there is room; the reached one is the cursor."""
        if self._tx is None or not self._count:
            return (Span(" " * self._width),)
        signs = {number: step_sign(step) for number, step, _call in numbered_steps(self._tx)}
        done = self._step if self._step is not None else self._count
        spans: list[Span] = []
        shown = 0
        for column in range(self._width):
            number = self.step_at(column)
            sign, token = signs[number]
            text = "─" if number == shown else sign
            text = CURSOR if self._step == number and text != "─" else text
            shown = number
            token = Token.STRONG if text == CURSOR else token if number <= done else Token.DIM
            spans.append(Span(text, token))
        return tuple(spans)

    def position(self) -> Line:
        """``step 3/5`` and the step in words; the number of steps while not stepping."""
        if self._tx is None or self._step is None:
            return (Span(f"{self._count} steps", Token.DIM),)
        return step_sentence(self._tx, self._step)

    def step_at(self, column: int) -> int:
        """Number (from 1) of the step under a column; 0 when there are none."""
        column = min(max(column, 0), self._width - 1)
        return column * self._count // self._width + 1 if self._count else 0
