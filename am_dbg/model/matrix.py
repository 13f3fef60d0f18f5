"""The matrix: states by states. A row is a state with its relations, a column what they lead to.

``r`` requires, ``a`` adds, ``m`` removes, ``f`` is after: what the schema says. A capital says that
the selected transition (while stepping: its steps so far) looked at that relation, a number behind
it how often, ``ƒ`` that a handler ran between the two. Above the columns: which states were called,
and how far their clocks went.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from am_dbg.model.activity import shown_after
from am_dbg.model.columns import Legend, heading_rows, in_sight, merged, out_of_sight
from am_dbg.model.cursor import Cursor, machine_of
from am_dbg.model.format import ELLIPSIS, LineBuilder, clean, crop_middle, thousands
from am_dbg.model.memo import memo
from am_dbg.model.search import highlighted
from am_dbg.model.states import StatesView
from am_dbg.model.steps import ACTIVATE, DEACTIVATE, HANDLER
from am_dbg.model.text import Line, Span, Token
from am_dbg.model.transition import CANCELED, CHECK, QUEUED, Change, Transition, transition_at
from am_dbg.store import Flag, MachineLog, Store
from telemetry.messages import RELATION_NAMES, STEP_HANDLER, STEP_RELATION

LETTERS = {"require": "r", "add": "a", "remove": "m", "after": "f"}
"""Relations in the order in which a cell names them; a cell has room for two."""
WORDS = {"r": "requires", "a": "adds", "m": "removes", "f": "is after"}
TOKENS = {"R": Token.CALLED, "A": Token.ADDED, "M": Token.REMOVED, "F": Token.AUTO}
CELL = 2
NONE, SELF = "·", "╲"
NAME_SHARE = 0.35
TALLEST = 16

LEGEND = Legend(
    ("r", Token.TEXT, "requires"),
    ("a", Token.TEXT, "adds"),
    ("m", Token.TEXT, "removes"),
    ("f", Token.TEXT, "after"),
    ("R2", Token.CALLED, "seen 2×"),
    ("ƒ", Token.TEXT, "handler"),
)


class Looks(NamedTuple):
    """What a transition looked at: (from, to, letter) -> how often; pairs that a handler served."""

    relations: dict[tuple[str, str, str], int]
    handlers: frozenset[tuple[str, str]]


def schema_relations(store: Store, log: MachineLog) -> dict[tuple[str, str], str]:
    """(state, other state) -> letters of the relations from the one to the other."""
    schema = log.schema

    def compute() -> tuple[object, dict[tuple[str, str], str]]:
        found: dict[tuple[str, str], str] = {}
        for name, definition in schema.states.items():
            for relation, letter in LETTERS.items():
                for target in dict.fromkeys(getattr(definition, relation)):
                    found[name, target] = found.get((name, target), "") + letter
        return schema, found  # the schema too: its id stays taken as long as this is kept

    return memo(store, ("matrix relations", id(schema)), compute)[1]


def looks_of(tx: Transition, done: int | None = None) -> Looks:
    """What the steps of a transition (the first ``done``) looked at; names are clean."""
    relations: Counter[tuple[str, str, str]] = Counter()
    handlers: set[tuple[str, str]] = set()
    for kind, origin, target, _flags, data in tx.message.steps[:done]:
        pair = tx.name(origin), tx.name(target)
        if kind == STEP_RELATION and isinstance(data, int) and 0 <= data < len(RELATION_NAMES):
            relations[(*pair, LETTERS[RELATION_NAMES[data]])] += 1
        elif kind == STEP_HANDLER and all(pair):
            handlers.add(pair)
    return Looks(dict(relations), frozenset(handlers))


class MatrixView:
    """Virtual list of rows: ``len(view)``, ``view.line(i, width)``; headings are beside them.

    ``offset`` is the first column shown; ``target`` the state whose column is chosen ("" for the
    selected state's own). ``follow``: move the columns so that this one is among them.
    """

    def __init__(
        self,
        store: Store,
        cursor: Cursor,
        group: str = "",
        search: str = "",
        offset: int = 0,
        target: str = "",
        follow: bool = True,
    ) -> None:
        self._store = store
        self._cursor = cursor
        self._search = search
        self._log = log = machine_of(store, cursor)
        rows = StatesView(store, cursor, group, search)
        columns = StatesView(store, cursor, group)
        self.rows = tuple(rows.row(i).state for i in range(len(rows)))
        self.states = tuple(columns.row(i).state for i in range(len(columns)))
        self._longest = max((len(clean(name)) for name in self.rows), default=0)
        self._where = {name: i for i, name in enumerate(self.rows)}
        self._offset = offset
        self._target = target if target in self.states else cursor.state
        self._follow = follow
        self._relations: dict[tuple[str, str], str] = {}
        self._tx: Transition | None = None
        self._looks = Looks({}, frozenset())
        if log is None:
            return
        self._relations = schema_relations(store, log)
        if 0 <= cursor.pos < len(log):
            self._tx = tx = transition_at(store, log, cursor.pos)
            key = ("matrix looks", tx.n, len(log.states), cursor.step)
            self._looks = memo(store, key, lambda: looks_of(tx, cursor.step))

    def __len__(self) -> int:
        return len(self.rows)

    def index_of(self, state: str) -> int | None:
        """Row of a state, None when it is hidden."""
        return self._where.get(state)

    @property
    def column(self) -> int | None:
        """The chosen column."""
        return self.states.index(self._target) if self._target in self.states else None

    def title(self) -> Line:
        """What stands in the pane's border: how far the clocks went, machine time."""
        log, spans = self._log, [Span("Matrix", Token.TITLE)]
        if log is None:
            return tuple(spans)
        gain = sum(change.after - change.before for change in self._tx.changes) if self._tx else 0
        spans += [Span(f" +{gain}", Token.ADDED if gain else Token.DIM)]
        spans += [Span(f" t{thousands(log.time_sum(self._cursor.pos))}", Token.NUMBER)]
        return tuple(spans)

    def hint(self, width: int) -> str:
        """The chosen cell in words, and what is out of sight."""
        first, end = self.shown(width)
        told = [self.cell_words(), out_of_sight(first, end - first, len(self.states))]
        return "  ".join(text for text in told if text)

    def cell_words(self) -> str:
        """The chosen cell: ``Ready requires Start (looked at 2×)``; "" without a relation."""
        name, other = self._cursor.state, self._target
        one, two = clean(name), clean(other)
        letters = self._relations.get((name, other), "")
        if not letters:
            return ""
        verbs = ", ".join(WORDS[letter] for letter in letters)
        looks = sum(self._looks.relations.get((one, two, letter), 0) for letter in letters)
        return f"{one} {verbs} {two}" + (f" (looked at {looks}×)" if looks else "")

    # -- columns ---------------------------------------------------------------------------------

    def gutter(self, width: int) -> int:
        """Cells before the columns: signs and names, the blank behind them included."""
        return min(self._longest + 3, max(int(width * NAME_SHARE), 8))

    def shown(self, width: int) -> tuple[int, int]:
        """The columns in sight: first, end."""
        fit = max((width - self.gutter(width)) // CELL, 0)
        column = self.column if self._follow else None
        first = in_sight(self._offset, column, fit, len(self.states))
        return first, min(first + fit, len(self.states))

    def state_at(self, x: int, width: int) -> str | None:
        """The state whose column is at a cell of the pane, None where there is none."""
        first, end = self.shown(width)
        column = first + (x - self.gutter(width)) // CELL
        return self.states[column] if x >= self.gutter(width) and column < end else None

    def cursor_cells(self, width: int) -> tuple[int, int] | None:
        """Where the chosen column is, in cells of the pane: begin, end."""
        first, end = self.shown(width)
        column = self.column
        if column is None or not first <= column < end:
            return None
        begin = self.gutter(width) + (column - first) * CELL
        return begin, begin + CELL

    def head(self, width: int, rows: int) -> list[Line]:
        """Names downwards, then a row of called states and one of clock changes."""
        log = self._log
        if log is None:
            return []
        first, end = self.shown(width)
        seen = self.states[first:end]
        names = [clean(name) for name in seen]
        height = min(max((len(name) for name in names), default=0) + 1, rows // 3, TALLEST)
        tokens = [Token.ACTIVE if self._active(log, name) else Token.INACTIVE for name in seen]
        column = self.column
        chosen = column - first if column is not None else None
        gutter = self.gutter(width)
        gap = Span(" " * gutter)
        made: list[Line] = [
            (gap, *row) for row in heading_rows(names, height, CELL, tokens, chosen)
        ]
        made.append((Span("called".ljust(gutter), Token.DIM), *self._called(names)))
        made.append((Span("changed".ljust(gutter), Token.DIM), *self._changed(names)))
        return made

    def _called(self, names: list[str]) -> Line:
        tx = self._tx
        called = frozenset(tx.called) if tx is not None else frozenset()
        sign, token = ("c", Token.CALLED)
        if tx is not None and tx.flags & Flag.QUEUED:
            sign, token = QUEUED, Token.QUEUED
        elif tx is not None and tx.flags & Flag.CANCELED:
            sign, token = CANCELED, Token.CANCELED
        elif tx is not None and tx.flags & Flag.CHECK:
            sign, token = CHECK, Token.CHECK
        spans = [
            Span((sign if name in called else NONE).ljust(CELL), token)
            if name in called
            else Span(NONE.ljust(CELL), Token.DIM)
            for name in names
        ]
        return merged(spans)

    def _changed(self, names: list[str]) -> Line:
        changes = {change.name: change for change in self._tx.changes} if self._tx else {}
        return merged([_change_span(changes.get(name)) for name in names])

    def _active(self, log: MachineLog, name: str) -> bool:
        return log.tick(log.index[name], shown_after(self._cursor)) % 2 == 1

    # -- rows ------------------------------------------------------------------------------------

    def line(self, i: int, width: int) -> Line:
        """Row ``i``: sign, name, its relations to the states in sight."""
        log = self._log
        if log is None:
            return ()
        name = self.rows[i]
        active = self._active(log, name)
        token = Token.ACTIVE if active else Token.INACTIVE
        gutter = self.gutter(width)
        builder = LineBuilder(gutter).add("●" if active else "○", token).add(" ")
        for span in highlighted(crop_middle(clean(name), gutter - 3), self._search, token):
            builder.add(span.text, span.token)
        builder.column(gutter)
        first, end = self.shown(width)
        cells = [self._cell(name, other) for other in self.states[first:end]]
        return (*builder.line(), *merged(cells))

    def _cell(self, name: str, other: str) -> Span:
        letters = self._relations.get((name, other), "")
        one, two = clean(name), clean(other)
        looked = self._looks.relations
        if letters:
            counts = [looked.get((one, two, letter), 0) for letter in letters[:2]]
            shown = "".join(
                letter.upper() if count else letter
                for letter, count in zip(letters, counts, strict=False)
            )
            seen = next((TOKENS[c] for c in shown if c.isupper()), Token.TEXT)
            if len(letters) > CELL:
                shown = shown[0] + ELLIPSIS
            elif len(shown) == 1 and counts[0] > 1:
                shown += str(counts[0]) if counts[0] < 10 else "+"
            return Span(shown.ljust(CELL), seen)
        if (one, two) in self._looks.handlers:
            return Span(HANDLER.ljust(CELL), Token.STRONG)
        return Span((SELF if name == other else NONE).ljust(CELL), Token.DIM)


def _change_span(change: Change | None) -> Span:
    """``▲1``, ``▼1``, ``▲2``: what happened to the clock."""
    if change is None:
        return Span(NONE.ljust(CELL), Token.DIM)
    ticks = change.after - change.before
    sign = ACTIVATE if change.after % 2 else DEACTIVATE
    return Span(f"{sign}{ticks if ticks < 10 else '+'}", change.token)
