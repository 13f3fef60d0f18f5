"""The states pane: the selected machine's states in schema order, as they were at the cursor.

A row: sign (``●`` active, ``○`` inactive, ``◉`` active multi), name, flags (``A`` auto, ``M``
multi), what the shown transition did (``▲`` activated or entered again, ``▼`` deactivated, ``c``
called, ``✗`` called and canceled), clock. An expanded state lists its relations in both directions
and its tags. While stepping, signs are those before the transition, and marks come from the steps
done so far.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from am_dbg.model.cursor import Cursor, machine_of
from am_dbg.model.format import LineBuilder, clean, compact, crop, thousands
from am_dbg.model.machines import ERROR_PREFIX, ERROR_STATE
from am_dbg.model.memo import memo
from am_dbg.model.relation_lines import Gutter
from am_dbg.model.search import highlighted, matching
from am_dbg.model.steps import ACTIVATE, DEACTIVATE, HANDLER, Marks, marks, relations_so_far
from am_dbg.model.text import Line, Span, Token
from am_dbg.model.transition import CANCELED, transition_at
from am_dbg.store import Flag, MachineLog, Store
from telemetry.messages import DbgMsgStruct, StateDef

UNGROUPED = "other states"
BESIDE_NAME = 16
BESIDE_NAME_NARROW = 11
"""Cells of a row beside the name: signs, flags, clock; of a narrow row."""
NARROW = 30
"""Below this width a row has one sign for flags and marks."""
FORWARD = (("require", "requires"), ("add", "adds"), ("remove", "removes"), ("after", "after"))
BACKWARD = (
    ("require", "required by"),
    ("add", "added by"),
    ("remove", "removed by"),
    ("after", "followed by"),
)


class StateRow(NamedTuple):
    """What a row is about: ``kind`` is ``state``, ``relation``, ``tags`` or ``heading``.

    ``state`` is the name of the state it belongs to ("" for a heading), ``text`` the words of a
    relation ("added by") or the heading, ``names`` what is listed. Names are as on the wire.
    """

    kind: str
    state: str = ""
    text: str = ""
    names: tuple[str, ...] = ()


Relations = dict[str, tuple[StateRow, ...]]
"""State -> the rows below it when it is expanded."""


def relations_of(store: Store, log: MachineLog) -> Relations:
    """Relations and tags of each state of a machine, both directions, in rows."""
    schema = log.schema  # in the result too: as long as it is kept, its id stays taken
    return memo(store, ("relations", id(schema)), lambda: (schema, _relations(log)))[1]


def _relations(log: MachineLog) -> Relations:
    states, order = log.schema.states, log.states
    backward: dict[tuple[str, str], list[str]] = {}
    for name in order:
        definition = states.get(name, StateDef())
        for relation, _words in FORWARD:
            for target in getattr(definition, relation):
                backward.setdefault((relation, target), []).append(name)
    rows: Relations = {}
    for name in order:
        definition = states.get(name, StateDef())
        below = [
            StateRow("relation", name, words, tuple(names))
            for relation, words in FORWARD
            if (names := getattr(definition, relation))
        ]
        below += [
            StateRow("relation", name, words, tuple(names))
            for relation, words in BACKWARD
            if (names := backward.get((relation, name)))
        ]
        if definition.tags:
            below.append(StateRow("tags", name, "tags", tuple(definition.tags)))
        rows[name] = tuple(below) or (StateRow("relation", name, "no relations"),)
    return rows


def groups(store: Store, cursor: Cursor) -> list[tuple[str, int]]:
    """Groups of the selected machine's schema, in its order: (name, number of states)."""
    log = machine_of(store, cursor)
    if log is None:
        return []
    return [(name, len(_members(log, name))) for name in _group_names(log)]


def _group_names(log: MachineLog) -> list[str]:
    known = log.schema.groups
    ordered = [name for name in log.schema.groups_order if name in known]
    return ordered + [name for name in known if name not in ordered]


def _members(log: MachineLog, group: str) -> list[int]:
    indexes = dict.fromkeys(log.schema.groups.get(group, ()))
    return [i for i in indexes if i < len(log.states)]


class _Rows(NamedTuple):
    rows: tuple[StateRow, ...]
    where: dict[str, int]
    """State -> its row."""
    shown: int
    """Number of states."""
    name_width: int
    schema: DbgMsgStruct | None = None


def _layout(
    store: Store,
    log: MachineLog,
    group: str,
    search: str,
    expanded: frozenset[str],
    headings: bool,
) -> _Rows:
    chosen = _members(log, group) if group in log.schema.groups else list(range(len(log.states)))
    if search:
        found = matching([log.states[i] for i in chosen], search)
        chosen = [chosen[i] for i in found]
    relations = relations_of(store, log)
    rows: list[StateRow] = []
    where: dict[str, int] = {}

    def put(indexes: Collection[int]) -> None:
        for i in indexes:
            name = log.states[i]
            where[name] = len(rows)
            rows.append(StateRow("state", name))
            if name in expanded:
                rows.extend(relations[name])

    if headings and log.schema.groups and not group:
        left = dict.fromkeys(chosen)
        for name in _group_names(log):
            inside = [i for i in _members(log, name) if i in left]
            for i in inside:
                del left[i]  # a state stands once, under its first group
            if inside:
                rows.append(StateRow("heading", text=name))
                put(inside)
        if left:
            rows.append(StateRow("heading", text=UNGROUPED))
            put(left)
    else:
        put(chosen)
    widest = max((len(clean(log.states[i])) for i in chosen), default=0)
    return _Rows(tuple(rows), where, len(chosen), widest, log.schema)


class StatesView:
    """Virtual list of rows: ``len(view)``, ``view.line(i, width)``.

    ``group`` narrows to one group of the schema, ``headings`` puts the states under their groups,
    ``search`` keeps names that contain it anywhere, ``expanded`` holds names of opened states.
    """

    def __init__(
        self,
        store: Store,
        cursor: Cursor,
        group: str = "",
        search: str = "",
        expanded: Collection[str] = (),
        headings: bool = False,
    ) -> None:
        self._store = store
        self._cursor = cursor
        self._group = group
        self._search = search.strip()
        self._log = log = machine_of(store, cursor)
        self._before = cursor.pos
        self._marks: dict[str, Marks] = {}
        self._gutter = Gutter({}, ())
        if log is None:
            self._layout = _Rows((), {}, 0, 0)
            return
        opened = frozenset(expanded)
        key = ("states rows", id(log.schema), group, self._search, opened, headings)
        self._layout = memo(
            store, key, lambda: _layout(store, log, group, self._search, opened, headings)
        )
        if 0 <= cursor.pos < len(log):
            self._marks = memo(
                store, ("states marks", log.n(cursor.pos), cursor.step), lambda: self._marked(log)
            )
            if cursor.step is not None:
                self._before = cursor.pos - 1
                gutter_key = ("states gutter", log.n(cursor.pos), cursor.step, *key)
                self._gutter = memo(store, gutter_key, lambda: self._lines(log, cursor.step))

    def __len__(self) -> int:
        return len(self._layout.rows)

    def line(self, i: int, width: int) -> Line:
        """Row ``i``, at most ``width`` cells; the widget puts the selection sign before it.

        While stepping, lines of the relations so far stand at its right end.
        """
        if not self._gutter:
            return self._row_line(i, width)
        gutter = self._gutter_width(width)
        builder = LineBuilder(width)
        for span in self._row_line(i, width - gutter):
            builder.add(*span)
        builder.column(width - gutter)
        for span in self._gutter.line(i, gutter):
            builder.add(*span)
        return builder.line()

    def _gutter_width(self, width: int) -> int:
        """Cells for the lines: what names leave, a quarter at least, no more than needed."""
        wanted, least = self._gutter.width, width // 4
        room = width - self._layout.name_width - BESIDE_NAME
        tight = width - self._layout.name_width - BESIDE_NAME_NARROW
        if room < wanted and width - min(wanted, max(tight, least)) < NARROW:
            room = tight  # the row will have the short form anyway
        return min(wanted, max(room, least))

    def _row_line(self, i: int, width: int) -> Line:
        row = self._layout.rows[i]
        log = self._log
        if log is None:
            return ()
        if row.kind == "state":
            return self._state_line(log, row.state, width)
        builder = LineBuilder(width)
        if row.kind == "heading":
            return builder.add(clean(row.text), Token.TITLE).line()
        indent, words = ("  ", 11) if width < NARROW else ("    ", 13)
        builder.add(indent).cells(row.text, words, Token.DIM).add(" ")
        for number, name in enumerate(row.names):
            if number:
                builder.add(" " if row.kind == "tags" else ", ", Token.DIM)
            if row.kind == "tags":
                builder.add(f"#{clean(name)}", Token.DIM)
            else:
                builder.add(clean(name), self._related_token(log, name))
        return builder.line()

    def row(self, i: int) -> StateRow:
        """What row ``i`` is about."""
        return self._layout.rows[i]

    def index_of(self, state: str) -> int | None:
        """Row of a state, None when it is hidden."""
        return self._layout.where.get(state)

    def title(self) -> Line:
        """What stands in the pane's border: machine, group, counts."""
        if self._log is None:
            return (Span("States", Token.TITLE),)
        total = len(self._log.states)
        shown = self._layout.shown
        count = thousands(total) if shown == total else f"{shown:,} of {total:,}"
        spans = [Span("States", Token.TITLE), Span(f" {clean(self._log.label)} ")]
        if self._group:
            spans.append(Span(f"{clean(self._group)} ", Token.DIM))
        return (*spans, Span(count, Token.NUMBER))

    def _lines(self, log: MachineLog, step: int | None) -> Gutter:
        """Lines of the relations in the steps so far."""
        tx = transition_at(self._store, log, self._cursor.pos)
        rows = {clean(name): row for name, row in self._layout.where.items()}
        related, current = relations_so_far(tx, step or 0)
        return Gutter(rows, related, current)

    def _marked(self, log: MachineLog) -> dict[str, Marks]:
        """State (clean name) -> what the shown transition, or its steps so far, did to it."""
        tx = transition_at(self._store, log, self._cursor.pos)
        if self._cursor.step is not None:
            return marks(tx, self._cursor.step)
        found: dict[str, Marks] = {}
        for change in tx.changes:
            entered = change.after % 2 == 1
            sign, token = (ACTIVATE, Token.ADDED) if entered else (DEACTIVATE, Token.REMOVED)
            found[change.name] = Marks(sign, token)
        canceled = bool(tx.flags & Flag.CANCELED)
        for name in tx.called:
            mark = found.get(name, Marks())._replace(called=True)
            if canceled and not mark.sign:
                mark = mark._replace(sign=CANCELED, token=Token.CANCELED)
            found[name] = mark
        return found

    def _state_line(self, log: MachineLog, state: str, width: int) -> Line:
        index = log.index[state]
        name = clean(state)
        tick = log.tick(index, self._before)
        definition = log.schema.states.get(state, StateDef())
        mark = self._marks.get(name, Marks())
        active = tick % 2 == 1
        sign, token = state_sign(name, active, definition.multi)

        narrow = width < NARROW
        clock_width = 5 if narrow else 8
        room = width - (4 if narrow else 8) - clock_width
        name_width = max(min(self._layout.name_width + 1, room), 4)
        builder = LineBuilder(width)
        builder.add(sign, token).add(" ")
        shown = crop(name, name_width - 1)
        emphasis = Token.STRONG if mark.last else Token.CALLED if mark.called else token
        for span in highlighted(shown, self._search, emphasis):
            builder.add(span.text, span.token)
        builder.column(name_width + 2)
        flags: tuple[tuple[str, Token], ...] = (
            ("A" if definition.auto else " ", Token.AUTO),
            ("M" if definition.multi else " ", Token.MULTI),
            (" ", Token.TEXT),
            (mark.sign or " ", mark.token),
            ("c" if mark.called else HANDLER if mark.handler else " ", Token.CALLED),
        )
        if narrow:  # one sign: what happened, else what kind of state it is
            told = (*flags[3:], *flags[:2])
            flags = (next((flag for flag in told if flag[0] != " "), flags[2]),)
        for flag in flags:
            builder.add(*flag)
        return builder.right(compact(tick, clock_width - 1), clock_width, Token.NUMBER).line()

    def _related_token(self, log: MachineLog, name: str) -> Token:
        index = log.index.get(name)
        if index is None:
            return Token.WARNING  # a relation to a state that the machine doesn't have
        return Token.ACTIVE if log.tick(index, self._before) % 2 else Token.INACTIVE


def state_sign(name: str, active: bool, multi: bool) -> tuple[str, Token]:
    """Sign and meaning of a state: ``○``, ``●``, ``◉`` for a multi one; errors have a colour."""
    if not active:
        return "○", Token.INACTIVE
    if name == ERROR_STATE or name.startswith(ERROR_PREFIX):
        return "●" if not multi else "◉", Token.ERROR
    return ("◉", Token.MULTI) if multi else ("●", Token.ACTIVE)
