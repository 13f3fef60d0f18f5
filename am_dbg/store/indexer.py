"""Reads recordings, block by block, into the columns. The loop here is the viewer's ingest rate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from am_dbg.errors import UserError
from am_dbg.recording import Block, Channel, RecordingReader
from am_dbg.store.fields import IndexTx, decode_event, decode_fast, decode_index
from am_dbg.store.flags import Flag
from am_dbg.store.machine import MachineLog
from am_dbg.store.rows import RowAdder
from telemetry.messages import DbgMsgStruct, ShapeError, decode_gap, decode_struct

if TYPE_CHECKING:
    from am_dbg.store.store import Store

SLICE = 200
"""Messages between two looks at the clock: about half a millisecond."""

MAX_STATES = 1 << 16
"""States that a machine without a schema may turn out to have."""

Message = tuple[Channel, int, int, int, int]


class FileIndexer:
    """Indexes one file into the store, as far as it is written; goes on from there when asked."""

    def __init__(self, store: Store, file: int, reader: RecordingReader, add: RowAdder) -> None:
        self.store = store
        self.file = file
        self.reader = reader
        self.failed = False
        self._sinks: dict[Channel, MachineLog] = {}
        self._add = add
        self._block: Block | None = None
        self._messages: Iterator[Message] | None = None
        self._damage = len(reader.damage)

    def step(self) -> bool:
        """Index a slice of what waits. False when nothing does right now."""
        if self.failed:
            return False
        try:
            if self._messages is None and not self._next_block():
                return False
            if self._slice():
                self._messages = None
                self._block = None
        except (UserError, OSError) as error:
            self.failed = True
            self.store.status.errors.append(str(error))
            return False
        finally:
            self._note_damage()
        return True

    @property
    def indexed(self) -> int:
        """Bytes of the file that are indexed."""
        return self.reader.position if self._block is None else self._block.start

    @property
    def busy(self) -> bool:
        """Whether it is in the middle of a block."""
        return self._block is not None

    def _next_block(self) -> bool:
        block = next(self.reader.blocks(), None)
        if block is None:
            return False
        self._block = block
        self._messages = block.messages()
        self.store.blocks.add(self.file, block, len(self.store.time))
        return True

    def _note_damage(self) -> None:
        status = self.store.status
        for damage in self.reader.damage[self._damage :]:
            text = f"{self.reader.path.name}: bytes {damage.start}-{damage.end}: {damage.text}"
            status.damage.append(text)
            status.errors.append(text)
            self._damage += 1

    def _slice(self) -> bool:
        """Index up to ``SLICE`` messages of the block. True when it is done."""
        assert self._block is not None  # set together with _messages
        assert self._messages is not None
        messages = self._messages
        data = self._block.data
        view = memoryview(data)
        sinks = self._sinks
        decode = decode_fast
        add = self._add
        store = self.store
        before = len(store.time)
        count = 0
        for channel, log_time, _, at, end in messages:
            count += 1
            machine = sinks.get(channel)
            if machine is None:
                self._other(channel, log_time, at, end)
            else:
                try:
                    add(machine, decode(view[at:end]), log_time, at)
                except (msgspec.DecodeError, UnicodeDecodeError):
                    self._other(channel, log_time, at, end)
                except ShapeError as error:
                    self._unreadable(channel, str(error))
            if count >= SLICE:
                break
        store.status.records += count
        store.note_times(before)
        store.version += 1
        return count < SLICE

    def _other(self, channel: Channel, log_time: int, at: int, end: int) -> None:
        """A message that is no transition, or the first transition of a channel."""
        assert self._block is not None  # called for a message of it
        raw = memoryview(self._block.data)[at:end]
        try:
            if channel.kind == "DbgMsgTx":
                self._first(channel, decode_index(raw), log_time, at)
            elif channel.kind == "DbgMsgStruct":
                schema = decode_struct(raw)
                _check_schema(schema)
                self.store.registry.struct(self.file, channel, schema, log_time)
            elif channel.kind == "DbgMsgGap":
                self._gap(channel, raw, log_time)
            elif channel.kind == "DbgEvent":
                self.store.status.records -= 1  # counted with the machine messages by the loop
                self.store.registry.event(self.file, decode_event(raw), log_time)
            else:
                self.store.status.records -= 1
        except ShapeError as error:
            self._unreadable(channel, str(error))

    def _gap(self, channel: Channel, raw: memoryview, log_time: int) -> None:
        gap = decode_gap(raw)
        registry = self.store.registry
        machine = registry.of(self.file, channel)
        if machine is None:
            machine = registry.without_schema(self.file, channel, log_time)
        before = machine.sequence.lost
        if machine.sequence.report(
            machine.size, gap.lost, gap.first_seq, gap.last_seq, gap.since, gap.until, gap.reason
        ):
            machine.pending |= Flag.AFTER_GAP
        self.store.status.lost += machine.sequence.lost - before

    def _first(self, channel: Channel, tx: IndexTx, log_time: int, at: int) -> None:
        """A transition of a channel that has no sink yet: find its machine."""
        registry = self.store.registry
        machine = registry.of(self.file, channel)
        if machine is None:
            machine = registry.without_schema(self.file, channel, log_time)
        if machine.nameless:
            needed = max(len(tx.clocks or ()), *(state + 1 for state, _ in tx.ticks or ()), 0)
            if needed > MAX_STATES:
                raise ShapeError("a state index is out of range")
            machine.grow(needed)
        else:
            self._sinks[channel] = machine
        self._add(machine, tx, log_time, at)

    def _unreadable(self, channel: Channel, why: str) -> None:
        status = self.store.status
        status.unreadable += 1
        status.errors.append(f"{channel.topic}: {channel.kind}: {why}")


def _check_schema(schema: DbgMsgStruct) -> None:
    count = len(schema.states_index)
    if len(set(schema.states_index)) != count:
        raise ShapeError("states_index names a state twice")
    if schema.clocks is not None and len(schema.clocks) > count:
        raise ShapeError("more clocks than states")
