"""Threads whose errors become the machine's, and evals between transitions."""

from __future__ import annotations

import threading

import pytest

from asyncmachine import Event, Machine, MachineError, NestedEvalError, State
from tests.kernel.support import until


@pytest.fixture
def m() -> Machine:
    return Machine({"A": State(), "B": State()}, id="m")


def boom() -> None:
    raise ValueError("boom")


def test_go(m: Machine) -> None:
    ran: list[int] = []
    m.go(lambda: ran.append(1)).join(5)
    assert ran == [1]
    m.go(boom).join(5)
    assert str(m.err) == "boom"
    m.add("A")
    ctx = m.new_state_ctx("A")
    m.remove("A")
    m.go(lambda: ran.append(2), ctx=ctx).join(5)
    assert ran == [1]


def test_go_after(m: Machine) -> None:
    ran: list[int] = []
    m.go_after(0.01, lambda: ran.append(1))
    until(lambda: ran == [1])
    m.go_after(0.01, boom)
    assert m.when_err().wait(5)
    m.add("A")
    timer = m.go_after(0.05, lambda: ran.append(2), ctx=m.new_state_ctx("A"))
    m.remove("A")
    timer.join(5)
    assert ran == [1]


def test_fork_needs_a_valid_event(m: Machine) -> None:
    ran: list[str] = []
    events: list[Event] = []

    def handler(event: Event) -> None:
        events.append(event)
        thread = m.fork(event, lambda: ran.append("in time"))
        assert thread is not None
        thread.join(5)

    m.bind_handlers({"AState": handler})
    m.add("A")
    assert ran == ["in time"]
    assert m.fork(events[0], lambda: ran.append("late")) is None


def test_eval(m: Machine) -> None:
    assert m.eval(lambda: m.add("A").queued) is True
    assert m.is_("A")
    with pytest.raises(ValueError, match="boom"):
        m.eval(boom)
    assert m.err is None
    assert m.queue_tick == 2


def test_nested_eval_is_refused(m: Machine) -> None:
    """Quirk: in the original it waits out its timeout."""
    m.bind_handlers({"AState": lambda e: m.eval(boom)})
    m.add("A")
    assert isinstance(m.err, NestedEvalError)


def test_eval_while_another_thread_drains(m: Machine) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def handler(event: Event) -> None:
        inside.set()
        go_on.wait(5)

    m.bind_handlers({"AState": handler})
    thread = threading.Thread(target=lambda: m.add("A"))
    thread.start()
    inside.wait(5)
    ran: list[int] = []
    with pytest.raises(MachineError, match="eval 'slow' of m timed out"):
        m.eval(lambda: ran.append(1), source="slow", timeout=0.01)
    threading.Timer(0.01, go_on.set).start()
    assert m.eval(lambda: 7, timeout=5) == 7
    thread.join()
    assert ran == []
