"""Sessions saved by the Go debugger (``.gob.br``: gob in brotli), imported into a recording.

The machines keep the file's order: all schemas come first, in that order, then the transitions of
all machines by the time at which the debugger had received them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from am_dbg.errors import UserError
from am_dbg.formats.gob import Decoder, GobError
from am_dbg.formats.gomessages import GoShapeError, struct_from_go, tx_from_go
from am_dbg.recording import RecordingWriter
from telemetry.messages import DbgMsgStruct, DbgMsgTx, encode

MAX_SIZE = 4 << 30
"""Largest dump, decompressed: more is not a session but an attack."""

_PIECE = 1 << 16


@dataclass(slots=True)
class DumpedMachine:
    """One machine of a dump: its schema and its messages, in the order in which they came."""

    schema: DbgMsgStruct
    txs: list[DbgMsgTx]


@dataclass(slots=True)
class Totals:
    """What was imported. ``clocks`` is the sum of all machines' final clocks."""

    machines: int = 0
    transitions: int = 0
    queued: int = 0
    accepted: int = 0
    canceled: int = 0
    auto: int = 0
    checks: int = 0
    clocks: int = 0
    log_entries: int = 0
    steps: int = 0

    def add(self, machine: DumpedMachine) -> None:
        """Count a machine in."""
        self.machines += 1
        last: list[int] = []
        for tx in machine.txs:
            self.steps += len(tx.steps)
            self.log_entries += len(tx.log_entries) + len(tx.pre_log_entries)
            last = last if tx.clocks is None else tx.clocks
            if tx.is_queued:
                self.queued += 1
                continue
            self.transitions += 1
            self.accepted += tx.accepted
            self.canceled += not tx.accepted
            self.auto += tx.is_auto
            self.checks += tx.is_check
        self.clocks += sum(last)


def read_dump(path: Path) -> list[DumpedMachine]:
    """The machines of a dump, in its order. Raises UserError: unreadable, or no dump at all."""
    data = _decompressed(path)
    try:
        values = list(Decoder().values(data))
        entries = [entry for value in values for entry in (value if _is_list(value) else [value])]
        machines = [_machine(entry) for entry in entries]
    except (GobError, GoShapeError) as error:
        raise UserError(f"{path}: not a session saved by the Go debugger: {error}") from None
    if not machines:
        raise UserError(f"{path}: a session without machines")
    return machines


def import_dump(path: Path, output: Path) -> Totals:
    """Write a dump as a recording. Raises UserError; then there is no output."""
    if output.exists():
        raise UserError(f"{output} exists; remove it, or choose another file")
    machines = read_dump(path)
    totals = Totals()
    for machine in machines:
        totals.add(machine)
    try:
        with RecordingWriter(output) as writer:
            _write(writer, machines)
    except OSError as error:
        output.unlink(missing_ok=True)
        raise UserError(f"{output}: {error.strerror or error}") from None
    except BaseException:
        output.unlink(missing_ok=True)
        raise
    return totals


def _write(writer: RecordingWriter, machines: list[DumpedMachine]) -> None:
    rows: list[tuple[int, int, int]] = []
    repeated = Counter(machine.schema.id for machine in machines)
    for no, machine in enumerate(machines):
        if repeated[machine.schema.id] > 1:
            machine.schema.instance = f"{no:016x}"
        time = 0
        for k, tx in enumerate(machine.txs):
            time = max(time, tx.time)
            rows.append((time, no, k))
    rows.sort()
    start = rows[0][0] if rows else 0
    channels = []
    for machine in machines:
        schema = machine.schema
        known = {"conn": "", "instance": schema.instance, "client": "go"}
        schemas = writer.channel(schema.id, "DbgMsgStruct", known)
        writer.write(schemas, start, start, encode(schema))
        channels.append(writer.channel(schema.id, "DbgMsgTx", known))
    for time, no, k in rows:
        tx = machines[no].txs[k]
        tx.instance = machines[no].schema.instance
        writer.write(channels[no], time, tx.time or time, encode(tx))


def _machine(entry: Any) -> DumpedMachine:
    if not isinstance(entry, dict) or "MsgStruct" not in entry:
        raise GoShapeError("its values are no machines")
    schema = struct_from_go(entry["MsgStruct"])
    index = {name: place for place, name in enumerate(schema.states_index)}
    txs = entry.get("MsgTxs", [])
    if not isinstance(txs, list):
        raise GoShapeError("a machine's transitions are no list")
    machine = DumpedMachine(schema, [tx_from_go(tx, index) for tx in txs])
    for tx in machine.txs:
        tx.machine_id = schema.id
        if tx.clocks is not None and len(tx.clocks) > len(index):
            raise GoShapeError(f"{schema.id} has more clocks than states")
    return machine


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _decompressed(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    if not path.name.endswith(".br"):
        return raw
    try:
        import brotli  # type: ignore[import-untyped]  # it has no type hints
    except ImportError:
        raise UserError("reading .gob.br files needs brotli: pip install 'am-dbg[gob]'") from None
    decompressor = brotli.Decompressor()
    pieces: list[bytes] = []
    size = 0
    try:
        for at in range(0, len(raw), _PIECE):
            pieces.append(decompressor.process(raw[at : at + _PIECE]))
            size += len(pieces[-1])
            if size > MAX_SIZE:
                raise UserError(f"{path}: more than {MAX_SIZE >> 30} GiB when decompressed")
    except brotli.error:
        raise UserError(f"{path}: not compressed with brotli, or damaged") from None
    if not decompressor.is_finished():
        raise UserError(f"{path}: cut, or not compressed with brotli")
    return b"".join(pieces)
