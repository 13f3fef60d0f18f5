"""A machine's schema as a graph: its states at the moment, and the relations between them."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from am_dbg.model.cursor import Cursor, machine_of
from am_dbg.model.diagram.graph import Edge, Graph, Kind, Node
from am_dbg.model.format import clean, compact, plural
from am_dbg.model.states import state_sign
from am_dbg.model.steps import ACTIVATE, CALLED, DEACTIVATE, marks
from am_dbg.model.transition import CANCELED, transition_at
from am_dbg.store import Flag, MachineLog, Store
from telemetry.messages import REL_ADD, REL_AFTER, REL_REMOVE, REL_REQUIRE, STEP_RELATION, StateDef

WHOLE = 24
"""States up to which a schema is shown whole unless asked otherwise."""
NOTE_CELLS = 4
"""Cells of a state's clock."""
MOST = 120
"""Boxes that a diagram has at most; the nearest ones stay."""

RELATIONS = (Kind.REQUIRE, Kind.ADD, Kind.REMOVE, Kind.AFTER)
_BY_STEP = {
    REL_AFTER: Kind.AFTER,
    REL_ADD: Kind.ADD,
    REL_REQUIRE: Kind.REQUIRE,
    REL_REMOVE: Kind.REMOVE,
}


class Region(NamedTuple):
    """What part of a schema is wanted.

    ``within``: states at most so many relations from the selected one; None: as many as stay
    readable. ``group``: only that group of the schema. ``kinds``: only these relations.
    """

    within: int | None = None
    group: str = ""
    kinds: tuple[Kind, ...] = RELATIONS


EVERYTHING = Region()


def schema_graph(store: Store, cursor: Cursor, region: Region = EVERYTHING) -> Graph:
    """The schema of the cursor's machine around its selected state; empty without a machine."""
    log = machine_of(store, cursor)
    if log is None:
        return Graph("no machine yet", (), ())
    names, edges = _relations(log, region)
    centre = _centre(store, log, cursor, names)
    within = region.within
    if within is None and len(names) > WHOLE:
        within = 2
    chosen = _near(names, edges, centre, within)
    kept = set(chosen)
    lit = _lit(store, log, cursor)
    nodes = _nodes(store, log, cursor, [name for name in names if name in kept])
    lines = tuple(
        edge._replace(lit=(edge.tail, edge.head, edge.kind) in lit)
        for edge in edges
        if edge.tail in kept and edge.head in kept
    )
    title = f"{clean(log.label)} schema"
    remark = f"group {clean(region.group)}" if region.group else ""
    hidden = len(names) - len(chosen)
    if hidden and centre:
        around = f"within {plural(within, 'relation')} of " if within else "nearest to "
        remark = f"{remark}, {around}{clean(centre)}".removeprefix(", ")
    return Graph(title, nodes, lines, len(log.states) - len(chosen), remark)


def _relations(log: MachineLog, region: Region) -> tuple[list[str], list[Edge]]:
    """States and relations in the schema's order, raw names; relations to unknown ones are not."""
    names = list(log.states)
    if region.group in log.schema.groups:
        members = log.schema.groups[region.group]
        names = [name for place, name in enumerate(names) if place in set(members)]
    there = set(names)
    edges: list[Edge] = []
    for name in names:
        of = log.schema.states.get(name, StateDef())
        for kind, others in zip(RELATIONS, (of.require, of.add, of.remove, of.after), strict=True):
            if kind in region.kinds:
                edges += [Edge(name, o, kind) for o in dict.fromkeys(others) if o in there]
    return names, edges


def _centre(store: Store, log: MachineLog, cursor: Cursor, names: Collection[str]) -> str:
    """The state that a region is around: the selected, else a called, else an active one."""
    if cursor.state in names:
        return cursor.state
    if 0 <= cursor.pos < len(log):
        called = store.message(log.n(cursor.pos)).called_states_idxs
        states = log.schema_at(cursor.pos).states_index
        for index in called:
            if 0 <= index < len(states) and states[index] in names:
                return states[index]
    active = (name for name in names if log.tick(log.index[name], cursor.pos) % 2)
    return next(active, next(iter(names), ""))


def _near(names: list[str], edges: list[Edge], centre: str, within: int | None) -> dict[str, int]:
    """State -> its distance from the centre in relations, nearest first, ``MOST`` at most.

    Without a limit all states are taken, those that no relation leads to last.
    """
    near: dict[str, list[str]] = {}
    for edge in edges:
        near.setdefault(edge.tail, []).append(edge.head)
        near.setdefault(edge.head, []).append(edge.tail)
    found = {centre: 0} if centre else {}
    queue = list(found)
    for name in queue:
        for other in near.get(name, ()):
            if other not in found and (within is None or found[name] < within):
                found[other] = found[name] + 1
                queue.append(other)
    if within is None:
        for name in names:
            found.setdefault(name, len(names))
    return dict(list(found.items())[:MOST])


def _nodes(store: Store, log: MachineLog, cursor: Cursor, names: list[str]) -> tuple[Node, ...]:
    """Boxes of states: active or not, clock, what the shown transition did to each."""
    before = cursor.pos if cursor.step is None else cursor.pos - 1
    did = _marks(store, log, cursor)
    nodes = []
    for name in names:
        shown = clean(name)
        tick = log.tick(log.index[name], before)
        multi = log.schema.states.get(name, StateDef()).multi
        sign, token = state_sign(shown, tick % 2 == 1, multi)
        nodes.append(
            Node(
                key=name,
                label=shown,
                sign=sign,
                note=compact(tick, NOTE_CELLS),
                mark=did.get(shown, ""),
                token=token,
                selected=name == cursor.state,
            )
        )
    return tuple(nodes)


def _marks(store: Store, log: MachineLog, cursor: Cursor) -> dict[str, str]:
    """State (clean name) -> sign of what happened to it."""
    if not 0 <= cursor.pos < len(log):
        return {}
    tx = transition_at(store, log, cursor.pos)
    if cursor.step is not None:
        return {
            name: mark.sign or (CALLED if mark.called else "")
            for name, mark in marks(tx, cursor.step).items()
        }
    canceled = bool(tx.flags & Flag.CANCELED)
    found = dict.fromkeys(tx.called, CANCELED if canceled else CALLED)
    for change in tx.changes:
        found[change.name] = ACTIVATE if change.after % 2 else DEACTIVATE
    return found


def _lit(store: Store, log: MachineLog, cursor: Cursor) -> set[tuple[str, str, Kind]]:
    """Relations (tail, head, kind; raw names) that the transition's steps so far made use of."""
    if not 0 <= cursor.pos < len(log):
        return set()
    states = log.schema_at(cursor.pos).states_index
    steps = store.message(log.n(cursor.pos)).steps
    done = steps if cursor.step is None else steps[: cursor.step]
    found = set()
    for kind, tail, head, _flags, data in done:
        if kind == STEP_RELATION and data in _BY_STEP:
            ends = [s if isinstance(s, str) else states[s] for s in (tail, head) if s != -1]
            if len(ends) == 2:
                found.add((ends[0], ends[1], _BY_STEP[data]))
    return found
