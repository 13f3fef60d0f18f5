"""Adds one transition to the columns and its machine's logs: the hottest function of the viewer."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

from msgspec import Raw

from am_dbg.store.changelog import MAX_TICK, ChangeLog
from am_dbg.store.fields import NIL, IndexTx, decode_outcomes
from am_dbg.store.flags import CALL_SHIFT, TYPE_SHIFT, Flag
from am_dbg.store.machine import MachineLog
from telemetry.messages import ShapeError

if TYPE_CHECKING:
    from am_dbg.store.store import Store

# plain numbers: arithmetic on IntFlag members is a hundred times slower
_ACCEPTED, _AUTO, _CHECK = int(Flag.ACCEPTED), int(Flag.AUTO), int(Flag.CHECK)
_QUEUED, _CANCELED, _ERROR = int(Flag.QUEUED), int(Flag.CANCELED), int(Flag.ERROR)
_CHANGED, _HAS_LOG, _SOURCE = int(Flag.CHANGED), int(Flag.HAS_LOG), int(Flag.HAS_SOURCE)
_UNUSUAL = _QUEUED | _CANCELED | _AUTO | _CHECK
_AFTER_GAP = int(Flag.AFTER_GAP)

RowAdder = Callable[[MachineLog, IndexTx, int, int], None]
"""(machine, message, arrival in Unix ns, offset of its payload in its block)."""


def row_adder(store: Store) -> RowAdder:
    """The function that adds rows to ``store``. It raises ShapeError and adds nothing when a state
    index is out of range; a message that came before is counted as a duplicate and dropped.
    """
    add_time, add_machine, add_flags = store.time.append, store.machine.append, store.flags.append
    add_sum, add_offset = store.time_sum.append, store.blocks.offset.append
    next_n = count(len(store.time)).__next__
    crc32 = zlib.crc32

    def add(machine: MachineLog, tx: IndexTx, log_time: int, offset: int) -> None:
        sequence = machine.sequence
        seq = tx.seq
        if seq == sequence.expected:
            sequence.expected = seq + 1
        elif seq and not _take_unexpected(store, machine, tx, log_time):
            return

        pos = machine.size
        flags = tx.type << TYPE_SHIFT | machine.calls[tx.called_states_idxs]
        if tx.accepted:
            flags |= _ACCEPTED
        if tx.is_queued:
            flags |= _QUEUED
        elif not tx.accepted:
            flags |= _CANCELED
        if tx.is_auto:
            flags |= _AUTO
        if tx.is_check:
            flags |= _CHECK

        failed = tx.handlers is not NIL and _failed(tx.handlers)
        clocks = tx.clocks
        if clocks is not None:
            if clocks != machine.current and _set_clocks(machine, clocks, pos):
                failed = True
            if machine.pending & _CHANGED:
                flags |= _CHANGED
        elif ticks := tx.ticks:
            current = machine.current
            logs = machine.logs
            error_states = machine.error_states
            total = machine.sum
            for state, added in ticks:
                try:
                    tick = current[state] + added
                except IndexError:
                    _undo(machine, ticks, pos)
                    raise ShapeError("a state index is out of range") from None
                if not added:
                    continue
                log = logs[state]
                if log is None:
                    log = machine.new_log(state)
                try:
                    log.add_tick(tick)
                except OverflowError:
                    tick = log.take_large(tick)
                log.add_pos(pos)
                current[state] = tick
                total += added
                if tick & 1 and state in error_states:
                    failed = True
            if total != machine.sum:
                machine.sum = total
                flags |= _CHANGED

        if flags & _UNUSUAL:
            _count(machine, tx, flags, pos)
        if failed:
            flags |= _ERROR
            machine.errors.append(pos)
        if machine.pending:
            flags |= machine.pending
            machine.pending = 0
        if entries := tx.log_entries:
            machine.log_entries += len(entries)
            flags |= _HAS_LOG
        if entries := tx.pre_log_entries:
            machine.log_entries += len(entries)
            flags |= _HAS_LOG
        if steps := tx.steps:
            machine.steps += len(steps)
        if (source := tx.source) is not NIL and source != NIL:
            flags |= _SOURCE

        time = tx.time or log_time
        if time < machine.last_time:
            time = machine.last_time
        else:
            machine.last_time = time
        try:
            add_sum(machine.sum)
        except OverflowError:
            machine.sum = MAX_TICK
            add_sum(MAX_TICK)
        machine.txs.append(next_n())
        add_time(time)
        add_machine(machine.no)
        add_flags(flags)
        add_offset(offset)
        try:
            machine.ids.append(crc32(tx.id.encode()))
        except UnicodeEncodeError:
            machine.ids.append(crc32(tx.id.encode("utf-8", "surrogateescape")))
        machine.size = pos + 1
        if machine.waiting and not flags & _QUEUED:
            _execute(machine, tx, flags)

    return add


def _failed(handlers: Raw) -> bool:
    """Whether a handler failed or timed out. Most messages are told by their bytes alone."""
    data = bytes(handlers)
    if not any(outcome in data for outcome in (b"error", b"timeout")):
        return False
    try:
        return any(call[4] in ("error", "timeout") for call in decode_outcomes(data))
    except ShapeError:
        return False


def _count(machine: MachineLog, tx: IndexTx, flags: int, pos: int) -> None:
    """Count what most messages are not."""
    if flags & _QUEUED:
        machine.queued += 1
        machine.waiting.note(tx, flags >> CALL_SHIFT, pos)
        return
    if flags & _CANCELED:
        machine.cancels.append(pos)
    machine.autos += bool(flags & _AUTO)
    machine.checks += bool(flags & _CHECK)


def _execute(machine: MachineLog, tx: IndexTx, flags: int) -> None:
    """A transition: its mutation waits no more, if its being queued was recorded."""
    queued = machine.waiting.take(tx, flags >> CALL_SHIFT)
    if queued >= 0:
        machine.mark_executed(queued)


def _take_unexpected(store: Store, machine: MachineLog, tx: IndexTx, log_time: int) -> bool:
    """A number out of order. False when the message came before."""
    sequence = machine.sequence
    lost = sequence.lost
    time = tx.time or log_time
    missing = sequence.unexpected(tx.seq, machine.size, machine.last_time, time)
    store.status.lost += sequence.lost - lost
    if missing is False:
        store.status.duplicates += 1
        return False
    if missing:
        machine.pending |= _AFTER_GAP
    elif missing is None:
        store.late.add(machine)
    return True


def _set_clocks(machine: MachineLog, clocks: list[int], pos: int) -> bool:
    """All clocks at once. True when an error state became active or was entered again."""
    current = machine.current
    if len(clocks) > len(current):
        raise ShapeError("more clocks than states")
    clocks.extend([0] * (len(current) - len(clocks)))
    error = False
    for state, tick in enumerate(clocks):
        if tick == current[state]:
            continue
        log = machine.logs[state] or machine.new_log(state)
        _append(log, pos, tick)
        machine.pending |= _CHANGED
        if tick & 1 and state in machine.error_states:
            error = True
    machine.current = clocks
    machine.sum = min(sum(clocks), MAX_TICK)
    return error


def _append(log: ChangeLog, pos: int, tick: int) -> None:
    try:
        log.add_tick(tick)
    except OverflowError:
        log.take_large(tick)
    log.add_pos(pos)


def _undo(machine: MachineLog, ticks: list[tuple[int, int]], pos: int) -> None:
    """Take back what a message with a wrong index did before the index was met."""
    for state, added in ticks:
        if state >= len(machine.current):
            break
        log = machine.logs[state]
        if added and log is not None:
            log.drop_last()
            machine.current[state] = log.at(pos, machine.base[state])
