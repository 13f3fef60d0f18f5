"""Clocks, sequence numbers and totals, apart from any file."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from am_dbg.recording import Channel
from am_dbg.recording.accounting import Accounting, Clocks, MachineAccount, SeqNumbers
from telemetry.messages import DbgMsgGap, DbgMsgStruct, DbgMsgTx, ShapeError, encode


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 30)), max_size=60))
def test_sequence_numbers_against_a_set(operations: list[tuple[bool, int]]) -> None:
    numbers, seen, top = SeqNumbers(), set[int](), 0
    for is_message, number in operations:
        top = max(top, number)
        if is_message:
            assert numbers.add(number) == (number not in seen)
            seen.add(number)
        else:
            numbers.expect(number)
        missing = [n for n in range(1, top + 1) if n not in seen]
        starts = [n for n in missing if n - 1 not in missing]
        assert (numbers.top, numbers.missing, numbers.ranges) == (top, len(missing), len(starts))


def test_a_gap_of_any_size_costs_nothing() -> None:
    numbers = SeqNumbers()
    numbers.add(2**62)
    assert numbers.missing == 2**62 - 1


def account(*messages: DbgMsgStruct | DbgMsgTx | DbgMsgGap, instance: str = "i") -> MachineAccount:
    accounting = Accounting()
    channels: dict[str, Channel] = {}
    for arrival, message in enumerate(messages, 1000):
        kind = type(message).__name__
        if kind not in channels:
            number = len(channels) + 1
            channels[kind] = Channel(number, "m", kind, {"instance": instance}, number)
        accounting.add(channels[kind], arrival, encode(message))
    assert accounting.records == len(messages)
    (machine,) = accounting.machines.values()
    return machine


def schema(*states: str, **fields: Any) -> DbgMsgStruct:
    return DbgMsgStruct(id="m", states_index=list(states), **fields)


def tx(**fields: Any) -> DbgMsgTx:
    return DbgMsgTx(machine_id="m", accepted=True, **fields)


def test_ticks_add_to_the_message_before() -> None:
    machine = account(
        schema("A", "B", "C", clocks=[5, 0, 0]),
        tx(ticks=[(0, 1), (2, 3)]),
        tx(),
        tx(ticks=[(1, 1)]),
        tx(is_queued=True),
    )
    assert machine.last_clocks == [6, 1, 3]
    assert (machine.transitions, machine.queued) == (3, 1)


def test_clocks_that_are_short_mean_zeros() -> None:
    assert account(schema("A", "B", "C"), tx(clocks=[4])).last_clocks == [4, 0, 0]


def test_a_new_schema_keeps_clocks_by_name_unless_it_gives_them() -> None:
    old = schema("A", "B"), tx(clocks=[1, 2])
    assert account(*old, schema("B", "C", "A")).last_clocks == [2, 0, 1]
    assert account(*old, schema("B", "C", "A"), tx(ticks=[(0, 1)])).last_clocks == [3, 0, 1]
    assert account(*old, schema("B", "C", clocks=[7, 7])).last_clocks == [7, 7]
    assert account(*old, schema("A")).last_clocks == [1]


def test_what_came_twice_counts_once() -> None:
    """After a reconnect: a schema of now, what was not answered again, then what is new."""
    machine = account(
        schema("A"),
        tx(seq=1, clocks=[1], steps=[(4, -1, 0, 0, None)]),
        tx(seq=2, ticks=[(0, 1)]),
        schema("A", clocks=[4]),
        tx(seq=1, clocks=[1], steps=[(4, -1, 0, 0, None)]),
        tx(seq=2, ticks=[(0, 1)]),
        tx(seq=3, ticks=[(0, 1)]),
        tx(seq=4, ticks=[(0, 1)]),
    )
    assert (machine.transitions, machine.steps, machine.duplicates) == (4, 1, 2)
    assert (machine.lost, machine.gaps, machine.last_clocks) == (0, 0, [4])


def test_what_came_twice_at_the_end_does_not_turn_clocks_back() -> None:
    machine = account(
        schema("A"), tx(seq=1, clocks=[1]), tx(seq=2, clocks=[2]),
        schema("A", clocks=[3]), tx(seq=1, clocks=[1]),
    )  # fmt: skip
    assert machine.last_clocks == [3]


@pytest.mark.parametrize(
    ("messages", "lost", "gaps"),
    [
        ([tx(seq=1), tx(seq=4), tx(seq=9)], 6, 2),
        ([tx(seq=3)], 2, 1),
        ([tx(seq=1), DbgMsgGap(machine_id="m", lost=3, first_seq=2, last_seq=4), tx(seq=5)], 3, 1),
        ([tx(seq=1), DbgMsgGap(machine_id="m", lost=3, first_seq=2, last_seq=4)], 3, 1),
        ([tx(), DbgMsgGap(machine_id="m", lost=3), DbgMsgGap(machine_id="m", lost=2)], 5, 2),
        ([tx(seq=1), tx(seq=3), tx(seq=2)], 0, 0),
    ],
)
def test_what_is_lost(messages: list[Any], lost: int, gaps: int) -> None:
    machine = account(schema("A"), *messages)
    assert (machine.lost, machine.gaps) == (lost, gaps)


def test_times_are_effective_ones() -> None:
    machine = account(schema("A"), tx(time=50), tx(time=90), tx(time=70), tx(is_queued=True))
    assert (machine.first_time, machine.last_time) == (50, 1004)
    nothing = account(schema("A", time=5))
    assert (nothing.first_time, nothing.last_time) == (None, None)


def test_kinds_of_transitions() -> None:
    machine = account(
        schema("A"),
        tx(is_auto=True, log_entries=[(1, "a")], pre_log_entries=[(1, "b"), (2, "c")]),
        DbgMsgTx(machine_id="m", is_auto=True),
        tx(is_check=True),
        DbgMsgTx(machine_id="m", is_check=True),
    )
    assert (machine.transitions, machine.accepted, machine.canceled) == (4, 2, 2)
    assert (machine.auto, machine.checks, machine.log_entries) == (2, 2, 3)


def event(**fields: Any) -> bytes:
    return encode(fields)


def test_who_is_connected() -> None:
    accounting = Accounting()
    events = Channel(1, "am-dbg/events", "DbgEvent", {}, 1)
    machines = Channel(2, "m", "DbgMsgStruct", {"instance": "i", "conn": "1"}, 2)
    accounting.add(events, 1, event(kind="connected", conn="1"))
    accounting.add(machines, 2, encode(schema("A")))
    machine = accounting.machines["m", "i"]
    assert accounting.connected(machine)
    accounting.add(events, 3, event(kind="disconnected", conn="1"))
    assert not accounting.connected(machine)
    accounting.add(events, 4, event(kind="connected", conn="2"))
    assert not accounting.connected(machine)
    accounting.add(events, 5, event(kind="resumed", conn="2", machine_id="m", instance="i"))
    assert accounting.connected(machine)
    accounting.add(events, 6, event(kind="recovered", bytes=0))
    assert not accounting.connected(machine)
    assert accounting.events == {
        "connected": 2, "disconnected": 1, "resumed": 1, "recovered": 1,
    }  # fmt: skip


def test_what_is_not_what_its_channel_says() -> None:
    accounting = Accounting()
    with pytest.raises(ShapeError):
        accounting.add(Channel(1, "m", "DbgMsgTx", {}, 1), 1, encode({"seq": "x"}))
    accounting.add(Channel(2, "x", "SomethingElse", {}, 2), 1, b"anything")
    assert accounting.records == 1


def test_ticks_beyond_the_states_are_followed_all_the_same() -> None:
    clocks = Clocks()
    clocks.transition(None, [(2, 1)])
    assert clocks.last == [0, 0, 1]
