"""The rain: a row a transition, as in the history, and a column a state: what each one touched.

The rows are those of the history. Columns have the order
of the states pane and honour its group. The time stands at the left, always; the columns scroll
beside it. A row costs the columns that are seen, each a look into a change log.
"""

from __future__ import annotations

from am_dbg.model.columns import Legend, heading_rows, in_sight, merged, out_of_sight
from am_dbg.model.cursor import Cursor, machine_of
from am_dbg.model.format import LineBuilder, clean, clock_time, crop
from am_dbg.model.history import count_spans
from am_dbg.model.memo import memo
from am_dbg.model.shown import See, shown_rows
from am_dbg.model.states import StatesView
from am_dbg.model.steps import ACTIVATE, DEACTIVATE
from am_dbg.model.text import Line, Span, Token
from am_dbg.model.transition import AGAIN, CANCELED, CHECK, QUEUED, Transition, transition_at
from am_dbg.store import Flag, MachineLog, Store
from am_dbg.store.machine import is_error_state

ACTIVE, MULTI, NONE = "●", "◉", "·"
CALLED_ON, CALLED_OFF, CALLED = "△", "▽", "c"
TOUCHED_ACTIVE, TOUCHED = "◆", "◇"
SHORT_TIME, FULL_TIME = 7, 13
CALLED_ROOM = 8
"""Cells that have to be left for the names of the called states to be written behind a row."""
TALLEST = 16
"""Rows of the headings, at most."""

LEGEND = Legend(
    ("●", Token.ACTIVE, "active"),
    ("▲▼", Token.ADDED, "on/off"),
    ("△▽c", Token.CALLED, "called"),
    ("◆◇", Token.ACTIVE, "touched"),
    ("✗", Token.CANCELED, "refused"),
    ("!", Token.ERROR, "error"),
    ("◌", Token.QUEUED, "queued"),
)


class RainView:
    """Virtual list of rows: ``len(view)``, ``view.line(i, width)``.

    ``offset`` is the first column shown, if the selected state is in sight then.
    """

    def __init__(
        self,
        store: Store,
        cursor: Cursor,
        group: str = "",
        offset: int = 0,
        follow: bool = True,
        see: See | None = None,
    ) -> None:
        """``follow``: move the columns so that the selected state is among them."""
        self._store = store
        self._cursor = cursor
        self._log = log = machine_of(store, cursor)
        self._rows = shown_rows(store, cursor, see)
        self._group = group
        view = StatesView(store, cursor, group)
        self.states: tuple[str, ...] = tuple(view.row(i).state for i in range(len(view)))
        self._indexes = tuple(log.index[name] for name in self.states) if log is not None else ()
        self._offset = offset
        self._follow = follow

    def __len__(self) -> int:
        return len(self._rows) if self._rows is not None else 0

    @property
    def column(self) -> int | None:
        """Column of the selected state."""
        state = self._cursor.state
        return self.states.index(state) if state in self.states else None

    def title(self) -> Line:
        """What stands in the pane's border: name, count, the selected state."""
        spans = [Span("Rain", Token.TITLE), Span(" "), *count_spans(self._rows, 0)]
        if self.column is not None:
            spans.append(Span(f" ▾ {clean(self._cursor.state)}", Token.STRONG))
        return tuple(spans)

    # -- columns ---------------------------------------------------------------------------------

    def gutter(self, width: int) -> int:
        """Cells before the columns: time and outcome."""
        roomy = width >= FULL_TIME + 3 + 2 * len(self.states) + CALLED_ROOM
        return (FULL_TIME if roomy else SHORT_TIME) + 2

    def cell(self, width: int) -> int:
        """Cells of a column: 2 where all columns fit so."""
        return 2 if 2 * len(self.states) <= width - self.gutter(width) else 1

    def shown(self, width: int) -> tuple[int, int]:
        """The columns in sight: first, end."""
        fit = max((width - self.gutter(width)) // self.cell(width), 0)
        column = self.column if self._follow else None
        first = in_sight(self._offset, column, fit, len(self.states))
        return first, min(first + fit, len(self.states))

    def hint(self, width: int) -> str:
        """What is out of sight, in words."""
        first, end = self.shown(width)
        return out_of_sight(first, end - first, len(self.states))

    def state_at(self, x: int, width: int) -> str | None:
        """The state whose column is at a cell of the pane, None where there is none."""
        first, end = self.shown(width)
        column = first + (x - self.gutter(width)) // self.cell(width)
        return self.states[column] if x >= self.gutter(width) and column < end else None

    def cursor_cells(self, width: int) -> tuple[int, int] | None:
        """Where the selected state's column is, in cells of the pane: begin, end."""
        column = self.column
        first, end = self.shown(width)
        if column is None or not first <= column < end:
            return None
        begin = self.gutter(width) + (column - first) * self.cell(width)
        return begin, begin + 1

    def head(self, width: int, rows: int) -> list[Line]:
        """The names, downwards, in a pane of so many rows."""
        if self._log is None:
            return []
        first, end = self.shown(width)
        names = [clean(name) for name in self.states[first:end]]
        height = min(max((len(name) for name in names), default=0) + 1, rows * 2 // 5, TALLEST)
        active = [self._log.tick(i, self._cursor.pos) % 2 == 1 for i in self._indexes[first:end]]
        tokens = [Token.ACTIVE if on else Token.INACTIVE for on in active]
        column = self.column
        chosen = column - first if column is not None else None
        made = heading_rows(names, height, self.cell(width), tokens, chosen)
        gap = Span(" " * self.gutter(width))
        return [(gap, *row) for row in made]

    # -- rows ------------------------------------------------------------------------------------

    def pos_at(self, i: int) -> int:
        """Position of the transition in row ``i``."""
        return self._rows.pos_at(i) if self._rows is not None else -1

    def index_of(self, pos: int) -> int:
        """Row of the transition at ``pos``."""
        return self._rows.index_of(pos) if self._rows is not None else 0

    def line(self, i: int, width: int) -> Line:
        """Row ``i``: time, outcome, the states' cells, the called states where there is room."""
        log = self._log
        if log is None:
            return ()
        pos = self.pos_at(i)
        gutter, (first, end) = self.gutter(width), self.shown(width)
        builder = LineBuilder(gutter)
        if pos < 0:
            builder.cells("schema", gutter, Token.DIM)
            return (*builder.line(), *self._cells(log, None, -1, first, end, width))
        time = clock_time(log.time_at(pos))[-gutter + 3 :]
        builder.add(time, Token.DIM if pos > self._cursor.pos else Token.TIME).add(" ")
        tx = transition_at(self._store, log, pos)
        builder.add(*tx.sign).column(gutter)
        key = ("rain", tx.n, len(log) if log.shuffled else 0, self._group, first, end, width)
        cells = memo(self._store, key, lambda: self._cells(log, tx, pos, first, end, width))
        return (*builder.line(), *cells)

    def _cells(
        self, log: MachineLog, tx: Transition | None, pos: int, first: int, end: int, width: int
    ) -> Line:
        called = frozenset(tx.called) if tx is not None else frozenset()
        touched = touched_names(tx) if tx is not None else frozenset()
        flags = tx.flags if tx is not None else 0
        cell = self.cell(width)
        spans: list[Span] = []
        for name, state in zip(self.states[first:end], self._indexes[first:end], strict=True):
            known = clean(name)
            sign, token = state_sign(log, state, pos, flags, known in called, known in touched)
            spans.append(Span(sign.ljust(cell), token))
        used = self.gutter(width) + cell * (end - first) + 1
        if tx is not None and width - used >= CALLED_ROOM and tx.called:
            faded = flags & (Flag.CANCELED | Flag.QUEUED | Flag.CHECK)
            spans.append(Span(" "))
            names = crop(" ".join(tx.called), width - used)
            spans.append(Span(names, Token.DIM if faded else Token.CALLED))
        return merged(spans)


def touched_names(tx: Transition) -> frozenset[str]:
    """Names of the states that any step of a transition is about."""
    named = {tx.name(end) for step in tx.message.steps for end in step[1:3]}
    return frozenset(named - {""})


def state_sign(
    log: MachineLog, state: int, pos: int, flags: int, called: bool, touched: bool
) -> tuple[str, Token]:
    """One sign for what a transition did to a state, and its meaning."""
    changes = log.logs[state]
    change = changes.change(pos, log.base[state]) if changes is not None and pos >= 0 else None
    if change is not None:
        if change[1] % 2:
            if is_error_state(log.states[state]):
                return "!", Token.ERROR
            return (CALLED_ON, Token.CALLED) if called else (ACTIVATE, Token.ADDED)
        if change[0] % 2 == 0:
            return AGAIN, Token.CALLED if called else Token.ADDED
        return (CALLED_OFF, Token.CALLED) if called else (DEACTIVATE, Token.REMOVED)
    if called:
        if flags & Flag.QUEUED:
            return QUEUED, Token.QUEUED
        if flags & Flag.CANCELED:
            return CANCELED, Token.CANCELED
        return (CHECK, Token.CHECK) if flags & Flag.CHECK else (CALLED, Token.CALLED)
    active = log.tick(state, pos) % 2 == 1
    if touched:
        return (TOUCHED_ACTIVE, Token.ACTIVE) if active else (TOUCHED, Token.DIM)
    if not active:
        return NONE, Token.DIM
    definition = log.schema.states.get(log.states[state])
    multi = definition is not None and definition.multi
    if is_error_state(log.states[state]):
        return (MULTI if multi else ACTIVE), Token.ERROR
    return (MULTI, Token.MULTI) if multi else (ACTIVE, Token.ACTIVE)
