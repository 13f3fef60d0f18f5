"""Writes recordings message by message, as a recorder would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from am_dbg.recording import Channel, RecordingWriter
from am_dbg.store import MachineLog, Store
from telemetry.messages import DbgMsgGap, DbgMsgStruct, DbgMsgTx, StateDef, encode

START = 1_700_000_000_000_000_000
STATES = ["A", "B", "C", "Exception"]


class Tape:
    """A recording being written. Each message arrives one millisecond after the one before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writer = RecordingWriter(path)
        self.now = START
        self._channels: dict[tuple[str, str, str], Channel] = {}

    def put(self, topic: str, kind: str, message: Any, instance: str, **known: str) -> None:
        self.now += 1_000_000
        key = (topic, instance, kind)
        if key not in self._channels:
            meta = {"conn": "1", "instance": instance, **known}
            self._channels[key] = self.writer.channel(topic, kind, meta)
        data = message if isinstance(message, bytes) else encode(message)
        self.writer.write(self._channels[key], self.now, self.now, data)

    def schema(
        self,
        id: str = "m",  # noqa: A002 (the field's name)
        states: list[str] = STATES,
        instance: str = "i1",
        conn: str = "1",
        **fields: Any,
    ) -> None:
        message = DbgMsgStruct(id, states, {name: StateDef() for name in states}, **fields)
        message.instance = instance
        self.put(id, "DbgMsgStruct", message, instance, conn=conn)

    def tx(self, machine: str = "m", instance: str = "i1", **fields: Any) -> None:
        fields.setdefault("accepted", True)
        self.put(
            machine, "DbgMsgTx", DbgMsgTx(machine_id=machine, instance=instance, **fields), instance
        )

    def gap(self, id: str = "m", instance: str = "i1", **fields: Any) -> None:  # noqa: A002
        self.put(id, "DbgMsgGap", DbgMsgGap(id, instance, **fields), instance)

    def event(self, kind: str, **fields: Any) -> None:
        self.put(
            "am-dbg/events", "DbgEvent", {"kind": kind, "time": self.now + 1_000_000, **fields}, ""
        )

    def flush(self) -> None:
        self.writer.flush()

    def store(self, close: bool = True) -> Store:
        if close:
            self.writer.close()
        else:
            self.writer.flush()
        store = Store.open([self.path], cache=False)
        while store.feed():
            pass
        return store


def only(store: Store) -> MachineLog:
    (machine,) = store.machines
    return machine
