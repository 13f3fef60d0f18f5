"""Late handlers: noticed while they run, canceled when they return, left behind in the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from asyncmachine import Event, HandlerTimeoutError, Machine, State
from asyncmachine.timeouts import WATCHDOG
from tests.kernel.support import Recorder, until


def sleepy(seconds: float) -> Callable[[Event], None]:
    def handler(event: Event) -> None:
        time.sleep(seconds)

    return handler


def machine(thread: bool = False, timeout: float = 0.02, deadline: float = 10) -> Machine:
    m = Machine(
        {"A": State(), "B": State(remove="C"), "C": State()},
        id="m",
        handler_timeout=timeout,
        handler_thread=thread,
        handler_deadline=deadline,
        handler_backoff=0.2,
    )
    m.add("C")
    return m


@pytest.mark.parametrize("thread", [False, True])
@pytest.mark.parametrize(
    ("name", "clock"),
    [("AEnter", (0, 0, 1, 0)), ("AState", (2, 2, 2, 0)), ("CEnd", (1, 1, 2, 0))],
)
def test_a_late_handler_that_returns(name: str, clock: tuple[int, ...], thread: bool) -> None:
    m = machine(thread)
    recorder = Recorder()
    m.bind_tracer(recorder)
    m.bind_handlers({name: sleepy(0.05)})
    skipped: list[str] = []
    m.bind_handlers({name: lambda e: skipped.append(e.name)})
    assert m.add("A", "B").canceled
    assert m.time() == clock
    assert m.err is None
    assert skipped == []
    assert [h.outcome for h in recorder.txs[0].handlers] == ["timeout"]
    assert isinstance(m.late_handlers[0], HandlerTimeoutError)
    m.handlers[0].handlers.clear()
    m.detach_handlers(m.handlers[0])
    assert m.add("A").executed


def test_it_is_noticed_while_it_runs() -> None:
    m = machine()
    noticed: list[int] = []

    def handler(event: Event) -> None:
        until(lambda: m.late_handlers)
        noticed.append(len(m.late_handlers))

    m.bind_handlers({"AState": handler})
    assert m.add("A").canceled
    assert noticed == [1]


def test_quick_handlers_and_their_errors_are_as_ever() -> None:
    for thread in (False, True):
        m = machine(thread, timeout=10)
        names: list[str] = []

        def fail(event: Event, names: list[str] = names) -> None:
            names.append(threading.current_thread().name)
            raise ValueError("boom")

        m.bind_handlers({"AState": fail, "BEnter": lambda e: False})
        assert m.add("A").canceled
        assert str(m.err) == "boom"
        assert m.add("B").canceled
        assert ("asyncmachine-handlers" in names) == thread


def test_a_missed_deadline_leaves_the_handler_behind() -> None:
    m = machine(thread=True, deadline=0.05)
    m.collect_log(5)
    stuck = threading.Event()

    def handler(event: Event) -> None:
        m.add("C")
        stuck.wait(10)

    m.bind_handlers({"AState": handler})
    tick = m.queue_tick
    assert m.add("A", "B").canceled
    assert m.time() == (2, 2, 2, 1)
    assert isinstance(m.err, HandlerTimeoutError)
    assert m.queue_tick == tick + 3, "a lost mutation's tick is never used again"
    assert m.backoff()
    assert m.add("C").canceled
    assert m.can_add("C").canceled
    assert m.add_err("x").canceled
    until(lambda: not m.backoff())
    m.detach_handlers(m.handlers[0])
    assert m.add("C").executed
    stuck.set()
    until(lambda: any("theoretical leak" in r.text() for r in m._log_buffer))


def test_a_nested_mutation_on_the_handler_thread_is_queued_with_its_source() -> None:
    m = machine(thread=True, timeout=10)
    recorder = Recorder()
    m.bind_tracer(recorder)
    m.bind_handlers({"AState": lambda e: m.add("B")})
    m.add("A")
    assert m.is_("A", "B")
    source = recorder.mutations[1].source
    assert source is not None
    assert source.handler == "AState"
    m.dispose()


def test_quick_handlers_leave_nothing_behind() -> None:
    m = Machine({"A": State()}, handler_timeout=60)
    m.bind_handlers({"AState": lambda e: None})
    for _ in range(2000):
        m.add("A")
        m.remove("A")
    assert len(WATCHDOG._heap) < 600
