"""What single messages do to the index: errors, gaps, links, and data that should not be there."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from am_dbg.store import Flag, mutation_type
from telemetry.messages import DbgMsgGap, DbgMsgStruct, DbgMsgTx, StateDef, encode
from tests.store.recordings import START, Tape, only


@pytest.fixture
def tape(tmp_path: Path) -> Tape:
    return Tape(tmp_path / "x.mcap")


def test_errors_are_states_entered_and_handlers_that_failed(tape: Tape) -> None:
    tape.schema(states=["A", "Exception", "ErrDisk"])
    tape.tx(ticks=[(0, 1)])
    tape.tx(ticks=[(1, 1)])
    tape.tx(ticks=[(1, 2)])  # entered again
    tape.tx(ticks=[(1, 1)])  # left
    tape.tx(clocks=[1, 4, 1])
    tape.tx(handlers=[("AState", 0, 0, 5, "error")])
    tape.tx(handlers=[("AState", 0, 0, 5, "timeout")])
    tape.tx(handlers=[("AState", 0, 0, 5, "ok")], args={"reason": "error"})
    machine = only(tape.store())
    assert [pos for pos in range(8) if machine.flags_at(pos) & Flag.ERROR] == [1, 2, 4, 5, 6]
    assert machine.next_with(Flag.ERROR, 2) == 4
    assert machine.prev_with(Flag.ERROR, 4) == 2
    assert machine.count_with(Flag.ERROR, 2, 5) == 3


def test_flags_kinds_and_counts(tape: Tape) -> None:
    tape.schema()
    tape.tx(type=2, is_auto=True, accepted=False, log_entries=[(2, "x")])
    tape.tx(is_queued=True, pre_log_entries=[(2, "x"), (3, "y")])
    tape.tx(is_check=True, steps=[(1, 0, 1, 0, 2)], source=("other", "t1", 5, "AState"))
    store = tape.store()
    machine = only(store)
    assert mutation_type(machine.flags_at(0)) == 2
    assert machine.flags_at(0) & Flag.CANCELED
    assert machine.flags_at(1) & Flag.HAS_LOG
    assert machine.flags_at(2) & Flag.HAS_SOURCE
    assert not machine.flags_at(1) & (Flag.HAS_SOURCE | Flag.CANCELED)
    counts = machine.counts
    assert (counts.executed, counts.queued, counts.accepted, counts.canceled) == (2, 1, 1, 1)
    assert (counts.auto, counts.checks, counts.log_entries, counts.steps) == (1, 1, 3, 1)
    assert store.status.records == 4


def test_a_reported_gap_and_a_noticed_one(tape: Tape) -> None:
    tape.schema()
    tape.tx(seq=1)
    tape.gap(lost=3, first_seq=2, last_seq=4, since=1, until=2, reason="outbox")
    tape.gap(lost=3, first_seq=2, last_seq=4, since=1, until=2, reason="outbox")  # sent again
    tape.tx(seq=5, clocks=[4, 0, 0, 0])
    tape.tx(seq=8)
    machine = only(tape.store())
    assert [(gap.pos, gap.lost, gap.reason) for gap in machine.gaps] == [
        (1, 3, "outbox"),
        (2, 2, "missing"),
    ]
    assert machine.counts.lost == 5
    assert [bool(machine.flags_at(pos) & Flag.AFTER_GAP) for pos in range(3)] == [False, True, True]


def test_a_gap_reported_after_it_was_noticed_gets_its_reason(tape: Tape) -> None:
    tape.schema()
    tape.tx(seq=1)
    tape.tx(seq=4)
    tape.gap(lost=2, first_seq=2, last_seq=3, reason="outbox")
    (gap,) = only(tape.store()).gaps
    assert (gap.lost, gap.reason) == (2, "outbox")


def test_late_messages_are_sorted_by_their_numbers(tape: Tape) -> None:
    tape.schema()
    tape.tx(id="t1", seq=1, time=START + 10, ticks=[(0, 1)])
    tape.tx(id="t3", seq=3, time=START + 30, ticks=[(0, 1)])
    tape.tx("other", instance="i2", id="x")
    tape.tx(id="t2", seq=2, time=START + 20, ticks=[(1, 1)], accepted=False)
    store = tape.store(close=False)
    machine = store.machines[0]
    assert [store.message(machine.n(pos)).id for pos in range(3)] == ["t1", "t2", "t3"]
    assert [machine.time_at(pos) - START for pos in range(3)] == [10, 20, 30]
    assert machine.ticks(1) == [1, 1, 0, 0]
    assert machine.ticks(2) == [2, 1, 0, 0]
    assert machine.gaps == []
    assert machine.counts.lost == store.status.lost == 0
    assert machine.next_with(Flag.CANCELED, -1) == 1
    assert [store.pos(machine.n(pos)) for pos in range(3)] == [0, 1, 2]
    tape.tx(id="t4", seq=4, time=START + 40, ticks=[(1, 1)])
    tape.flush()
    store.feed()
    assert machine.ticks(3) == [2, 2, 0, 0]
    assert store.message(machine.n(3)).id == "t4"


def test_gaps_without_numbers_count_what_they_say(tape: Tape) -> None:
    tape.schema()
    tape.gap(lost=7, reason="exit")
    store = tape.store()
    assert only(store).counts.lost == 7
    assert (store.status.lost, store.status.gaps) == (7, 1)


def test_what_does_not_fit_is_left_out_whole(tape: Tape) -> None:
    tape.schema()
    tape.tx(ticks=[(0, 1)])
    tape.tx(ticks=[(0, 1), (1, 1), (9, 1)])
    tape.tx(clocks=[1, 1, 1, 1, 1])
    tape.put("m", "DbgMsgTx", b"\x81\xa3seq\xa1x", "i1")
    tape.put("m", "DbgMsgTx", b"\xc1", "i1")
    tape.tx(ticks=[(1, 1)])
    store = tape.store()
    machine = only(store)
    assert len(machine) == 2
    assert machine.last_ticks() == [1, 1, 0, 0]
    assert machine.ticks(0) == [1, 0, 0, 0]
    assert machine.changes(1) == [(1, 0, 1)]
    assert store.status.unreadable == 4
    assert "out of range" in store.status.errors[0]


def test_transitions_whose_schema_is_lost_have_numbers_for_names(tape: Tape) -> None:
    tape.tx(seq=1, ticks=[(2, 1)])
    tape.tx(seq=2, clocks=[1, 0, 1, 5])
    store = tape.store(close=False)
    machine = only(store)
    assert machine.states == ["#0", "#1", "#2", "#3"]
    assert machine.ticks(0) == [0, 0, 1, 0]
    tape.schema(states=["A", "B", "C", "D", "E"])
    tape.tx(seq=3, ticks=[(4, 1)])
    tape.flush()
    store.feed()
    assert machine.states == ["A", "B", "C", "D", "E"]
    assert machine.ticks(1) == [1, 0, 1, 5, 0]
    assert machine.ticks(2) == [1, 0, 1, 5, 1]
    assert machine.index["E"] == 4
    assert store.status.unreadable == 0


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_bytes_stop_the_index(data: st.DataObject) -> None:
    messages = {
        "DbgMsgStruct": DbgMsgStruct(
            "m", ["A"], {"A": StateDef(auto=True)}, clocks=[1], parent="m"
        ),
        "DbgMsgTx": DbgMsgTx(machine_id="m", id="t", seq=2, ticks=[(0, 1)], clocks=[3]),
        "DbgMsgGap": DbgMsgGap("m", lost=2, first_seq=1, last_seq=2),
        "DbgEvent": {"kind": "ignored", "conn": "1", "count": 2, "time": 5},
    }
    with tempfile.TemporaryDirectory() as folder:
        tape = Tape(Path(folder) / "x.mcap")
        for kind in data.draw(st.lists(st.sampled_from(sorted(messages)), max_size=8)):
            raw = bytearray(encode(messages[kind]))
            for _ in range(data.draw(st.integers(0, 2))):
                raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
            tape.put("m", kind, bytes(raw), "i1")
        with tape.store() as store:
            for machine in store.machines:
                for pos in range(-1, len(machine)):
                    machine.ticks(pos)
                    machine.changes(pos)
            for n in range(len(store)):
                store.message(n)


def test_text_that_is_no_utf8_is_kept(tape: Tape) -> None:
    tape.schema()
    raw = msgpack.packb(
        {"machine_id": "m", "id": b"\xff\xfe", "ticks": [[0, 1]], "accepted": True},
        use_bin_type=False,
    )
    tape.put("m", "DbgMsgTx", raw, "i1")
    store = tape.store()
    assert only(store).last_ticks() == [1, 0, 0, 0]
    tx_id = store.message(0).id
    assert tx_id == "\udcff\udcfe"
    assert store.find_tx("m", tx_id) == 0


def test_clocks_beyond_every_number(tape: Tape) -> None:
    tape.schema()
    top = 2**63 - 1
    tape.tx(clocks=[top, top, top, 0])
    for _ in range(2):
        tape.tx(ticks=[(0, top)])
    machine = only(tape.store())
    assert machine.ticks(0) == [top, top, top, 0]
    assert machine.ticks(2) == [2**64 - 1, top, top, 0]
    assert machine.time_sum(2) == 2**64 - 1


def test_absent_times_are_the_arrival_and_time_never_runs_back(tape: Tape) -> None:
    tape.schema()
    tape.tx()
    arrival = tape.now
    tape.tx(time=START)
    tape.tx(time=arrival + 50)
    store = tape.store()
    assert list(store.time) == [arrival, arrival, arrival + 50]
    assert (store.first_time, store.last_time) == (arrival, arrival + 50)


def test_a_schema_names_what_its_messages_mean(tape: Tape) -> None:
    tape.schema(states=["A", "B"])
    tape.tx(ticks=[(1, 1)])
    tape.schema(states=["C", "B", "A"])
    tape.tx(ticks=[(1, 1)])
    machine = only(tape.store())
    assert machine.schema_at(0).states_index == ["A", "B"]
    assert machine.schema_at(1).states_index == ["C", "B", "A"]
    assert machine.states == ["C", "B", "A"]
    assert machine.ticks(0) == [0, 1, 0]
    assert machine.ticks(1) == [0, 2, 0]
    assert machine.flags_at(1) & Flag.NEW_SCHEMA


def test_queued_and_executed_find_each_other(tape: Tape) -> None:
    tape.schema()
    tape.tx(id="q1", is_queued=True, mut_queue_tick=5, called_states_idxs=[0])
    tape.tx(id="q2", is_queued=True, mut_queue_token=9, called_states_idxs=[1])
    tape.tx(id="t0", mut_queue_token=9, queue_tick=4, called_states_idxs=[1])
    tape.tx(id="t1", queue_tick=5, called_states_idxs=[0])
    tape.tx(id="t2", queue_tick=6, called_states_idxs=[0])
    store = tape.store()
    assert [store.execution_of(n) for n in range(5)] == [3, 2, None, None, None]
    assert [store.queued_of(n) for n in range(5)] == [None, None, 1, 0, None]


def test_a_transition_is_found_by_its_id_nearest_first(tape: Tape) -> None:
    tape.schema()
    for k in range(300):
        tape.tx(id=f"t{k}")
    tape.tx(id="twice", is_queued=True)
    tape.tx(id="twice")
    store = tape.store()
    assert all(store.find_tx("m", f"t{k}", near=150) == k for k in range(300))
    assert store.find_tx("m", "twice") == 301
    assert store.find_tx("m", "nope") is None
    assert store.find_tx("nobody", "t1") is None


def test_messages_come_back_whole(tape: Tape) -> None:
    tape.schema()
    tape.tx(id="t", args={"name": "x"}, stack_trace="main()", ticks=[(0, 1)])
    message = tape.store().message(0)
    assert (message.id, message.args, message.stack_trace) == ("t", {"name": "x"}, "main()")
    assert encode(message)
