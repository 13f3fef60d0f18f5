"""One machine of a recording: its schema, its messages, its clocks at any position."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING

from am_dbg.store.calls import Calls
from am_dbg.store.changelog import MAX_TICK, ChangeLog
from am_dbg.store.column import Column
from am_dbg.store.facts import REVISED, Facts
from am_dbg.store.flags import Flag
from am_dbg.store.sequence import GapInfo, Sequence
from am_dbg.store.waiting import Waiting
from telemetry.messages import DbgMsgStruct

if TYPE_CHECKING:
    from am_dbg.store.store import Store

__all__ = ["Counts", "GapInfo", "MachineLog"]

_EXECUTED = int(Flag.EXECUTED)  # arithmetic on IntFlag members is a hundred times slower


@dataclass(slots=True)
class Counts:
    """How many of each kind. ``executed`` = ``accepted`` + ``canceled``; autos and checks are among
    them; ``queued`` counts the records of mutations being queued; ``log_entries`` pre-entries too.
    """

    executed: int = 0
    queued: int = 0
    accepted: int = 0
    canceled: int = 0
    auto: int = 0
    checks: int = 0
    log_entries: int = 0
    steps: int = 0
    lost: int = 0


@dataclass(slots=True)
class Span:
    """A time on one connection, Unix ns. ``until`` is None while the connection is open."""

    conn: tuple[int, str]
    since: int
    until: int | None = None


def is_error_state(name: str) -> bool:
    """Whether a state of that name means an error: ``Exception``, or a name that begins ``Err``."""
    return name == "Exception" or name.startswith("Err")


def _differs(one: DbgMsgStruct, other: DbgMsgStruct) -> bool:
    """Whether two schemas differ in more than their snapshots."""
    return (one.states_index, one.states, one.groups, one.groups_order, one.parent, one.tags) != (
        other.states_index,
        other.states,
        other.groups,
        other.groups_order,
        other.parent,
        other.tags,
    )


class MachineLog:
    """One machine instance. Read-only for everybody but the indexer."""

    __slots__ = (
        "autos",
        "base",
        "calls",
        "cancels",
        "checks",
        "children",
        "conn",
        "current",
        "epochs",
        "error_states",
        "errors",
        "facts",
        "host",
        "id",
        "ids",
        "index",
        "instance",
        "label",
        "last_time",
        "library",
        "log_entries",
        "logs",
        "nameless",
        "no",
        "parent",
        "pending",
        "pid",
        "queued",
        "revisions",
        "schema",
        "sequence",
        "service",
        "shuffled",
        "size",
        "spans",
        "states",
        "steps",
        "store",
        "sum",
        "tags",
        "txs",
        "waiting",
    )

    def __init__(self, store: Store, no: int, schema: DbgMsgStruct, label: str) -> None:
        self.store = store
        self.no = no
        self.id = schema.id
        self.instance = schema.instance
        self.label = label
        """The id; ``id#2`` where an id repeats."""
        self.parent: int | None = None
        """Number of the parent machine, or None. Never part of a cycle."""
        self.children: list[int] = []
        self.tags: list[str] = schema.tags
        self.service = schema.service
        self.host = ""
        self.pid = ""
        self.library = schema.library
        self.schema = schema
        self.states: list[str] = list(schema.states_index)
        """Names in the order of the last schema: state indexes mean places in this list."""
        self.index: dict[str, int] = {}
        self.txs = Column("I")
        self._init_indexing()

    def _init_indexing(self) -> None:
        # what only the indexer writes, all about the end of what it has read
        self.nameless = False  # its schema was lost: its states have numbers for names
        self.shuffled = False  # some came late: txs is not in the order of tx numbers
        self.size = 0
        self.ids = Column("I")
        self.revisions = array("I")  # how often flags changed afterwards, by `REVISED` positions
        self.facts = Facts()
        self.calls = Calls()
        self.waiting = Waiting()
        self.errors = Column("I")
        self.cancels = Column("I")
        self.logs: list[ChangeLog | None] = []
        self.base: list[int] = []
        self.current: list[int] = []
        self.sum = 0
        self.last_time = 0
        self.pending = 0
        self.queued = 0
        self.autos = 0
        self.checks = 0
        self.log_entries = 0
        self.steps = 0
        self.sequence = Sequence()
        self.epochs: list[tuple[int, DbgMsgStruct]] = []
        self.error_states: frozenset[int] = frozenset()
        self.spans: list[Span] = []
        self.conn: tuple[int, str] = (0, "")

    def __len__(self) -> int:
        """Number of messages, queued ones included."""
        return self.size

    @property
    def gaps(self) -> list[GapInfo]:
        """Where messages never came, in order."""
        return self.sequence.gaps

    @property
    def counts(self) -> Counts:
        """Totals as far as the recording is indexed."""
        executed, canceled = self.size - self.queued, len(self.cancels)
        return Counts(
            executed=executed,
            queued=self.queued,
            accepted=executed - canceled,
            canceled=canceled,
            auto=self.autos,
            checks=self.checks,
            log_entries=self.log_entries,
            steps=self.steps,
            lost=self.sequence.lost,
        )

    def n(self, pos: int) -> int:
        """Tx number of position ``pos``."""
        return self.txs[pos]

    def pos_of(self, n: int) -> int:
        """Position of tx number ``n``, which is one of this machine's."""
        if self.shuffled:
            return list(self.txs).index(n)
        return self.txs.left(n)

    def time_at(self, pos: int) -> int:
        """Effective time at ``pos``, Unix ns; for -1 that of the first message, 0 without any."""
        if not self.size:
            return 0
        return self.store.time[self.txs[max(pos, 0)]]

    def flags_at(self, pos: int) -> int:
        """Flags of the message at ``pos``; 0 for -1."""
        return self.store.flags[self.txs[pos]] if pos >= 0 else 0

    def pos_at(self, moment: int | None) -> int:
        """The last position at or before ``moment``; None: the last; -1: before the first."""
        if moment is None or not self.size:
            return self.size - 1
        times, txs = self.store.time, self.txs
        if txs.base is None or (txs.tail and times[txs.tail[0]] <= moment):
            key = times.__getitem__ if times.split else times.tail.__getitem__
            return txs.split + bisect_right(txs.tail, moment, key=key) - 1
        key = times.__getitem__ if times.base is None else times.base.__getitem__
        return bisect_right(txs.base, moment, key=key) - 1

    def schema_at(self, pos: int) -> DbgMsgStruct:
        """The schema in force at ``pos``: indexes within *messages* mean its ``states_index``.

        Indexes that this class takes and gives always mean ``states``, the last schema's.
        """
        k = bisect_right(self.epochs, pos, key=itemgetter(0))
        return self.epochs[max(k - 1, 0)][1]

    def tick(self, state: int, pos: int) -> int:
        """A state's clock after the message at ``pos``; for -1 its initial one. Odd is active."""
        log = self.logs[state]
        return self.base[state] if log is None else log.at(pos, self.base[state])

    def ticks(self, pos: int) -> list[int]:
        """All clocks after the message at ``pos``, in the order of ``states``."""
        if pos >= self.size - 1 and not self.pending & Flag.CHANGED:
            return list(self.current)
        return [
            initial if log is None else log.at(pos, initial)
            for log, initial in zip(self.logs, self.base, strict=True)
        ]

    def last_ticks(self) -> list[int]:
        """The last known clocks: after the last message, or by a later schema's snapshot."""
        return list(self.current)

    def time_sum(self, pos: int) -> int:
        """Machine time (sum of the clocks) after the message at ``pos``."""
        return self.store.time_sum[self.txs[pos]] if pos >= 0 else sum(self.base)

    def changes(self, pos: int) -> list[tuple[int, int, int]]:
        """What changed at ``pos``: (state, tick before, tick after), by state."""
        found: list[tuple[int, int, int]] = []
        if not self.flags_at(pos) & Flag.CHANGED:
            return found
        for state, log in enumerate(self.logs):
            if log is not None and (change := log.change(pos, self.base[state])) is not None:
                found.append((state, *change))
        return found

    def next_change(self, state: int, pos: int) -> int | None:
        """The next position after ``pos`` where the state's clock moved; None: never."""
        log = self.logs[state]
        found = None if log is None else log.next(pos)
        # a snapshot after the last message stands at a position that no message has yet
        return found if found is not None and found < self.size else None

    def prev_change(self, state: int, pos: int) -> int | None:
        """The last position before ``pos`` where the state's clock moved; None: never."""
        log = self.logs[state]
        return None if log is None else log.prev(min(pos, self.size))

    def next_with(self, flag: Flag, pos: int) -> int | None:
        """The next position after ``pos`` with the flag. Fast for ERROR, CANCELED, else a scan."""
        column = self._positions(flag)
        if column is not None:
            k = column.right(pos)
            return column[k] if k < len(column) else None
        bits = int(flag)
        flags, txs = self.store.flags, self.txs
        return next((p for p in range(pos + 1, self.size) if flags[txs[p]] & bits), None)

    def prev_with(self, flag: Flag, pos: int) -> int | None:
        """The last position before ``pos`` with it. Fast for ERROR, CANCELED, else a scan."""
        column = self._positions(flag)
        if column is not None:
            k = column.left(pos) if pos > 0 else 0
            return column[k - 1] if k else None
        bits = int(flag)
        flags, txs = self.store.flags, self.txs
        start = min(pos, self.size) - 1
        return next((p for p in range(start, -1, -1) if flags[txs[p]] & bits), None)

    def count_with(self, flag: Flag, first: int, last: int) -> int:
        """How many positions from ``first`` to ``last`` (both included) have ERROR or CANCELED.

        Raises ValueError for another flag.
        """
        column = self._positions(flag)
        if column is None:
            raise ValueError(f"{flag!r} is not counted by position")
        if last < max(first, 0):
            return 0
        return column.right(last) - column.left(max(first, 0))

    def _positions(self, flag: Flag) -> Column | None:
        if flag == Flag.ERROR:
            return self.errors
        return self.cancels if flag == Flag.CANCELED else None

    def connected_at(self, moment: int | None) -> bool:
        """Whether it was connected to the recorder at that moment (Unix ns; None: at the end).

        Without connection events (an imported session) it counts as connected from its first
        message to its last.
        """
        if moment is None:
            return any(span.until is None for span in self.spans)
        k = bisect_right(self.spans, moment, key=attrgetter("since"))
        return any(
            span.until is None or moment < span.until for span in self.spans[max(k - 4, 0) : k]
        )

    @property
    def connected(self) -> bool:
        """Whether it is connected at the end of what is indexed."""
        return self.connected_at(None)

    # --- what only the indexer calls -----------------------------------------------------------

    def mark_executed(self, pos: int) -> None:
        """The mutation queued at ``pos`` was executed."""
        self.store.flags[self.txs[pos]] |= _EXECUTED
        part = pos // REVISED
        while len(self.revisions) <= part:
            self.revisions.append(0)
        self.revisions[part] += 1

    def new_log(self, state: int) -> ChangeLog:
        """The state's log, made at its first change: most states of most machines never change."""
        log = self.logs[state] = ChangeLog()
        return log

    def set_clock(self, state: int, tick: int) -> None:
        """Move a clock as of the next message (a snapshot's), or initially before the first."""
        self.current[state] = tick
        if not self.size:
            self.base[state] = tick
            return
        self.pending |= Flag.CHANGED
        log = self.logs[state] or self.new_log(state)
        log.add_pos(self.size)
        try:
            log.add_tick(tick)
        except OverflowError:
            log.take_large(tick)

    def take_schema(self, schema: DbgMsgStruct) -> None:
        """A schema message: the first, a change, or the same again after a reconnect."""
        if not self.epochs or schema.states_index != self.states:
            self.arrange(schema.states_index)
        changed = not self.epochs or _differs(schema, self.schema)
        if changed or schema.clocks is not None:
            self.epochs.append((self.size, schema))
        if changed and self.size:
            self.pending |= Flag.NEW_SCHEMA
        self.schema = schema
        self.tags = schema.tags
        self.service = schema.service or self.service
        self.library = schema.library or self.library
        if schema.clocks is not None:
            for state, tick in enumerate(schema.clocks):
                if tick != self.current[state]:
                    self.set_clock(state, tick)
        self.sum = min(sum(self.current), MAX_TICK)

    def arrange(self, names: list[str]) -> None:
        """Order everything that goes by state index as ``names`` has it; the rest is forgotten."""
        places: list[int | None]
        if self.nameless:
            places = [place if place < len(self.states) else None for place in range(len(names))]
            self.nameless = False
        else:
            places = [self.index.get(name) for name in names]
        self.logs = [None if place is None else self.logs[place] for place in places]
        self.base = [0 if place is None else self.base[place] for place in places]
        self.current = [0 if place is None else self.current[place] for place in places]
        self.states = list(names)
        self.index = {name: state for state, name in enumerate(names)}
        self.calls.rename(names)
        self.error_states = frozenset(
            state for state, name in enumerate(names) if is_error_state(name)
        )

    def grow(self, size: int) -> None:
        """Of a machine whose schema was lost: it has at least ``size`` states."""
        if size > len(self.states):
            self.schema.states_index = [f"#{state}" for state in range(size)]
            self.arrange(self.schema.states_index)
            self.nameless = True
