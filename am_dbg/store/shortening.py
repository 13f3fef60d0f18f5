"""A store without its oldest part, for when memory is short: the recording keeps everything.

The later part is read again from the file, beside the store that is in use: machines begin with the
schema and the clocks that they had there. When it is as far, it takes the old one's place.
Machines keep their numbers and labels; positions and tx numbers count anew.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from am_dbg.recording import Block, RecordingReader
from am_dbg.recording.records import CHANNEL, PREFIX, SCHEMA
from am_dbg.store.machine import MachineLog
from am_dbg.store.store import Store


class PartReader(RecordingReader):
    """A reader that stops at a byte, until that is lifted."""

    until: int | None = None

    def blocks(self) -> Iterator[Block]:
        """The blocks up to there."""
        if self.until is not None and self.position >= self.until:
            return iter(())
        return super().blocks()


class Shortening:
    """The making of a shorter store from one over a single recording, keeping ``share`` of it.

    The old one must not be fed meanwhile. ``dropped`` tells for each machine how many of its
    messages are left out; ``rows`` how many those are together. Raises UserError when the file
    can't be opened any more.
    """

    def __init__(self, before: Store, share: float) -> None:
        before.finish_block()
        self.before = before
        total, blocks = len(before), before.blocks
        number = blocks.number(int(total * (1 - share))) if total else 0
        self.rows = blocks.first[number] if total else 0
        self.dropped = [_before(machine, self.rows) for machine in before.machines]
        self._reader = reader = PartReader(before.readers[0].path)
        reader.until = before.readers[0].position
        for channel in before.readers[0].channels.values():
            for kind, record in ((SCHEMA, channel.schema_record), (CHANNEL, channel.record)):
                reader.define(kind, record, PREFIX.size, len(record))
        if self.rows:
            reader.position = blocks.start[number]
        self.after = Store([reader])
        if self.rows:
            for machine, dropped in zip(before.machines, self.dropped, strict=True):
                _begin(self.after, machine, dropped)

    def step(self, seconds: float) -> bool:
        """Read on for at most so long. True when it is where the old store is: take it `over`."""
        return not self.after.feed(seconds)

    def over(self) -> Store | None:
        """The shorter store, with what the old one knew beside its columns.

        None when the two don't agree on the machines: the file was changed by somebody else.
        """
        before, after = self.before, self.after
        labels = [machine.label for machine in before.machines]
        if [machine.label for machine in after.machines] != labels:
            return None
        self._reader.until = None
        after.status = before.status
        after.registry.on_conn = before.registry.on_conn
        for old, new in zip(before.machines, after.machines, strict=True):
            new.spans, new.conn = old.spans, old.conn
            new.parent, new.children = old.parent, old.children
        after.version += 1
        return after

    def drop(self) -> None:
        """Give it up."""
        self.after.close()


def _before(machine: MachineLog, n: int) -> int:
    """How many of a machine's messages have a smaller tx number."""
    if machine.shuffled:
        return sum(tx < n for tx in machine.txs)
    return machine.txs.left(n)


def _begin(store: Store, old: MachineLog, dropped: int) -> None:
    """The machine in a new store, as it was after its first ``dropped`` messages."""
    kept = dropped < old.size
    ticks = old.ticks(dropped - 1) if kept else old.last_ticks()
    schema = old.schema_at(dropped) if kept else old.schema
    clocks = [ticks[old.index[name]] if name in old.index else 0 for name in schema.states_index]
    machine = MachineLog(store, old.no, schema, old.label)
    machine.instance = old.instance
    machine.take_schema(msgspec.structs.replace(schema, clocks=clocks))
    machine.nameless = old.nameless
    machine.service, machine.library = old.service, old.library
    machine.host, machine.pid, machine.conn = old.host, old.pid, old.conn
    machine.last_time = old.time_at(dropped - 1) if dropped else 0
    known = sum(gap.lost for gap in old.gaps if gap.pos >= dropped)  # will be met again
    machine.sequence.lost = old.sequence.lost - known
    machine.sequence.expected = _expected(old, dropped)
    store.machines.append(machine)
    store.registry.enter(machine, store.registry.by_id.setdefault(machine.id, []))


def _expected(old: MachineLog, dropped: int) -> int:
    """The ``seq`` of the first message that is kept; of none, the one that would come next."""
    if dropped >= old.size:
        return old.sequence.expected
    if not dropped:
        return 1
    first = (
        min(old.txs[pos] for pos in range(dropped, old.size)) if old.shuffled else old.txs[dropped]
    )
    return old.store.message(first).seq or 1
