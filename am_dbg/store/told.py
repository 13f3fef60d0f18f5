"""What messages tell of others: which transition named which as its source, what waits, pipes.

Indexed on demand, in slices, since nobody may ever ask: the raw blocks are scanned, and only what
has any of it is decoded. It takes 8 bytes for each message with a source, 16 for each wait.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING

from msgspec import Struct

from am_dbg.errors import UserError
from am_dbg.store.notes import CONTEXT, GONE, NEW, PIPE_IN, PIPE_OUT, Told, told_in
from am_dbg.store.search import candidates
from am_dbg.store.waits import Waits
from telemetry.messages import Decoder, LogEntry, Note, ShapeError

if TYPE_CHECKING:
    from am_dbg.store.machine import MachineLog
    from am_dbg.store.store import Store

_NEEDLES = (b"\xa5notes", b"\xa6source", b"[source] ", b"[when", b"[ctx:", b"[pipe")
"""A message without any of these bytes tells nothing. The first two are keys of its map."""
_PAUSE = 100
"""Messages decoded between two looks at the clock."""
_ATTRIBUTE = "_told_index"


class _Message(Struct, gc=False):
    source: tuple[str, str, int, str | None] | None = None
    notes: list[Note] = []
    log_entries: list[LogEntry] = []
    pre_log_entries: list[LogEntry] = []


_decode = Decoder(_Message)


class ToldIndex:
    """The index. ``done`` messages have been looked at, from the first on."""

    def __init__(self, store: Store) -> None:
        self.done = 0
        self._store = store
        self._children = array("I")
        self._sources = array("I")
        self._waits: dict[tuple[int, str], Waits] = {}
        self._noted: dict[int, set[str]] = {}
        self._pipes: dict[tuple[int, str], list[Told]] = {}
        self._epochs: dict[int, int] = {}
        self._work: Iterator[int] | None = None

    @property
    def share(self) -> float:
        """How much has been looked at, 0 to 1."""
        return self.done / max(1, len(self._store))

    def work(self, seconds: float) -> bool:
        """Look on for about so long; True if more waits right now."""
        until = perf_counter() + seconds
        while self.done < len(self._store):
            if self._work is None:
                self._work = self._blocks()
            self.done = next(self._work, self.done)
            if perf_counter() >= until:
                break
        return self.done < len(self._store)

    def children(self, machine_id: str, tx_id: str) -> list[int]:
        """Tx numbers of messages that name that transition as their source, in order."""
        key = _source_key(machine_id, tx_id).to_bytes(4, "little")
        data = self._sources.tobytes()
        found = []
        at = data.find(key)
        while at >= 0:
            if at % 4 == 0:
                found.append(self._children[at // 4])
            at = data.find(key, at + 1)
        return found

    def count(self, machine: int, kind: str, n: int) -> int:
        """How many of a kind were open in a machine after message ``n``."""
        waits = self._waits.get((machine, kind))
        return 0 if waits is None else waits.count(n)

    def open_at(self, machine: int, kind: str, n: int, limit: int) -> list[tuple[int, Told]]:
        """(the message where it began, what it is) of those open then, newest first."""
        waits = self._waits.get((machine, kind))
        if waits is None:
            return []
        log = self._store.machines[machine]
        found = []
        for start, key in waits.open_at(n, limit):
            told = next((one for one in self._told_at(log, start) if one.key == key), None)
            if told is not None:
                found.append((start, told))
        return found

    def told_any(self, machine: int, kinds: tuple[str, ...]) -> bool:
        """Whether a machine has told of any of these kinds at all."""
        return any((machine, kind) in self._waits for kind in kinds)

    # -- looking on ------------------------------------------------------------------------------

    def _blocks(self) -> Iterator[int]:
        """Looks at what is there; yields how far it has come, now and then."""
        store = self._store
        for number in range(store.blocks.number(self.done), len(store.blocks)):
            first, last = store.blocks.range(number, len(store))
            first = max(first, self.done)
            for count, n in enumerate(self._candidates(number, first), 1):
                if n >= last:
                    break
                self._take(n)
                if count % _PAUSE == 0:
                    yield n + 1
            for machine in list(self._with_pipes()):
                self._take_snapshots(machine, last)
            yield last
        self._work = None

    def _candidates(self, number: int, first: int) -> list[int]:
        try:
            data = self._store.blocks.glance(number).data
        except UserError:
            return []
        found: set[int] = set()
        for needle in _NEEDLES:
            found.update(candidates(self._store, number, data, _find(needle), first))
        return sorted(found)

    def _take(self, n: int) -> None:
        message = self._message(n)
        log = self._store.machines[self._store.machine[n]]
        entries = (*message.pre_log_entries, *message.log_entries)
        source = message.source[:2] if message.source is not None else logged_source(entries)
        if source is not None:
            self._children.append(n)
            self._sources.append(_source_key(*source))
        if message.notes or any(text.startswith(_WAIT_TAGS) for _, text in entries):
            self._take_snapshots(log, n)
            noted = self._noted.setdefault(log.no, set())
            noted.update(note[0] for note in message.notes)
            for told in told_in(message.notes, entries, self._names(log, n), noted):
                self._tell(log, n, told)

    def _tell(self, log: MachineLog, n: int, told: Told) -> None:
        if told.kind in (PIPE_IN, PIPE_OUT):
            known = self._pipes.setdefault((log.no, told.data[0]), [])
            if told.op == NEW:
                known.append(told)
            elif not told.states:
                for pipe in known:
                    self._of(log, pipe.kind).end(n, pipe.key)
                known.clear()
                return
        waits = self._of(log, told.kind)
        if told.op == NEW:
            waits.begin(n, told.key, told.kind in (CONTEXT, PIPE_IN, PIPE_OUT))
        else:
            waits.end(n, told.key)

    def _of(self, log: MachineLog, kind: str) -> Waits:
        return self._waits.setdefault((log.no, kind), Waits())

    def _with_pipes(self) -> Iterator[MachineLog]:
        """Machines whose schemas tell of pipes and have not all been looked at."""
        for log in self._store.machines:
            if self._epochs.get(log.no, 0) < len(log.epochs):
                yield log

    def _take_snapshots(self, log: MachineLog, n: int) -> None:
        """Pipes that a schema message told, before the message at ``n`` or right there."""
        at = self._epochs.get(log.no, 0)
        while at < len(log.epochs):
            pos, schema = log.epochs[at]
            if pos >= len(log) or log.n(pos) > n:
                break
            for told in told_in(schema.pipes, (), schema.states_index, ()):
                self._tell(log, log.n(pos), told)
            at += 1
        self._epochs[log.no] = at

    # -- one message -----------------------------------------------------------------------------

    def _told_at(self, log: MachineLog, n: int) -> list[Told]:
        """What a message, or the schema right before it, tells."""
        message = self._message(n)
        entries = (*message.pre_log_entries, *message.log_entries)
        told = list(told_in(message.notes, entries, self._names(log, n), ()))
        pos = self._store.pos(n)
        for at, schema in log.epochs:
            if at == pos:
                told += told_in(schema.pipes, (), schema.states_index, ())
        return [one for one in told if one.op != GONE]

    def _names(self, log: MachineLog, n: int) -> list[str]:
        if len(log.epochs) < 2:
            return log.states
        return log.schema_at(self._store.pos(n)).states_index

    def _message(self, n: int) -> _Message:
        try:
            return _decode(self._store.blocks.payload(n, keep=False))
        except (ShapeError, UserError):
            return _Message()


_WAIT_TAGS = ("[when", "[ctx:", "[pipe")


def told_index(store: Store) -> ToldIndex:
    """The store's index of what messages tell, begun when first asked for."""
    found: ToldIndex | None = vars(store).get(_ATTRIBUTE)
    if found is None:
        found = vars(store)[_ATTRIBUTE] = ToldIndex(store)
    return found


def logged_source(entries: tuple[LogEntry, ...]) -> tuple[str, str] | None:
    """(machine id, transition id) of a ``[source] MACH/TX/TIME`` line."""
    for _level, text in entries:
        if text.startswith("[source] ") and text.count("/") >= 2:
            machine, tx_id, _time = text.removeprefix("[source] ").rsplit("/", 2)
            return machine, tx_id
    return None


def _source_key(machine_id: str, tx_id: str) -> int:
    return zlib.crc32(f"{machine_id}/{tx_id}".encode("utf-8", "surrogateescape"))


def _find(needle: bytes) -> Callable[[bytes, int], int]:
    return lambda data, at: data.find(needle, at)
