"""The network of machines as a graph: who is whose child, who pipes to whom, who mutates whom."""

from __future__ import annotations

from typing import Any, NamedTuple

from am_dbg.model.causes import source_machine
from am_dbg.model.cursor import Cursor, pos_in
from am_dbg.model.diagram.graph import Edge, Graph, Kind, Node
from am_dbg.model.diagram.schema import MOST
from am_dbg.model.format import clean, compact, plural
from am_dbg.model.memo import memo
from am_dbg.model.text import Token
from am_dbg.store import Flag, MachineLog, Store
from telemetry.messages import Note

READY, START = "Ready", "Start"
WHOLE = 30
"""Machines up to which the network is shown whole unless asked otherwise."""
RECENT = 40
"""Messages of a machine, up to the moment, whose sources and pipes are looked at."""
LOOKED_AT = 600
"""Messages looked at in all: what one picture may cost."""
NOTE_CELLS = 4


class Circle(NamedTuple):
    """What part of the network is wanted: machines so many links from the selected one."""

    within: int | None = None
    kinds: tuple[Kind, ...] = (Kind.PARENT, Kind.PIPE, Kind.SOURCE)


EVERYTHING = Circle()


def network_graph(store: Store, cursor: Cursor, circle: Circle = EVERYTHING) -> Graph:
    """The machines around the cursor's, with what links them up to the moment.

    Parents and pipes are those told so far; sources are those of each machine's latest messages.
    """
    centre = cursor.machine if 0 <= cursor.machine < len(store.machines) else -1
    within = circle.within
    if within is None and len(store.machines) > WHOLE:
        within = 2
    edges = _Links(store, cursor, circle.kinds)
    chosen = edges.around(centre, within)
    if circle.within is None and len(chosen) == 1:
        chosen = edges.around(centre, None)  # nothing links it: the others are all there is to see
    kept = set(chosen)
    lines = tuple(
        Edge(str(tail), str(head), kind, label, lit)
        for (tail, head, kind), (label, lit) in edges.found.items()
        if tail in kept and head in kept
    )
    nodes = tuple(_node(store, cursor, log) for log in store.machines if log.no in kept)
    hidden = len(store.machines) - len(nodes)
    remark = ""
    if hidden and centre >= 0:
        label = clean(store.machines[centre].label)
        remark = f"within {plural(within, 'link')} of {label}" if within else f"nearest to {label}"
    return Graph("network of machines", nodes, lines, hidden, remark)


def _node(store: Store, cursor: Cursor, log: MachineLog) -> Node:
    pos = pos_in(store, cursor, log.no)
    ready, started = (_active(log, name, pos) for name in (READY, START))
    sign, token = ("●", Token.ACTIVE) if ready or started else ("○", Token.INACTIVE)
    error = any(log.tick(state, pos) % 2 for state in log.error_states)
    if error:
        token = Token.ERROR
    return Node(
        key=str(log.no),
        label=clean(log.label),
        sign=sign,
        note=compact(log.time_sum(pos), NOTE_CELLS),
        mark="!" if error else "R" if ready else "S" if started else "",
        token=token,
        selected=log.no == cursor.machine,
    )


def _active(log: MachineLog, name: str, pos: int) -> bool:
    state = log.index.get(name)
    return state is not None and log.tick(state, pos) % 2 == 1


class _Links:
    """Links by (tail, head, kind), found outward from one machine as far as wanted."""

    def __init__(self, store: Store, cursor: Cursor, kinds: tuple[Kind, ...]) -> None:
        self.store, self.cursor, self.kinds = store, cursor, kinds
        self.found: dict[tuple[int, int, Kind], tuple[str, bool]] = {}
        self._near: dict[int, list[int]] = {}
        self._looked = 0

    def around(self, centre: int, within: int | None) -> list[int]:
        """Machines, the nearest first; all of them without a limit, ``MOST`` at most."""
        everything = within is None
        distances = {centre: 0} if centre >= 0 else {}
        if everything or centre < 0:
            for log in self.store.machines[:MOST]:
                distances.setdefault(log.no, 0)
        queue = list(distances)
        for no in queue:
            self._look(no)
            if everything or distances[no] >= (within or 0):
                continue
            for other in self._near.get(no, ()):
                if other not in distances and len(distances) < MOST:
                    distances[other] = distances[no] + 1
                    queue.append(other)
        return list(distances)

    def _look(self, no: int) -> None:
        log = self.store.machines[no]
        if Kind.PARENT in self.kinds:
            if log.parent is not None:
                self._add(no, log.parent, Kind.PARENT)
            for child in log.children:
                self._add(child, no, Kind.PARENT)
        pos = pos_in(self.store, self.cursor, no)
        for kind, other, count, lit in _told(self.store, log, pos, self._share()):
            if kind in self.kinds:
                ends = (other, no) if kind is Kind.SOURCE or count < 0 else (no, other)
                label = f"{abs(count)}×" if kind is Kind.SOURCE else ""
                self._add(*ends, kind, label, lit)

    def _share(self) -> int:
        """How many messages may be looked at for the next machine."""
        share = min(RECENT, max(0, LOOKED_AT - self._looked))
        self._looked += share
        return share

    def _add(self, tail: int, head: int, kind: Kind, label: str = "", lit: bool = False) -> None:
        if tail == head or (tail, head, kind) in self.found:
            return
        self.found[tail, head, kind] = label, lit
        self._near.setdefault(tail, []).append(head)
        self._near.setdefault(head, []).append(tail)


Told = tuple[Kind, int, int, bool]
"""Kind, the other machine, how often (-1: a pipe that comes in), whether just now."""


def _told(store: Store, log: MachineLog, pos: int, share: int) -> list[Told]:
    """What a machine's own messages say of others, up to a position."""
    first = max(0, pos - share + 1)
    key = ("links of", log.no, pos, first, len(log.epochs), len(store.machines))
    return memo(store, key, lambda: _collect(store, log, first, pos))


def _collect(store: Store, log: MachineLog, first: int, pos: int) -> list[Told]:
    pipes: dict[tuple[int, int], bool] = {}
    for since, schema in log.epochs:
        if since <= pos + 1:
            _take_pipes(store, log, schema.pipes, pipes)
    sources: dict[int, tuple[int, bool]] = {}
    for at in range(first, pos + 1):
        flags = log.flags_at(at)
        if not flags & (Flag.HAS_SOURCE | Flag.HAS_LOG):
            continue
        message = store.message(log.n(at))
        if message.notes:
            _take_pipes(store, log, message.notes, pipes)
        source = source_machine(message)
        if source is not None:
            other = store.machine_at(source, log.time_at(at))
            if other is not None and other is not log:
                count = sources.get(other.no, (0, False))[0]
                sources[other.no] = count + 1, at == pos
    found: list[Told] = [
        (Kind.SOURCE, no, count, lit) for no, (count, lit) in sorted(sources.items())
    ]
    return found + [(Kind.PIPE, no, way, False) for no, way in sorted(pipes)]


def _take_pipes(
    store: Store, log: MachineLog, notes: list[Note], pipes: dict[tuple[int, int], bool]
) -> None:
    """Pipes told of by notes: (other machine, 1 out or -1 in)."""
    for kind, op, _states, data in notes:
        if kind in ("pipe_in", "pipe_out"):
            other = _other_end(store, log, data)
            if other is not None:
                way = 1 if kind == "pipe_out" else -1
                if op == "gone":
                    pipes.pop((other, way), None)
                else:
                    pipes[other, way] = True


def _other_end(store: Store, log: MachineLog, data: Any) -> int | None:
    if not isinstance(data, list | tuple) or not data or not isinstance(data[0], str):
        return None
    other = store.machine_at(data[0], log.time_at(len(log) - 1) or None)
    return None if other is None else other.no
