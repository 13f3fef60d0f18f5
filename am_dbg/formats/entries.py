"""The messages of a selection in their order, such that clocks can be followed through them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from am_dbg.errors import UserError
from am_dbg.formats.selection import Selection
from am_dbg.store import MachineLog, Store
from telemetry.messages import DbgMsg, DbgMsgGap, DbgMsgStruct


class Entry(NamedTuple):
    """A message: of which machine, when it arrived (Unix ns), and its tx number (-1 if none)."""

    machine: MachineLog
    message: DbgMsg
    arrival: int
    n: int = -1

    @property
    def kind(self) -> str:
        """``DbgMsgStruct``, ``DbgMsgTx`` or ``DbgMsgGap``."""
        return type(self.message).__name__


def entries(store: Store, selection: Selection) -> Iterator[Entry]:
    """Machines by number with their schemas, then everything by time.

    A machine's first schema carries the clocks before its first message; a message behind others
    that are left out carries all clocks.
    """
    spans = _spans(store, selection)
    starts = [log.time_at(first) for log, (first, last) in spans if last >= first]
    begin = min(starts, default=store.first_time or 0)
    streams = []
    for log, (first, last) in spans:
        yield Entry(log, opening_schema(log, first), begin)
        streams.append(_of_machine(store, log, first, last, selection))
    for _, entry in heapq.merge(*streams, key=lambda pair: pair[0]):
        yield entry


def _spans(store: Store, selection: Selection) -> list[tuple[MachineLog, tuple[int, int]]]:
    return [(store.machines[no], span) for no, span in sorted(selection.spans.items())]


def opening_schema(log: MachineLog, first: int) -> DbgMsgStruct:
    """The schema in force at a position, with the clocks before the message there."""
    schema = log.schema_at(first)
    clocks = _clocks(log, schema, first - 1)
    own = schema.clocks
    if own is not None and any(since == first and one is schema for since, one in log.epochs):
        clocks = own  # a snapshot that stood right before it
    made: DbgMsgStruct = msgspec.structs.replace(schema, clocks=clocks)
    return made


def _clocks(log: MachineLog, schema: DbgMsgStruct, pos: int) -> list[int]:
    """All clocks after the message at ``pos``, in that schema's order."""
    ticks = log.ticks(min(pos, len(log) - 1)) if len(log) else log.last_ticks()
    return [ticks[log.index[name]] if name in log.index else 0 for name in schema.states_index]


Keyed = tuple[tuple[int, int], Entry]
"""(effective time, tx number) and the entry: what streams are merged by."""


def _of_machine(
    store: Store, log: MachineLog, first: int, last: int, selection: Selection
) -> Iterator[Keyed]:
    epochs = [epoch for epoch in log.epochs if first < epoch[0] <= last]
    gaps = [gap for gap in log.gaps if _inside(log, gap.pos, first, last)] if selection.gaps else []
    hole = False
    at = (log.time_at(first) if first <= last else 0, 0)
    for pos in range(first, last + 1):
        shown = selection.shows is None or selection.shows(log, pos)
        n = log.n(pos)
        at = log.time_at(pos), n
        arrival = arrival_of(store, n)
        while epochs and epochs[0][0] <= pos:
            yield at, Entry(log, epochs.pop(0)[1], arrival)
        while gaps and gaps[0].pos <= pos:
            gap = gaps.pop(0)
            lost = DbgMsgGap(
                log.id, log.instance, gap.lost, gap.first_seq, gap.last_seq, gap.since, gap.until,
                gap.reason,
            )  # fmt: skip
            yield at, Entry(log, lost, arrival)
        if not shown:
            hole = True
            continue
        message = store.message(n)
        if hole and message.clocks is None:
            message.clocks, message.ticks = _clocks(log, log.schema_at(pos), pos), None
        hole = False
        yield at, Entry(log, message, arrival, n)
    for gap in gaps:
        lost = DbgMsgGap(log.id, log.instance, gap.lost, reason=gap.reason)
        yield at, Entry(log, lost, gap.until or at[0])


def _inside(log: MachineLog, pos: int, first: int, last: int) -> bool:
    """Whether a gap right before ``pos`` belongs to the range."""
    return first < pos <= last or pos == first == 0 or (pos == len(log) == last + 1)


def arrival_of(store: Store, n: int) -> int:
    """When a message arrived; its own time when the file can't be read there any more."""
    try:
        return store.blocks.arrival(n)
    except (UserError, OSError):
        return store.time[n]
