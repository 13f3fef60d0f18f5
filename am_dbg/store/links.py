"""Finds messages by what other messages say of them: transition ids, queue ticks, queue tokens."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from am_dbg.errors import UserError
from am_dbg.store.column import Column
from am_dbg.store.fields import LinkTx, decode_link
from am_dbg.store.flags import Flag
from telemetry.messages import ShapeError

if TYPE_CHECKING:
    from am_dbg.store.machine import MachineLog
    from am_dbg.store.store import Store

REACH = 4096
"""Messages looked at on the way from a queued mutation to its execution, and back: about 1 ms."""

# a plain number: arithmetic on IntFlag members is a hundred times slower
_QUEUED = int(Flag.QUEUED)

_PART = 1 << 16
"""Id hashes searched at a time, outward."""


def find_id(store: Store, machine: MachineLog, tx_id: str, near: int) -> int | None:
    """Position of the message of that id nearest to position ``near``; transitions go first."""
    key = zlib.crc32(tx_id.encode("utf-8", "surrogateescape")).to_bytes(4, "little")
    queued: int | None = None
    for pos in _outward(machine.ids, key, near):
        link = _link(store, machine, pos)
        if link is None or link.id != tx_id:
            continue
        if not link.is_queued:
            return pos
        queued = pos if queued is None else queued
    return queued


def execution(store: Store, machine: MachineLog, pos: int) -> int | None:
    """Position of the transition that executed the mutation queued at ``pos``."""
    queued = _link(store, machine, pos)
    if queued is None or not queued.is_queued:
        return None
    for other in range(pos + 1, min(pos + REACH, machine.size)):
        if machine.flags_at(other) & _QUEUED:
            continue
        link = _link(store, machine, other)
        if link is None:
            continue
        if _same(queued, link):
            return other
        if queued.mut_queue_tick and link.queue_tick > queued.mut_queue_tick:
            return None
    return None


def queued(store: Store, machine: MachineLog, pos: int) -> int | None:
    """Position of the record of the mutation being queued that the one at ``pos`` executed."""
    executed = _link(store, machine, pos)
    if executed is None or executed.is_queued:
        return None
    if not executed.queue_tick and not executed.mut_queue_token:
        return None
    for other in range(pos - 1, max(pos - REACH, -1), -1):
        if not machine.flags_at(other) & _QUEUED:
            continue
        link = _link(store, machine, other)
        if link is None:
            continue
        if _same(link, executed):
            return other
        if 0 < link.mut_queue_tick < executed.queue_tick and not executed.mut_queue_token:
            return None  # ticks are given in order: an older record has a smaller one still
    return None


def _same(queued: LinkTx, executed: LinkTx) -> bool:
    if queued.type != executed.type or queued.called_states_idxs != executed.called_states_idxs:
        return False
    if queued.mut_queue_token or executed.mut_queue_token:
        return queued.mut_queue_token == executed.mut_queue_token
    return bool(queued.mut_queue_tick) and queued.mut_queue_tick == executed.queue_tick


def _link(store: Store, machine: MachineLog, pos: int) -> LinkTx | None:
    try:
        return decode_link(store.blocks.payload(machine.txs[pos]))
    except (ShapeError, UserError):
        return None


def _outward(ids: Column, key: bytes, near: int) -> Iterator[int]:
    """Places of a hash in the column, the nearest to ``near`` first, part by part."""
    size = len(ids)
    near = min(max(near, 0), max(size - 1, 0))
    low = high = near
    while low > 0 or high < size:
        found: list[int] = []
        if high < size:
            found += _places(ids, key, high, min(high + _PART, size))
        if low > 0:
            found += _places(ids, key, max(low - _PART, 0), low)
        yield from sorted(found, key=lambda place: abs(place - near))
        low, high = max(low - _PART, 0), min(high + _PART, size)


def _places(ids: Column, key: bytes, first: int, last: int) -> list[int]:
    data = ids.bytes(first, last)
    found = []
    at = data.find(key)
    while at >= 0:
        if at % 4 == 0:
            found.append(first + at // 4)
        at = data.find(key, at + 1)
    return found
