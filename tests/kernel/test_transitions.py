"""Transitions: order of handlers, results, the queue, automatic states."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from asyncmachine import Event, Machine, Result, State, current_event
from tests.kernel.support import Recorder


def logging_handlers(names: str, log: list[str]) -> dict[str, Callable[[Event], None]]:
    return {name: lambda event: log.append(event.name) for name in names.split()}


def test_the_order_of_everything() -> None:
    m = Machine({"A": State(), "B": State(multi=True), "C": State(remove="A")})
    m.add("A", "B")
    log: list[str] = []
    names = "AExit BEnter CEnter AA BB AB BA AC BC AnyEnter AEnd BState CState AnyState AState"
    m.bind_handlers(logging_handlers(names, log))
    assert m.add("B", "C").executed
    assert log == [
        "AExit",
        "BEnter",
        "CEnter",
        "BB",
        "AB",
        "AC",
        "BC",
        "AnyEnter",
        "AEnd",
        "BState",
        "CState",
        "AnyState",
    ]
    assert m.clock() == {"A": 2, "B": 3, "C": 1, "Exception": 0}


def test_implied_states_go_two_levels_deep() -> None:
    m = Machine({"A": State(add="B"), "B": State(add="C"), "C": State(add="D"), "D": State()})
    assert m.add("A").executed
    assert m.active_states() == ("C", "A", "B")


def test_independent_requirements_come_in_the_order_of_the_alphabet() -> None:
    """Whatever order the states are named in: the original never begins elsewhere and goes back."""
    require = {"Z": "Y", "C": "B", "P": "O"}
    states = {name: State(require=other) for name, other in require.items()}
    m = Machine({**states, "Y": State(), "B": State(), "O": State()})
    m.add("Z", "P", "C", "O", "B", "Y")
    assert m.active_states() == ("B", "C", "O", "P", "Y", "Z")


def test_after_compares_neighbours_only() -> None:
    m = Machine({"X": State(after="Y"), "Z": State(), "Y": State()})
    m.add("X", "Z", "Y")
    assert m.active_states() == ("X", "Z", "Y")
    m.set()
    m.set("X", "Y", "Z")
    assert m.active_states() == ("Y", "X", "Z")


def test_nested_mutations_are_queued_with_their_ticks() -> None:
    m = Machine({"A": State(), "B": State(), "C": State(), "D": State(auto=True, require="A")})
    got: list[tuple[int, int]] = []

    def nested(event: Event) -> None:
        if event.machine.tick("A") != 1:
            return
        results = [
            m.add("B"),
            m.add("B"),
            m.add("B", "C"),
            m.add("C", "B"),
            m.add("B", args={"x": 1}),
            m.remove("B"),
            m.can_add("C"),
        ]
        got.extend((int(r), r.tick) for r in results)
        assert m.queue_tick == 2
        assert m.will_be("C")
        assert m.will_be_removed("B")

    recorder = Recorder()
    m.bind_handlers({"AState": nested})
    m.bind_tracer(recorder)
    assert m.add("A").executed
    assert got == [(2, 3), (0, 0), (2, 4), (0, 0), (2, 5), (2, 6), (2, 0)]
    kinds = [(t.mutation.type_name, t.auto, t.check) for t in recorder.txs]
    assert kinds[:3] == [("add", False, False), ("add", True, False), ("add", False, True)]
    assert str(m) == "(A:1 C:1 D:1)"
    assert m.string_all() == "(A:1 C:1 D:1) [B:2 Exception:0]"
    assert m.queue_tick == 6
    assert recorder.events.count("queue_end") == 1


def test_queue_limit_lets_an_error_through() -> None:
    m = Machine({"A": State(), "M": State(multi=True)}, queue_limit=3)
    results: list[Result] = []

    def flood(event: Event) -> None:
        results.extend(m.add("M") for _ in range(5))
        results.append(m.set("A"))
        results.append(m.add("Exception"))
        results.append(m.remove("Exception"))
        results.append(m.add_err("x"))
        results.append(m.can_add("M"))

    m.bind_handlers({"AState": flood})
    m.add("A")
    assert [r.tick for r in results[:3]] == [3, 4, 5]
    assert all(r.canceled for r in results[3:6])
    assert results[6].queued
    assert all(r.canceled for r in results[7:9])
    assert results[9].queued


def test_remove_of_inactive_states() -> None:
    m = Machine({"A": State(), "B": State()})
    recorder = Recorder()
    answers: list[Result] = []
    m.bind_handlers({"AState": lambda e: answers.append(m.remove("B"))})
    m.bind_tracer(recorder)
    assert m.remove("B").executed
    assert len(recorder.txs) == 1
    m.add("A")
    assert answers[0].executed
    assert len(recorder.txs) == 2


def test_empty_and_toggle() -> None:
    m = Machine({"A": State(), "B": State()})
    assert m.add().executed
    assert m.toggle("A", "B").executed
    assert m.is_("A", "B")
    assert m.toggle("A").executed
    assert m.not_("A")
    assert m.any_("A", "B")
    assert not m.any_()
    assert m.is_()
    assert m.not_()
    assert m.toggle().executed
    assert m.active_states() == ("B",)
    assert m.set().executed
    assert m.active_states() == ()
    assert m.queue_tick == 6


def test_checks_change_nothing() -> None:
    m = Machine({"A": State(), "B": State(require="C"), "C": State()})
    log: list[str] = []
    checks: list[bool] = []
    m.bind_handlers(logging_handlers("AState AnyState", log))
    m.bind_handlers({"AEnter": lambda e: checks.append(e.is_check)})
    assert m.can_add("A").executed
    assert m.can_add("B").canceled
    assert m.can_remove("A").executed
    assert log == []
    assert checks == [True]
    assert m.time() == (0, 0, 0, 0)
    assert m.queue_tick == 1
    m.bind_handlers({"AExit": lambda e: False})
    m.add("A")
    assert m.can_remove("A").canceled


@pytest.mark.parametrize("refusing", ["AExit", "BEnter", "CC", "AB", "AnyEnter"])
def test_refusals_cancel(refusing: str) -> None:
    m = Machine({"A": State(), "B": State(remove="A"), "C": State()})
    m.add("A", "C")
    m.bind_handlers({refusing: lambda e: False})
    before = m.time()
    result = m.add("B")
    assert result.canceled
    assert not result
    assert m.time() == before


def test_answers_of_negotiation_handlers() -> None:
    m = Machine({"A": State(), "B": State(), "C": State()})
    m.bind_handlers({"AEnter": lambda e: None, "BEnter": lambda e: True, "CEnter": lambda e: 0})
    assert m.add("A")
    assert m.add("B")
    assert not m.add("C")


def test_auto_states_win_in_the_order_of_names() -> None:
    m = Machine({"Go": State(), "X": State(auto=True, remove="Y"), "Y": State(auto=True)})
    m.add("Go")
    assert m.is_("X", "Go")
    assert m.not_("Y")


def test_auto_state_refused_by_its_enter_is_dropped_alone() -> None:
    m = Machine({"Go": State(), "X": State(auto=True), "Y": State(auto=True)})
    m.bind_handlers({"XEnter": lambda e: False})
    assert m.add("Go").executed
    assert set(m.active_states()) == {"Go", "Y"}


def test_an_auto_state_is_asked_by_every_active_state_also_after_a_refusal() -> None:
    m = Machine({"P": State(), "Q": State(), "X": State(auto=True, require="Q")})
    m.add("P")
    asked: list[str] = []

    def refuse(event: Event) -> bool:
        asked.append(event.name)
        return False

    m.bind_handlers({"PX": refuse, "QX": refuse})
    assert m.add("Q").executed
    assert asked == ["PX", "QX"]
    assert set(m.active_states()) == {"P", "Q"}


@pytest.mark.parametrize("last", [True, False])
def test_a_refusing_active_auto_state_matters_only_at_the_end_of_the_self_loop(last: bool) -> None:
    """Quirk: unless another active state follows, the one right after the refusal apart."""
    names = ["Go", "B", "A"] if last else ["A", "Go", "B"]
    m = Machine({"A": State(auto=True), "Go": State(), "B": State(), "X": State(auto=True)})
    m.bind_handlers({"XEnter": lambda event: event.machine.is_("B")})
    m.add("Go")
    assert m.active_states() == ("A", "Go")
    m.bind_handlers({"AA": lambda event: not event.mutation.auto})
    m.set(*names)
    assert m.is_("X") is not last


def test_an_auto_state_that_refuses_to_go_cancels_the_automatic_transition() -> None:
    """Quirk: the original crashes in the caller and leaves its queue locked."""
    m = Machine(
        {"Go": State(), "X": State(auto=True), "Y": State(auto=True, require="Go", remove="X")}
    )
    m.add("X")
    m.bind_handlers({"XExit": lambda e: False})
    assert m.add("Go").executed
    assert set(m.active_states()) == {"X", "Go"}
    assert m.add("Go").executed


def test_health_mutations_wake_no_auto_states() -> None:
    m = Machine({"Heartbeat": State(), "X": State(auto=True)})
    m.add("Heartbeat")
    assert m.not_("X")
    m.remove("Heartbeat")
    assert m.is_("X")


def test_source_is_set_across_machines() -> None:
    a, b = Machine({"A": State()}, id="a"), Machine({"B": State()}, id="b")
    recorder, inner = Recorder(), Recorder()
    a.bind_tracer(recorder)
    b.bind_tracer(inner)
    a.bind_handlers({"AState": lambda e: b.add("B")})
    a.add("A")
    source = inner.mutations[0].source
    assert source == ("a", recorder.txs[0].id, 0, "AState")
    assert recorder.mutations[0].source is None
    assert current_event.get() is None
    b.remove("B")
    assert inner.mutations[-1].source is None


def test_results() -> None:
    assert Result.EXECUTED == 0
    assert Result.CANCELED == 1
    assert str(Result(2, 7)) == "queued at 7"
    assert str(Result.QUEUED) == "queued"
    assert f"{Result.EXECUTED}" == "executed"
    assert Result.EXECUTED
    assert not Result.CANCELED
    assert repr(Result.CANCELED) == "Result(canceled)"


def test_plans_are_bounded() -> None:
    names = [f"S{i}" for i in range(14)]
    m = Machine({name: State() for name in names})
    for number in range(1, 6000):
        m.set(*(name for i, name in enumerate(names) if number >> i & 1))
    assert len(m._planner._lists) <= 4096
    assert m.add("S0").executed


def test_plans_are_bounded_altogether() -> None:
    names = [f"S{i}" for i in range(23)]
    m = Machine({name: State() for name in names})
    pairs = [(a, b) for a in names for b in names if a != b]
    most = 0
    for name in names:
        m.set(name)
        for pair in pairs:
            m.can_remove(*pair)
        lists = m._planner._lists.values()
        most = max(most, sum(len(table) for active in lists for table in active.plans))
    assert 9_000 < most <= 10_000, "of 23 times 506"
    assert m.add("S0").executed


def test_inspect() -> None:
    m = Machine({"A": State(auto=True, require="B"), "B": State()})
    m.add("B")
    assert m.inspect().splitlines()[:4] == [
        "1 A",
        "    |Tick     1",
        "    |Auto     true",
        "    |Require  B",
    ]
