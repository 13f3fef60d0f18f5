"""Writes a selection as a recording that opens like any other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from am_dbg.errors import UserError
from am_dbg.formats.entries import Entry, entries
from am_dbg.formats.selection import Selection
from am_dbg.recording import Channel, RecordingWriter
from am_dbg.store import MachineLog, Store
from telemetry.messages import DbgMsg, DbgMsgGap, DbgMsgTx, encode


def write_recording(store: Store, selection: Selection, path: Path) -> Iterator[int]:
    """Write it, yielding the number of transitions written so far. Raises UserError, OSError.

    Messages lose their numbers (``seq``): those that were left out would count as lost.
    """
    instances = _instances(store)
    channels: dict[tuple[int, str], Channel] = {}
    count = 0
    with RecordingWriter(path) as writer:
        for entry in entries(store, selection):
            key = entry.machine.no, entry.kind
            if key not in channels:
                channels[key] = _channel(writer, entry, instances[entry.machine.no])
            message = _unnumbered(entry.message, instances[entry.machine.no])
            time = getattr(message, "time", 0) or entry.arrival
            writer.write(channels[key], entry.arrival, time, encode(message))
            if isinstance(message, DbgMsgTx):
                count += 1
                yield count


def _unnumbered(message: DbgMsg, instance: str) -> DbgMsg:
    if isinstance(message, DbgMsgTx):
        message.instance, message.seq = instance, 0
        return message
    changed: DbgMsg
    if isinstance(message, DbgMsgGap):
        changed = msgspec.structs.replace(message, instance=instance, first_seq=0, last_seq=0)
    else:
        changed = msgspec.structs.replace(message, instance=instance)
    return changed


def _channel(writer: RecordingWriter, entry: Entry, instance: str) -> Channel:
    log = entry.machine
    known = {
        "conn": str(log.no + 1),
        "instance": instance,
        "service": log.service,
        "host": log.host,
        "pid": log.pid,
        "client": log.library,
    }
    try:
        return writer.channel(log.id, entry.kind, known)
    except OverflowError as error:
        raise UserError(f"too many machines for one recording: {error}") from None


def _instances(store: Store) -> list[str]:
    """The machines' instances; made up where several of an id came without any."""
    repeated = Counter(log.id for log in store.machines)
    return [log.instance or _made_up(log, repeated[log.id]) for log in store.machines]


def _made_up(log: MachineLog, machines_of_that_id: int) -> str:
    return f"{log.no:016x}" if machines_of_that_id > 1 else ""
