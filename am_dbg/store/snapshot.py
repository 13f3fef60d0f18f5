"""A store's state besides its columns as plain data, and a store made of such data again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from am_dbg.recording import Damage
from am_dbg.recording.records import CHANNEL, PREFIX, SCHEMA
from am_dbg.store.changelog import ChangeLog
from am_dbg.store.column import Column
from am_dbg.store.machine import MachineLog, Span
from am_dbg.store.sequence import GapInfo
from am_dbg.store.status import Client, RecordingStatus
from telemetry.messages import decode_struct, encode

if TYPE_CHECKING:
    from am_dbg.store.store import Store

_NUMBERS = ("no", "label", "parent", "service", "host", "pid", "library", "base", "current", "sum")
_MORE = ("last_time", "pending", "log_entries", "steps", "size", "instance", "queued")
_COUNTS = ("autos", "checks", "nameless", "shuffled")
_PLAIN = (*_NUMBERS, *_MORE, *_COUNTS)
"""Attributes of a machine that are numbers, truths, texts or lists of numbers."""

_STATUS = tuple(
    field.name for field in fields(RecordingStatus) if field.name not in ("clients", "errors")
)


def state_of(store: Store) -> tuple[dict[str, Any], list[Column]]:
    """State and columns of a store over one recording, between two slices of `feed`."""
    reader = store.readers[0]
    columns = [store.time, store.machine, store.flags, store.time_sum]
    blocks = store.blocks
    columns += [blocks.first, blocks.start, blocks.file, blocks.offset]
    for machine in store.machines:
        columns += [machine.txs, machine.ids, machine.errors, machine.cancels]
        for log in machine.logs:
            if log is not None:
                columns += [log.pos, log.tick]
    status = store.status
    state = {
        "position": reader.position,
        "channels": [(c.schema_record, c.record) for c in reader.channels.values()],
        "damage": [(damage.start, damage.end, damage.text) for damage in reader.damage],
        "times": (store.first_time, store.last_time),
        "status": {name: getattr(status, name) for name in _STATUS},
        "errors": list(status.errors),
        "clients": [asdict(client) for client in status.clients.values()],
        "late": [machine.no for machine in store.late],
        "machines": [_machine_state(machine) for machine in store.machines],
    }
    return state, columns


def restore(store: Store, state: dict[str, Any], columns: Iterator[Column]) -> None:
    """Fill an empty store. Raises ValueError when state and columns do not fit together."""
    store.time, store.machine, store.flags, store.time_sum = (next(columns) for _ in range(4))
    blocks = store.blocks
    blocks.first, blocks.start, blocks.file, blocks.offset = (next(columns) for _ in range(4))
    store.first_time, store.last_time = state["times"]
    for name in _STATUS:
        setattr(store.status, name, state["status"][name])
    store.status.errors = deque(state["errors"], maxlen=store.status.errors.maxlen)
    for told in state["clients"]:
        client = Client(**told)
        store.status.clients[client.file, client.conn] = client
    for told in state["machines"]:
        store.machines.append(_machine(store, told, columns))
    store.late.update(store.machines[no] for no in state["late"])
    store.registry.rebuild()
    reader = store.readers[0]
    for schema, channel in state["channels"]:
        reader.define(SCHEMA, schema, PREFIX.size, len(schema))
        reader.define(CHANNEL, channel, PREFIX.size, len(channel))
    reader.damage += [Damage(*told) for told in state["damage"]]
    reader.position = state["position"]


def _machine_state(machine: MachineLog) -> dict[str, Any]:
    sequence = machine.sequence
    return {
        **{name: getattr(machine, name) for name in _PLAIN},
        "expected": sequence.expected,
        "lost": sequence.lost,
        "gaps": [asdict(gap) for gap in sequence.gaps],
        "epochs": [(pos, encode(schema)) for pos, schema in machine.epochs],
        "schema": encode(machine.schema),
        "spans": [(span.conn, span.since, span.until) for span in machine.spans],
        "conn": machine.conn,
        "calls": machine.calls.names,
        "waiting": [(*key, pos) for key, pos in machine.waiting.items()],
        "logs": [state for state, log in enumerate(machine.logs) if log is not None],
    }


def _machine(store: Store, told: dict[str, Any], columns: Iterator[Column]) -> MachineLog:
    schema = decode_struct(told["schema"])
    machine = MachineLog(store, told["no"], schema, told["label"])
    machine.epochs = [(pos, decode_struct(data)) for pos, data in told["epochs"]]
    machine.arrange(schema.states_index)
    for name in _PLAIN:
        setattr(machine, name, told[name])
    sequence = machine.sequence
    sequence.expected, sequence.lost = told["expected"], told["lost"]
    sequence.gaps = [GapInfo(**gap) for gap in told["gaps"]]
    sequence.numbered = sorted(
        (gap for gap in sequence.gaps if gap.first_seq), key=lambda gap: gap.first_seq
    )
    machine.spans = [Span((conn[0], conn[1]), since, until) for conn, since, until in told["spans"]]
    machine.conn = (told["conn"][0], told["conn"][1])
    machine.txs, machine.ids, machine.errors, machine.cancels = (next(columns) for _ in range(4))
    machine.calls.restore(told["calls"])
    machine.waiting.restore(told["waiting"])
    for state in told["logs"]:
        machine.logs[state] = ChangeLog(next(columns), next(columns))
    return machine
