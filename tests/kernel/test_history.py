"""When was a state active, between when, together with what."""

from __future__ import annotations

import random
import threading

import pytest

from asyncmachine import History, Interval, Machine, State


@pytest.fixture
def m() -> Machine:
    return Machine({"A": State(), "B": State(), "M": State(multi=True)}, id="m")


def test_history(m: Machine) -> None:
    m.add("B")
    history = History(m)
    m.add("A")
    m.remove("B")
    m.remove("A")
    m.add("A")
    entries = history.transitions()
    times = [entry.time for entry in entries]
    assert [entry.type for entry in entries] == ["add", "remove", "remove", "add"]
    assert entries[0].changes == (("A", 1),)
    assert history.intervals("B") == [Interval(history.since, times[1])]
    assert history.intervals("A") == [Interval(times[0], times[2]), Interval(times[3], None)]
    assert history.together("A", "B") == [Interval(times[0], times[1])]
    assert history.together() == []
    assert history.was_active("A", times[1])
    assert not history.was_active("A", times[2])
    assert history.active_between("B", history.since, times[0])
    assert not history.active_between("B", times[2], times[3])
    assert history.activated_between("A", times[3], times[3])
    assert not history.activated_between("A", times[1], times[2])
    assert len(history.transitions("B")) == 1
    assert len(history.transitions(since=times[2])) == 2
    assert len(history.transitions(where=lambda entry: entry.type == "add")) == 2


def test_a_re_entry_begins_a_new_interval(m: Machine) -> None:
    history = History(m)
    m.add("M")
    m.add("M")
    m.remove("M")
    first, second = history.intervals("M")
    assert first.end == second.start
    assert second.end is not None


def test_what_was_taken_back_was_there_for_a_moment(m: Machine) -> None:
    history = History(m)
    m.bind_handlers({"AState": lambda e: 1 / 0})
    m.add("A")
    (moment,) = history.intervals("A")
    assert moment.start == moment.end
    assert [entry.changes for entry in history.transitions("A")] == [(("A", 2),)]


def test_the_oldest_is_forgotten(m: Machine) -> None:
    history = History(m, limit=3)
    for _ in range(10):
        m.add("A")
        m.remove("A")
    assert len(history.entries) == 3
    stretches = history.intervals("A")
    assert len(stretches) == 3
    assert all(stretch.end is not None and stretch.end >= stretch.start for stretch in stretches)


def test_unknown_states_were_never_active(m: Machine) -> None:
    history = History(m)
    assert history.intervals("Nowhere") == []
    assert not history.was_active("Nowhere", history.since)
    assert history.together("A", "Nowhere") == []


@pytest.mark.parametrize("seed", range(20))
def test_it_agrees_with_clocks_at_every_moment(seed: int) -> None:
    rng = random.Random(seed)
    m = Machine({"A": State(), "B": State(remove="C"), "C": State()})
    history = History(m)
    moments: list[tuple[int, set[str]]] = []
    for _ in range(60):
        mutate = rng.choice((m.add, m.remove))
        mutate(*rng.sample("ABC", rng.randrange(1, 3)))
        if history.entries:
            moments.append((history.entries[-1].time, set(m.active_states())))
    latest = dict(moments)  # several transitions may end at the same nanosecond
    for moment, active in latest.items():
        assert {state for state in "ABC" if history.was_active(state, moment)} == active
        inside = any(
            both.start <= moment and (both.end is None or moment < both.end)
            for both in history.together("A", "B")
        )
        assert inside == ({"A", "B"} <= active)


def test_it_can_be_asked_while_another_thread_mutates(m: Machine) -> None:
    history = History(m, limit=50)
    stop = threading.Event()

    def toggle() -> None:
        while not stop.is_set():
            m.add("A", "B")
            m.remove("A")

    thread = threading.Thread(target=toggle)
    thread.start()
    try:
        for _ in range(300):
            history.transitions("A")
            for stretch in history.together("A", "B"):
                assert stretch.end is None or stretch.end >= stretch.start
    finally:
        stop.set()
        thread.join(5)
    assert isinstance(history.intervals("B")[0], Interval)
