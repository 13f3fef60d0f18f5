"""The machines of a recording: which instance a message belongs to, and whether it can be true.

Clients that give no ``instance`` get one here: a later connection with the same machine id goes on
with the machine if the earlier connection is closed and its clocks don't fall.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from msgspec import Struct

from am_dbg.recording import Channel, RecordingReader, RecordingWriter
from am_dbg.recording.writer import EVENTS_KIND
from telemetry.messages import (
    DbgMsgStruct,
    DbgMsgTx,
    Decoder,
    Hello,
    ShapeError,
    decode_struct,
    decode_tx,
)


class _Event(Struct):
    conn: str = ""


_decode_event = Decoder(_Event)


class Machine:
    """One machine instance. ``clocks`` and ``schema`` are kept only when ``generated``.

    ``generated``: its instance was made here, as its client gives none. ``open``: the connections
    that it is on. ``schema``: the last one as it was received.
    """

    __slots__ = ("channels", "clocks", "generated", "id", "instance", "open", "schema", "states")

    def __init__(self, machine_id: str, instance: str, generated: bool) -> None:
        self.id = machine_id
        self.instance = instance
        self.generated = generated
        self.states: list[str] = []
        self.clocks: list[int] = []
        self.schema = b""
        self.open: set[str] = set()
        self.channels: dict[str, Channel] = {}

    def take_schema(self, message: DbgMsgStruct, raw: bytes) -> None:
        """Goes on with that schema; clocks it doesn't give are kept by the states' names."""
        if self.generated:
            self.schema = raw
            known = dict(zip(self.states, self.clocks, strict=False))
            self.clocks = [known.get(name, 0) for name in message.states_index]
            if message.clocks is not None:
                self.set_clocks(message.clocks)
        self.states = message.states_index

    def set_clocks(self, clocks: Sequence[int]) -> None:
        """These are the clocks now; states beyond them have none."""
        self.clocks = [*clocks, *(0 for _ in range(len(self.states) - len(clocks)))]

    def advance(self, message: DbgMsgTx) -> None:
        """Follows the clocks through a transition."""
        if message.clocks is not None:
            self.set_clocks(message.clocks)
        elif message.ticks is not None:
            for index, added in message.ticks:
                self.clocks[index] += added

    def falls_to(self, states: Sequence[str], clocks: Sequence[int]) -> bool:
        """Whether any clock would be less than it was; a state that is gone counts as that."""
        known = dict(zip(self.states, self.clocks, strict=False))
        new = dict(zip(states, clocks, strict=False))
        return any(new.get(name, 0) < tick for name, tick in known.items())


class Machines:
    """All machine instances of a recording, by id and instance."""

    def __init__(self, writer: RecordingWriter) -> None:
        self._writer = writer
        self._all: dict[tuple[str, str], Machine] = {}
        self._latest: dict[str, Machine] = {}

    def find(self, machine_id: str, instance: str) -> Machine | None:
        """That instance; without one, the last that a schema came for. None: no schema came."""
        if instance:
            return self._all.get((machine_id, instance))
        return self._latest.get(machine_id)

    def for_schema(self, message: DbgMsgStruct) -> tuple[Machine, bool]:
        """The machine that a schema is of, maybe a new one; whether that has yet to be confirmed.

        It has when the schema gives no clocks: the first ones tell if it is the same machine.
        """
        if message.instance:
            known = self._all.get((message.id, message.instance))
            return known or self.new(message.id, message.instance), False
        last = self._latest.get(message.id)
        if last is None or not last.generated or last.open:
            return self.new(message.id), False
        clocks = message.clocks
        if clocks is None:
            if set(last.states) <= set(message.states_index):
                return last, True
        elif not last.falls_to(message.states_index, clocks):
            return last, False
        return self.new(message.id), False

    def new(self, machine_id: str, instance: str = "") -> Machine:
        """A new instance, with a generated name unless it has one."""
        machine = Machine(machine_id, instance or secrets.token_hex(8), not instance)
        self._all[machine_id, machine.instance] = machine
        self._latest[machine_id] = machine
        return machine

    def channel(
        self, machine: Machine, kind: str, conn: str, hello: Hello, service: str = ""
    ) -> Channel:
        """Where the machine's messages of that kind go. Raises OverflowError: no more channels."""
        channel = machine.channels.get(kind)
        if channel is None:
            meta = {
                "conn": conn,
                "instance": machine.instance,
                "service": service or hello.service,
                "host": hello.host,
                "pid": str(hello.pid or ""),
                "client": hello.client,
            }
            channel = self._writer.channel(machine.id, kind, meta)
            machine.channels[kind] = channel
        return channel

    def restore(self, reader: RecordingReader) -> int:
        """Takes up the machines of a recording that is gone on with; its last connection number."""
        last_conn = 0
        for block in reader.blocks():
            for channel, _, _, start, end in block.messages():
                data = block.data[start:end]
                try:
                    if channel.kind == EVENTS_KIND:
                        conn = _decode_event(data).conn
                        last_conn = max(last_conn, int(conn) if conn.isdecimal() else 0)
                    elif channel.kind == "DbgMsgStruct":
                        self._restore_schema(channel, data)
                    elif channel.kind == "DbgMsgTx":
                        self._restore_tx(channel, data)
                except (ShapeError, IndexError):
                    continue  # not recorded by this program; a reader reports it
        for channel in self._writer.channels.values():
            machine = self._all.get((channel.topic, channel.metadata.get("instance", "")))
            if machine is not None:
                machine.channels[channel.kind] = channel
        return last_conn

    def _restore_schema(self, channel: Channel, data: bytes) -> None:
        message = decode_struct(data)
        instance = channel.metadata.get("instance", "")
        machine = self._all.get((channel.topic, instance)) or self.new(channel.topic, instance)
        machine.generated = not message.instance
        machine.take_schema(message, data)

    def _restore_tx(self, channel: Channel, data: bytes) -> None:
        machine = self._all.get((channel.topic, channel.metadata.get("instance", "")))
        if machine is not None and machine.generated:
            machine.advance(decode_tx(data))


def schema_fault(message: DbgMsgStruct) -> str | None:
    """What can't be true of a schema, whatever its types; None when all is well."""
    count = len(message.states_index)
    if len(set(message.states_index)) < count:
        return "states_index has a name twice"
    if message.clocks is not None and len(message.clocks) > count:
        return f"{len(message.clocks)} clocks for {count} states"
    for name, indexes in message.groups.items():
        if indexes and max(indexes) >= count:
            return f"group {name}: no state {max(indexes)}, there are {count}"
    return _notes_fault(message.pipes, count)


def tx_fault(message: DbgMsgTx, count: int) -> str | None:
    """What can't be true of a transition of a machine with ``count`` states; None: all is well."""
    ticks = message.ticks
    if ticks is not None:
        if message.clocks is not None:
            return "both clocks and ticks"
        for index, _ in ticks:
            if index >= count:
                return f"ticks: no state {index}, there are {count}"
    elif message.clocks is not None and len(message.clocks) > count:
        return f"{len(message.clocks)} clocks for {count} states"
    for index in message.called_states_idxs:
        if index >= count:
            return f"called_states_idxs: no state {index}, there are {count}"
    try:
        for _, start, end, _, _ in message.steps:
            if start >= count or end >= count:  # type: ignore[operator]
                return f"steps: no state {max(start, end)}, there are {count}"
    except TypeError:  # a name instead of an index, which is rare and legal
        return _named_steps_fault(message, count)
    return _notes_fault(message.notes, count) if message.notes else None


def _named_steps_fault(message: DbgMsgTx, count: int) -> str | None:
    for step in message.steps:
        for index in step[1:3]:
            if isinstance(index, int) and index >= count:
                return f"steps: no state {index}, there are {count}"
    return _notes_fault(message.notes, count)


def _notes_fault(notes: Sequence[tuple[str, str, list[int], object]], count: int) -> str | None:
    for kind, _, indexes, _ in notes:
        if indexes and max(indexes) >= count:
            return f"note {kind}: no state {max(indexes)}, there are {count}"
    return None
