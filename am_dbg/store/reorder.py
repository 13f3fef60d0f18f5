"""Puts a machine's messages into the order of their numbers when some came late.

One connection keeps the order, so this is rare: a machine recorded over two ways, or into several
files whose times overlap. The machine is indexed anew, from its messages in the right order.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from am_dbg.errors import UserError
from am_dbg.store.column import Column
from am_dbg.store.fields import IndexTx, decode_index
from am_dbg.store.machine import MachineLog
from am_dbg.store.rows import row_adder
from telemetry.messages import ShapeError

if TYPE_CHECKING:
    from am_dbg.store.store import Store

_TAKEN_OVER = (
    *("size", "ids", "errors", "cancels", "logs", "base", "current", "sum", "last_time"),
    *("pending", "queued", "autos", "checks", "log_entries", "steps", "sequence", "epochs"),
    *("states", "index", "error_states", "nameless"),
    *("revisions", "facts", "calls", "waiting"),
)
"""What the machine gets from the one that was indexed in order."""


def reorder(store: Store, machine: MachineLog, scratch: Store) -> None:
    """Sort the machine's positions by ``seq``. ``scratch`` is an empty store to index into.

    Messages without a number stay behind those before them. Tx numbers stay what they were.
    """
    fresh = MachineLog(scratch, 0, machine.epochs[0][1], machine.label)
    scratch.machines.append(fresh)
    schemas = list(machine.epochs)
    add = row_adder(scratch)
    taken = array("I")
    for place, tx, arrival in _in_order(store, machine):
        while schemas and schemas[0][0] <= place:
            fresh.take_schema(schemas.pop(0)[1])
        try:
            add(fresh, tx, arrival, 0)
        except ShapeError:
            # by the schema of its new place its clocks mean nothing
            tx.clocks, tx.ticks, tx.seq = None, None, 0
            add(fresh, tx, arrival, 0)
        taken.append(machine.txs[place])
    for _, schema in schemas:
        fresh.take_schema(schema)
    for gap in machine.gaps:
        if gap.reason != "missing":
            fresh.sequence.report(
                fresh.size, gap.lost, gap.first_seq, gap.last_seq, gap.since, gap.until, gap.reason
            )
    _rewrite(store, scratch, taken)
    for name in _TAKEN_OVER:
        setattr(machine, name, getattr(fresh, name))
    machine.txs = Column("I")
    machine.txs.tail.extend(taken)
    machine.shuffled = True


def _in_order(store: Store, machine: MachineLog) -> list[tuple[int, IndexTx, int]]:
    """Position, message and arrival of each message, in the order of their numbers."""
    keyed: list[tuple[int, int, IndexTx, int]] = []
    last = 0
    for pos in range(machine.size):
        n = machine.txs[pos]
        try:
            tx = decode_index(store.blocks.payload(n, keep=False))
            arrival = store.blocks.arrival(n)
        except (ShapeError, UserError):
            # no longer readable: it keeps its place and says nothing
            tx, arrival = IndexTx(), store.time[n]
        last = tx.seq or last
        keyed.append((last, pos, tx, arrival))
    keyed.sort(key=lambda entry: entry[:2])
    return [entry[1:] for entry in keyed]


def _rewrite(store: Store, scratch: Store, ns: array[int]) -> None:
    """Put the new rows where the messages' old ones are."""
    columns = (
        (store.time, scratch.time),
        (store.flags, scratch.flags),
        (store.time_sum, scratch.time_sum),
    )
    for column, new in columns:
        column.thaw()
        for n, value in zip(ns, new, strict=True):
            column.tail[n] = value
