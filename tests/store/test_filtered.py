"""What a filter shows is what a plain scan finds, while the recording grows."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from am_dbg.store import Flag, MachineLog, Store
from am_dbg.store import facts as facts_module
from am_dbg.store import filtered as filtered_module
from am_dbg.store import machine as machine_module
from am_dbg.store.filtered import Everything, Filtered, Visible
from tests.store.recordings import Tape

STATES = ["A", "B", "Heartbeat", "Healthcheck", "Exception"]

messages = st.fixed_dictionaries(
    {
        "called_states_idxs": st.lists(st.integers(-1, 4), max_size=2),
        "accepted": st.booleans(),
        "is_auto": st.booleans(),
        "is_check": st.booleans(),
        "ticks": st.sampled_from([None, [(0, 1)], [(1, 2)], [(4, 1)]]),
    },
    optional={
        "is_queued": st.just(True),
        "mut_queue_tick": st.integers(1, 3),
        "queue_tick": st.integers(1, 3),
        "mut_queue_token": st.integers(1, 2),
    },
)
tables = st.builds(
    lambda hidden: bytes(0 if any(kind & bit for bit in hidden) else 1 for kind in range(256)),
    st.lists(st.sampled_from([1, 2, 4, 8, 16, 64, 128]), max_size=3),
)


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (facts_module, filtered_module, machine_module):
        monkeypatch.setattr(module, "REVISED", 8)
    monkeypatch.setattr(filtered_module, "_SLICE", 4)


def naive(log: MachineLog, table: bytes, states: frozenset[str] | None) -> list[int]:
    shown = []
    for pos in range(len(log)):
        names = log.calls.names[log.flags_at(pos) >> 16]
        if table[log.flags_at(pos) & 255] and (states is None or set(states) & set(names)):
            shown.append(pos)
    return shown


def check(visible: Visible, shown: list[int], log: MachineLog) -> None:
    size = len(log)
    assert (len(visible), visible.hidden) == (len(shown), size - len(shown))
    assert [visible.at(row) for row in range(len(shown))] == shown
    for pos in range(-1, size):
        assert visible.shows(pos) == (pos in shown or pos < 0)
        later, earlier = [p for p in shown if p > pos], [p for p in shown if p < pos]
        assert visible.rank(pos) == len(earlier)
        assert visible.next(pos) == (later[0] if later else -1)
        assert visible.previous(pos) == (earlier[-1] if earlier else -1)
        for flag in (Flag.ERROR, Flag.CANCELED):
            flagged = [p for p in range(size) if log.flags_at(p) & flag]
            forward = [p for p in flagged if p > pos]
            back = [p for p in flagged if p < pos][::-1]
            assert visible.next_flagged(flag, pos) == first_in(forward, shown)
            assert visible.previous_flagged(flag, pos) == first_in(back, shown)
            assert visible.count_flagged(flag, 0, pos) == sum(p in shown for p in back) + (
                pos in flagged and pos in shown
            )
        changes = log.logs[0]
        if changes is not None:
            places = [p for p in changes.pos if p < size]
            assert visible.next_of(changes.pos, pos) == first_in(
                [p for p in places if p > pos], shown
            )
            assert visible.previous_of(changes.pos, pos) == first_in(
                [p for p in places if p < pos][::-1], shown
            )


def first_in(candidates: list[int], shown: list[int]) -> tuple[int | None, int]:
    for skipped, pos in enumerate(candidates):
        if pos in shown:
            return pos, skipped
    return None, len(candidates)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.lists(messages, max_size=14), min_size=1, max_size=4),
    tables,
    st.sampled_from([None, frozenset({"A"}), frozenset({"B", "Heartbeat"})]),
    st.booleans(),
)
def test_shown_positions_of_a_growing_recording(
    parts: list[list[dict[str, Any]]], table: bytes, states: frozenset[str] | None, mixed: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tape = Tape(Path(folder) / "growing.mcap")
        tape.schema(states=STATES)
        tape.schema("other", STATES, "i2")
        tape.flush()
        with Store.open([tape.path], cache=False) as store:
            while store.feed():
                pass
            log = store.machines[0]
            visible = Filtered(log, table, states)
            for part in parts:
                for fields in part:
                    tape.tx(**fields)
                    if mixed:
                        tape.tx("other", "i2")
                tape.flush()
                while store.feed():
                    pass
                visible.refresh()
                check(visible, naive(log, table, states), log)
                check(Everything(log), list(range(len(log))), log)


def test_a_queued_record_is_told_once_it_is_executed(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "queued.mcap")
    tape.schema(states=STATES)
    tape.tx(called_states_idxs=[0], is_queued=True, mut_queue_tick=7)
    tape.tx(called_states_idxs=[1], is_queued=True, mut_queue_token=3)
    tape.tx(called_states_idxs=[0], is_queued=True, mut_queue_tick=8)
    tape.tx(called_states_idxs=[0], queue_tick=7)
    tape.tx(called_states_idxs=[1], queue_tick=9, mut_queue_token=3)
    tape.tx(called_states_idxs=[0], queue_tick=7)
    with tape.store() as store:
        log = store.machines[0]
        executed = [bool(log.flags_at(pos) & Flag.EXECUTED) for pos in range(6)]
        assert executed == [True, True, False, False, False, False]


def test_health_is_told_by_what_is_called(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "health.mcap")
    tape.schema(states=STATES)
    for called in ([2], [3, 2], [2, 0], [], [0]):
        tape.tx(called_states_idxs=called)
    with tape.store() as store:
        log = store.machines[0]
        assert [log.flags_at(pos) & Flag.HEALTH for pos in range(5)] == [1, 1, 0, 0, 0]


def test_marks_survive_the_index_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("am_dbg.store.store.MIN_ROWS", 1)
    tape = Tape(tmp_path / "cached.mcap")
    tape.schema(states=STATES)
    tape.tx(called_states_idxs=[0], is_queued=True, mut_queue_tick=7)
    tape.tx(called_states_idxs=[1], is_queued=True, mut_queue_tick=8)
    tape.tx(called_states_idxs=[1], queue_tick=8)
    tape.flush()
    with Store.open([tape.path]) as store:
        while store.feed():
            pass
    tape.tx(called_states_idxs=[0], queue_tick=7)
    tape.writer.close()
    with Store.open([tape.path]) as store:
        assert store.cached
        log = store.machines[0]
        before = Filtered(log, bytes(0 if kind & Flag.EXECUTED else 1 for kind in range(256)))
        before.refresh()
        assert [before.at(row) for row in range(len(before))] == [0, 2]
        while store.feed():
            pass
        before.refresh()
        assert [before.at(row) for row in range(len(before))] == [2, 3]
