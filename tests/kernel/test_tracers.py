"""Tracers: every hook, in order, and none that can break the machine."""

from __future__ import annotations

import logging

import pytest

from asyncmachine import BindingError, LastTransition, Machine, State, Tracer, Transition
from asyncmachine.tracer import HOOKS, Hooks
from tests.kernel.support import Recorder


def test_hooks_in_order() -> None:
    recorder = Recorder()
    m = Machine({"A": State(), "X": State(auto=True)}, id="m", tracers=[recorder])
    m.bind_handlers({"AState": lambda e: None})
    m.add("A")
    assert recorder.events == [
        "machine_init m",
        "mutation_queued",
        "transition_init",
        "transition_start",
        "transition_finals",
        "handler_start AState",
        "handler_end AState",
        "mutation_queued",
        "transition_end",
        "transition_init",
        "transition_start",
        "transition_finals",
        "transition_end",
        "queue_end",
    ]


def test_canceled_and_checks_have_no_finals() -> None:
    recorder = Recorder()
    m = Machine({"A": State(require="B"), "B": State()}, tracers=[recorder])
    m.add("A")
    m.can_add("B")
    assert "transition_finals" not in recorder.events
    assert [tx.accepted for tx in recorder.txs] == [False, True]


def test_children_are_told_to_the_parents_tracers_first() -> None:
    recorder = Recorder()
    parent = Machine({"A": State()}, id="p", tracers=[recorder])
    child = Machine({"A": State()}, id="c", parent=parent, tracers=[recorder])
    assert recorder.events == ["machine_init p", "new_submachine p c", "machine_init c"]
    assert child.parent is parent
    assert child.parent_id == "p"
    assert parent.children == (child,)
    assert child.instance != parent.instance
    assert len(child.instance) == 16


def test_a_transition_tells_everything() -> None:
    recorder = Recorder()
    m = Machine({"A": State(), "B": State(multi=True), "C": State(remove="A")}, tracers=[recorder])
    m.add("A", "B")
    m.add("B", "C", args={"name": "x"})
    tx = recorder.txs[1]
    assert tx.before == (1, 1, 0, 0)
    assert tx.after == tx.committed == (2, 3, 1, 0)
    assert sorted(tx.changed) == [(0, 1), (1, 2), (2, 1)]
    assert tx.called == (1, 2)
    assert tx.targets == tx.targets_init == (1, 2)
    assert tx.enters == (1, 2)
    assert tx.exits == (0,)
    assert tx.active_before == (0, 1)
    assert tx.completed
    assert tx.started <= tx.ended
    assert tx.duration == tx.ended - tx.started
    assert len(tx.id) == 16
    assert tx.id == tx.id
    assert tx.mutation.args == {"name": "x"}
    assert tx.mutation.queue_tick == 3
    assert (32, -1, 1, 0, None) in tx.steps
    assert "[add] B C" in repr(tx)


def test_step_parts_are_shared_between_transitions_of_a_plan() -> None:
    recorder = Recorder()
    m = Machine({"A": State(), "B": State()}, tracers=[recorder])
    m.bind_handlers({"AState": lambda e: None})
    for _ in range(3):
        m.add("A")
        m.remove("A")
    first, second = recorder.txs[2], recorder.txs[4]
    assert first.step_parts is second.step_parts
    assert first.steps[-1] == (2, -1, 0, 5, 0)


def test_handler_records_have_times() -> None:
    recorder = Recorder()
    m = Machine({"A": State()}, tracers=[recorder])
    m.bind_handlers({"AEnter": lambda e: False})
    m.add("A")
    record = recorder.txs[0].handlers[0]
    assert record[:2] == ("AEnter", 0)
    assert record.start >= 0
    assert record.duration >= 0
    assert record.outcome == "refused"


def test_without_tracers_nothing_is_timed() -> None:
    m = Machine({"A": State()})
    seen: list[Transition] = []
    m.bind_handlers({"AState": lambda e: seen.append(e.transition)})
    m.add("A")
    assert seen[0].started == seen[0].ended == 0
    assert m.transition is None


def test_only_overridden_hooks_are_called() -> None:
    hooks = Hooks([Tracer(), LastTransition()])
    assert {name for name in HOOKS if getattr(hooks, name)} == {"transition_end"}


class Broken(Tracer):
    def __init__(self) -> None:
        self.calls = 0

    def transition_end(self, tx: Transition) -> None:
        self.calls += 1
        raise RuntimeError("broken tracer")


def test_a_failing_tracer_is_logged_once_and_called_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = Broken()
    m = Machine({"A": State()}, tracers=[broken])
    with caplog.at_level(logging.ERROR):
        assert m.add("A").executed
        assert m.remove("A").executed
    assert broken.calls == 2
    assert len(caplog.records) == 1
    assert m.err is None


def test_bind_and_detach() -> None:
    last = LastTransition()
    m = Machine({"A": State()})
    m.bind_tracer(last)
    m.bind_tracer(last)
    assert m.tracers == (last,)
    m.add("A")
    assert last.last is not None
    m.detach_tracer(last)
    m.remove("A")
    assert last.last.mutation.type_name == "add"
    with pytest.raises(BindingError):
        m.detach_tracer(last)


def test_queued_mutations_know_their_place() -> None:
    recorder = Recorder()
    m = Machine({"A": State(), "B": State()}, tracers=[recorder])
    m.bind_handlers({"AState": lambda e: m.add("B")})
    m.add("A")
    first, second = recorder.mutations
    assert (first.queue_tick_now, first.queue_tick, first.queue_len) == (1, 2, 1)
    assert (second.queue_tick_now, second.queue_tick, second.queue_len) == (2, 3, 1)
    assert first.queue_token == 0
    m.can_add("B")
    assert recorder.mutations[-1].queue_token == 1
    assert recorder.mutations[-1].queue_tick == 0
