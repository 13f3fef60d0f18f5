from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from am_dbg.model import cursor as moves
from am_dbg.model.cursor import Cursor, Move, opening_cursor, pos_in, refresh
from am_dbg.model.goto import go_to_address
from am_dbg.store import Store
from tests.model.session import MS, START, Session, feed_all

Number = Callable[[str], int]


@pytest.fixture
def end(store: Store) -> Cursor:
    return opening_cursor(store, live=False)


def test_replay_opens_on_the_last_transition_and_its_machine(store: Store, no: Number) -> None:
    cursor = opening_cursor(store, live=False)
    assert cursor.machine == no("sim-p2")
    assert cursor.pos == len(store.machines[cursor.machine]) - 1
    assert cursor.moment == store.last_time
    assert not cursor.following


def test_live_opens_following_the_first_machine_even_when_it_comes_later(session: Session) -> None:
    store = session.store()
    cursor = opening_cursor(store, live=True)
    assert cursor == Cursor()
    session.machine("first", ["A"]).machine("second", ["A"]).tx("first", 1, "A", "A")
    session.writer.flush()
    feed_all(store)
    cursor = refresh(store, cursor)
    assert (cursor.machine, cursor.pos, cursor.following) == (0, 0, True)
    session.tx("first", 2, "A", "A").writer.flush()
    feed_all(store)
    assert refresh(store, cursor).pos == 1


def test_a_paused_cursor_stays_where_it_is_while_the_recording_grows(session: Session) -> None:
    session.machine("m", ["A"]).tx("m", 1, "A", "A").tx("m", 2, "A", "A")
    store = session.store()
    paused = moves.previous_transition(store, opening_cursor(store, live=True)).cursor
    session.tx("m", 3, "A", "A").writer.flush()
    feed_all(store)
    assert refresh(store, paused) == paused
    assert moves.follow(store, paused, True).cursor.pos == 2


def test_what_comes_late_but_belongs_before_the_moment_is_shown(session: Session) -> None:
    session.machine("a", ["A"]).machine("b", ["A"]).tx("a", 1, "A", "A").tx("b", 9, "A", "A")
    store = session.store()
    paused = moves.select_machine(store, opening_cursor(store, live=False), 0).cursor
    assert (paused.pos, paused.moment) == (0, store.last_time)
    session.tx("a", 5, "A", "A").tx("a", 12, "A", "A").writer.flush()
    feed_all(store)
    late = refresh(store, paused)
    assert (late.pos, late.moment) == (1, paused.moment)


def test_choosing_a_machine_keeps_the_moment_and_shows_its_last_transition_before(
    store: Store, end: Cursor, no: Number
) -> None:
    late = moves.select_machine(store, end, no("sim-p10"))
    assert late.cursor.moment == end.moment
    assert late.cursor.pos == 0
    early = moves.go_to(store, end, no("sim-p2"), 2).cursor
    before = moves.select_machine(store, early, no("sim-p10")).cursor
    assert before.moment == early.moment
    assert before.pos == -1


def test_coming_back_to_the_machine_that_set_the_moment_finds_the_same_of_equal_times(
    session: Session,
) -> None:
    session.machine("a", ["A"]).machine("b", ["A"])
    for _ in range(3):
        session.tx("a", 5, "A", "A")
    session.tx("b", 1, "A", "A")
    store = session.store()
    cursor = moves.go_to(store, Cursor(), 0, 1).cursor
    away = moves.select_machine(store, cursor, 1).cursor
    assert moves.select_machine(store, away, 0).cursor.pos == 1


def test_borders_say_so(store: Store, end: Cursor) -> None:
    assert moves.next_transition(store, end) == Move(end, "already at the last transition")
    start = moves.first(store, end).cursor
    assert start.pos == -1
    assert start.moment == store.machines[start.machine].time_at(0) - 1
    assert moves.previous_transition(store, start).message == "already before the first transition"
    assert moves.last(store, start).cursor.pos == end.pos


def test_paging_stops_at_the_borders(store: Store, end: Cursor) -> None:
    back = moves.previous_transition(store, end, 3).cursor
    assert back.pos == end.pos - 3
    assert moves.previous_transition(store, back, 1000).cursor.pos == -1
    assert moves.next_transition(store, back, 1000).cursor.pos == end.pos


def test_moving_leaves_following_and_f_comes_back(store: Store) -> None:
    live = opening_cursor(store, live=True)
    live = moves.select_machine(store, live, 2).cursor
    assert live.following
    moved = moves.previous_transition(store, live).cursor
    assert not moved.following
    assert moves.follow(store, moved, True).cursor.pos == len(store.machines[2]) - 1
    stopped = moves.follow(store, live, False).cursor
    assert stopped.moment == store.last_time
    assert stopped.pos == live.pos


def test_changes_of_the_selected_state(store: Store, no: Number) -> None:
    cursor = Cursor(machine=no("sim-p2"))
    assert moves.next_change(store, cursor).message == "select a state first"
    cursor = moves.select_state(store, cursor, "Connecting").cursor
    first = moves.next_change(store, cursor).cursor
    second = moves.next_change(store, first).cursor
    assert (first.pos, second.pos) == (1, 2)
    assert moves.next_change(store, second).message == "no later change of Connecting"
    assert moves.previous_change(store, second).cursor.pos == 1
    away = moves.select_state(store, cursor, "Nowhere").cursor
    assert moves.next_change(store, away).message == "sim-p2 has no state Nowhere"


def test_errors_and_cancels(store: Store, no: Number) -> None:
    cursor = moves.go_to(store, Cursor(), no("sim-p2"), -1).cursor
    canceled = moves.next_canceled(store, cursor).cursor
    assert canceled.pos == 3
    assert moves.next_canceled(store, canceled).message == "no later canceled transition in sim-p2"
    assert moves.previous_canceled(store, moves.last(store, cursor).cursor).cursor.pos == 3
    other = moves.go_to(store, Cursor(), no("sim-p10"), -1).cursor
    assert moves.next_error(store, other).cursor.pos == 0
    assert moves.previous_error(store, other).message == "no earlier error in sim-p10"


def test_steps_go_on_into_the_next_transition_and_back(store: Store, no: Number) -> None:
    cursor = moves.go_to(store, Cursor(), no("sim-p2"), 1).cursor
    seen = []
    for _ in range(6):
        cursor = moves.step_forward(store, cursor).cursor
        seen.append((cursor.pos, cursor.step))
    assert seen == [(2, 1), (2, 2), (2, 3), (2, 4), (2, 5), (3, 1)]
    assert cursor.moment == store.machines[cursor.machine].time_at(3)
    back = []
    for _ in range(6):
        cursor = moves.step_back(store, cursor).cursor
        back.append((cursor.pos, cursor.step))
    assert back == [(2, None), (2, 5), (2, 4), (2, 3), (2, 2), (2, 1)]


def test_a_step_that_is_not_there_is_refused(store: Store, no: Number) -> None:
    cursor = moves.go_to(store, Cursor(), no("sim-p2"), 2).cursor
    assert moves.go_to_step(store, cursor, 6).message == "this transition has 5 steps"
    assert moves.go_to_step(store, cursor, 3).cursor.step == 3


def test_moving_by_time_stays_within_the_recording(store: Store, end: Cursor) -> None:
    back = moves.by_time(store, end, -1000 * MS).cursor
    assert back.moment == START + 2900 * MS
    assert back.pos == end.pos - 1
    over = moves.by_time(store, back, 10_000 * MS)
    assert (over.cursor.moment, over.message) == (store.last_time, "the recording ends here")
    under = moves.by_time(store, back, -10_000 * MS)
    assert under.message == "the recording begins here"
    assert under.cursor.pos == -1


def test_addresses_lead_to_machine_transition_and_step(
    store: Store, end: Cursor, no: Number
) -> None:
    machine = go_to_address(store, end, "mach://sim").cursor
    assert (machine.machine, machine.moment) == (no("sim"), end.moment)
    step = go_to_address(store, end, "mach://sim-p2/t4/2").cursor
    assert (step.machine, step.pos, step.step) == (no("sim-p2"), 2, 2)
    for address, told in (
        ("http://x", "an address looks like mach://ID/TX/STEP, not 'http://x'"),
        ("mach://nobody", "no machine nobody in this recording"),
        ("mach://sim/t99", "transition t99 of sim is not in this recording"),
        ("mach://sim-p2/t4/99", "this transition has 5 steps"),
    ):
        move = go_to_address(store, end, address)
        assert move.message == told


MACHINES = 3
session_txs = st.lists(
    st.tuples(st.integers(0, MACHINES - 1), st.integers(0, 50)), min_size=1, max_size=30
)
deeds = st.lists(
    st.one_of(
        st.tuples(st.just("machine"), st.integers(0, MACHINES - 1)),
        st.tuples(st.sampled_from(["next", "previous"]), st.integers(1, 3)),
        st.tuples(st.just("time"), st.integers(-20, 20)),
    ),
    max_size=20,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(txs=session_txs, deeds=deeds)
def test_whatever_is_done_the_moment_is_common_and_moves_only_in_time(
    txs: list[tuple[int, int]],
    deeds: list[tuple[str, int]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    session = Session(_new_file(tmp_path_factory))
    for machine in range(MACHINES):
        session.machine(f"m{machine}", ["A"])
    for machine, at in txs:
        session.tx(f"m{machine}", at, "A", "A")
    store = session.store()
    cursor = opening_cursor(store, live=False)
    for deed, much in deeds:
        before = cursor
        if deed == "machine":
            cursor = moves.select_machine(store, cursor, much).cursor
            assert cursor.moment == before.moment
            assert moves.select_machine(store, cursor, before.machine).cursor == before
        elif deed == "time":
            cursor = moves.by_time(store, cursor, much * MS).cursor
        else:
            move = moves.next_transition if deed == "next" else moves.previous_transition
            inverse = moves.previous_transition if deed == "next" else moves.next_transition
            cursor = move(store, cursor, much).cursor
            done = abs(cursor.pos - before.pos)
            if done:
                assert inverse(store, cursor, done).cursor.pos == before.pos
        for log in store.machines:
            pos = pos_in(store, cursor, log.no)
            moment = cursor.moment
            assert moment is not None
            assert pos == -1 or log.time_at(pos) <= moment
            after = pos + 1
            # what comes next is later, or at the very moment and after the place it was set from
            assert after >= len(log) or log.time_at(after) >= moment
            if log.no != cursor.anchor[0]:
                assert after >= len(log) or log.time_at(after) > moment
    assert replace(cursor) == cursor


def _new_file(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("moves") / "session.mcap"
