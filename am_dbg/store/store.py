"""The store over one or several recordings: columns, one row a DbgMsgTx, and the machines."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from time import perf_counter

from am_dbg.errors import UserError
from am_dbg.recording import RecordingReader
from am_dbg.store import links
from am_dbg.store.blocks import Blocks
from am_dbg.store.cache import MIN_ROWS, load, snapshot
from am_dbg.store.changelog import MAX_TICK
from am_dbg.store.column import Column
from am_dbg.store.indexer import FileIndexer
from am_dbg.store.machine import MachineLog
from am_dbg.store.registry import Registry
from am_dbg.store.reorder import reorder
from am_dbg.store.rows import row_adder
from am_dbg.store.status import RecordingStatus
from telemetry.messages import DbgMsgTx, ShapeError, decode_tx

LATE_SHARE = 20
"""Sorting late messages rests for so many times as long as it took."""


class Store:
    """Open it, `feed` it until it says that nothing waits, ask. Not thread-safe: one thread.

    ``version`` grows whenever `feed` added anything: what was drawn at the same version is still
    right.
    """

    def __init__(self, readers: Sequence[RecordingReader] = (), cache: bool = False) -> None:
        self.machines: list[MachineLog] = []
        """By first appearance; ``machines[m.no] is m``."""
        self.version = 0
        self.time = Column("Q")
        """Effective time in Unix ns: the running maximum within the machine."""
        self.machine = Column("I")
        """Machine number."""
        self.flags = Column("I")
        """`Flag` bits, the kind of mutation, and the place in its machine's ``calls``."""
        self.time_sum = Column("Q")
        """Machine time (sum of clocks) afterwards."""
        self.status = RecordingStatus()
        self.first_time: int | None = None
        self.last_time: int | None = None
        """Earliest and latest effective time of any message, Unix ns; None without any."""
        self.late: set[MachineLog] = set()
        """Machines with messages that came after later ones; `feed` sorts them at its end."""
        self._late_until = 0.0
        self.readers = list(readers)
        self.blocks = Blocks(self.readers)
        self.registry = Registry(self)
        # an index of several files is of their order too: only one file's is kept
        self._caching = cache and len(self.readers) == 1
        self.cached = self._caching and load(self, self.readers[0].path)
        """Whether a fresh index cache was used."""
        self._saved = len(self.time)
        self._saving: Thread | None = None
        self._troubled: set[int] = set()
        self.version += self.cached
        add = row_adder(self)
        self._files = [FileIndexer(self, no, reader, add) for no, reader in enumerate(self.readers)]

    @classmethod
    def open(cls, paths: Sequence[Path], cache: bool = True) -> Store:
        """A store over recordings (.mcap). Nothing is indexed yet, unless a fresh cache has it.

        Raises UserError when a file is no recording or cannot be read.
        """
        with ExitStack() as opened:
            readers = [opened.enter_context(RecordingReader(path)) for path in paths]
            if len(readers) > 1:
                # a machine that goes on in a second file is read in its order
                readers.sort(key=_begin)
            opened.pop_all()
        return cls(readers, cache)

    def __len__(self) -> int:
        """Number of DbgMsgTx messages indexed."""
        return len(self.time)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def feed(self, seconds: float | None = None) -> bool:
        """Index what has arrived, for at most about ``seconds``. True if more waits right now."""
        deadline = None if seconds is None else perf_counter() + seconds
        # the rows of a block are contiguous: one that is begun is ended before another file's
        for indexer in sorted(self._files, key=lambda file: not file.busy):
            while indexer.step():
                if deadline is not None and perf_counter() >= deadline:
                    return True
        self._sort_late()
        self._note_state()
        if self._caching and len(self) - self._saved >= max(MIN_ROWS, self._saved // 2):
            self._save()
        return False

    def finish_block(self) -> None:
        """Index the rest of a block that is begun: what is indexed then ends with a whole one."""
        for indexer in self._files:
            while indexer.busy and indexer.step():
                pass

    def progress(self) -> tuple[int, int]:
        """Bytes indexed, bytes there."""
        there = sum(reader.size() for reader in self.readers)
        if all(file.reader.closed and not file.busy for file in self._files):
            return there, there
        return sum(file.indexed for file in self._files), there

    def pos(self, n: int) -> int:
        """Position of tx number ``n`` within its machine."""
        return self.machines[self.machine[n]].pos_of(n)

    def message(self, n: int) -> DbgMsgTx:
        """The whole message, decoded; a few recent blocks are kept.

        An empty message with just the machine's id when the file can no longer be read there.
        """
        machine = self.machines[self.machine[n]]
        try:
            return decode_tx(self.blocks.payload(n))
        except (UserError, ShapeError) as error:
            if self.status.last_error != str(error):
                self.status.errors.append(str(error))
            return DbgMsgTx(machine_id=machine.id, instance=machine.instance)

    def machine_by(self, name: str) -> MachineLog | None:
        """The machine of that label, else the first of that id, else None."""
        found = self.registry.by_label.get(name)
        if found is None and (same := self.registry.by_id.get(name)):
            found = same[0]
        return found

    def machine_at(self, id: str, moment: int | None) -> MachineLog | None:  # noqa: A002 (the field)
        """Of the machines with that id, the last that had begun by the moment, else the first."""
        same = self.registry.by_id.get(id)
        if not same:
            return None
        if moment is None:
            return same[-1]
        begun = [machine for machine in same if machine.size and machine.time_at(0) <= moment]
        return begun[-1] if begun else same[0]

    def find_tx(self, id: str, tx_id: str, near: int | None = None) -> int | None:  # noqa: A002
        """Tx number of transition ``tx_id`` of machine ``id`` (or label); None when it isn't there.

        Searches outward from tx number ``near`` (a message that mentions it).
        """
        named = self.registry.by_label.get(id)
        machines = [named] if named is not None and named.id != id else []
        machines += self.registry.by_id.get(id, [])
        moment = None if near is None else self.time[near]
        first = self.machine_at(id, moment)
        machines.sort(key=lambda machine: machine is not first)
        for machine in machines:
            pos = links.find_id(self, machine, tx_id, machine.pos_at(moment))
            if pos is not None:
                return machine.txs[pos]
        return None

    def execution_of(self, n: int) -> int | None:
        """Of a queued record: the transition that executed it, when it came."""
        machine = self.machines[self.machine[n]]
        pos = links.execution(self, machine, machine.pos_of(n))
        return None if pos is None else machine.txs[pos]

    def queued_of(self, n: int) -> int | None:
        """Of a transition: the record of its mutation being queued, when there is one."""
        machine = self.machines[self.machine[n]]
        pos = links.queued(self, machine, machine.pos_of(n))
        return None if pos is None else machine.txs[pos]

    def close(self) -> None:
        """Close the files, and keep the index for the next time if it has grown since it was saved.

        What is indexed can still be asked; messages only from kept blocks.
        """
        if self._caching and len(self) >= MIN_ROWS and len(self) > self._saved:
            self._save()
        if self._saving is not None:
            self._saving.join()
        for reader in self.readers:
            reader.close()

    def note_times(self, first: int) -> None:
        """The rows from number ``first`` on are new: widen the range of times."""
        new = self.time.tail[first - self.time.split :]
        if not new:
            return
        low, high = min(new), max(new)
        self.first_time = low if self.first_time is None else min(low, self.first_time)
        self.last_time = high if self.last_time is None else max(high, self.last_time)

    def _save(self) -> None:
        """Save the index cache in a thread of its own; the columns may go on growing."""
        if any(file.busy for file in self._files):
            return  # in the middle of a block: nothing could go on from there
        if self._saving is not None:
            self._saving.join()
        self._saved = len(self)
        try:
            taken = snapshot(self)
        except OSError:
            return  # removed meanwhile; what is indexed stays
        if taken is not None:
            self._saving = Thread(target=taken.save, name="am-dbg index cache")
            self._saving.start()

    def _sort_late(self) -> None:
        """Sort machines with late messages, for at most a small part of all time."""
        begun = perf_counter()
        if not self.late or begun < self._late_until:
            return
        for machine in self.late:
            reorder(self, machine, Store())
        self.late.clear()
        self.version += 1
        now = perf_counter()
        self._late_until = now + LATE_SHARE * (now - begun)

    def _note_state(self) -> None:
        """Everything that is there is indexed: are the files whole, will more come?"""
        status = self.status
        before = (status.closed, status.truncated, status.gaps, status.connected, status.last_error)
        status.closed = bool(self.readers) and all(reader.closed for reader in self.readers)
        status.truncated = any(reader.truncated for reader in self.readers)
        status.gaps = sum(len(machine.gaps) for machine in self.machines)
        for no, reader in enumerate(self.readers):
            if not reader.recording:
                self.registry.close_file(no)
            self._note_file(no, reader)
        after = (status.closed, status.truncated, status.gaps, status.connected, status.last_error)
        self.version += before != after

    def _note_file(self, no: int, reader: RecordingReader) -> None:
        """Say once what happened to the file itself. What is indexed stays."""
        trouble = ""
        if reader.size() < reader.position:
            trouble = "the file was cut by somebody else"
        elif not reader.path.exists():
            trouble = "the file was removed"
        if trouble and no not in self._troubled:
            self._troubled.add(no)
            self.status.errors.append(f"{reader.path.name}: {trouble}; what came so far stays here")


def _begin(reader: RecordingReader) -> int:
    """The arrival of a recording's first message, Unix ns; the end of time when it has none."""
    with RecordingReader(reader.path) as other:
        for block in other.blocks():
            for _, log_time, *_ in block.messages():
                return log_time
    return MAX_TICK
