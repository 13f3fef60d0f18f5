"""on_change, on_error, breakpoints, answers of checks, and the handler that logs errors."""

from __future__ import annotations

import asyncio
import logging

import pytest
import trio

from asyncmachine import Event, ExceptionHandler, Machine, Result, State, StateError
from tests.kernel.support import Recorder, until


@pytest.fixture
def m() -> Machine:
    return Machine({"A": State(), "B": State(remove="A")}, id="mach12345")


def test_on_change_is_told_of_every_transition_but_checks(m: Machine) -> None:
    seen: list[tuple[Machine, tuple[int, ...], tuple[int, ...]]] = []
    stop = m.on_change(lambda machine, before, after: seen.append((machine, before, after)))
    m.add("A")
    m.bind_handlers({"BEnter": lambda e: False})
    assert m.can_add("B").canceled
    assert m.add("B").canceled
    assert seen == [(m, (0, 0, 0), (1, 0, 0)), (m, (1, 0, 0), (1, 0, 0))]
    stop()
    m.remove("A")
    assert len(seen) == 2
    m.detach_handlers(m.handlers[0])
    assert m._plain, "nobody watches any more"


def test_on_change_comes_after_handlers_and_before_auto_states() -> None:
    m = Machine({"A": State(), "X": State(auto=True)})
    order: list[str] = []
    m.bind_handlers({n: lambda e: order.append(e.name) for n in ("AState", "AnyState", "XState")})
    m.on_change(lambda machine, before, after: order.append("change"))
    m.add("A")
    assert order == ["AState", "AnyState", "change", "XState", "AnyState", "change"]


def test_failing_callbacks_are_logged(m: Machine, caplog: pytest.LogCaptureFixture) -> None:
    def fail(*_args: object) -> None:
        raise RuntimeError("callback")

    m.on_change(fail)
    m.on_error(fail)
    assert m.add("A").executed
    assert m.add_err("x").executed
    m.can_add("A", on_done=fail)
    assert caplog.text.count("RuntimeError: callback") == 4


def test_on_error_is_told_of_all_errors(m: Machine) -> None:
    seen: list[str] = []
    stop = m.on_error(lambda machine, error: seen.append(f"{machine.id} {error}"))
    m.bind_handlers({"AState": lambda e: 1 / 0})
    m.add_err("first")
    m.add("A")
    assert seen == ["mach12345 first", "mach12345 division by zero"]
    stop()
    m.add_err("third")
    assert len(seen) == 2


def test_cancellation_is_no_error(m: Machine) -> None:
    assert m.add_err(asyncio.CancelledError()).canceled

    answers: list[Result] = []

    async def cancelled() -> None:
        with trio.CancelScope() as scope:
            scope.cancel()
            try:
                await trio.sleep(1)
            except trio.Cancelled as error:
                answers.append(m.add_err(error))
                raise

    trio.run(cancelled)
    assert answers[0].canceled
    assert m.err is None
    assert not m.is_err()


def test_errors_that_the_machine_refuses_are_logged(
    m: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    m.dispose()
    m.go(lambda: 1 / 0).join(5)
    assert "ZeroDivisionError" in caplog.text


def test_breakpoints(m: Machine) -> None:
    recorder = Recorder()
    m.bind_tracer(recorder)
    m.collect_log(2)
    hits: list[str] = []
    away = m.add_breakpoint(["A", "B"], action=lambda: hits.append("add"))
    m.add_breakpoint(removed=["A"], strict=True, action=lambda: hits.append("remove"))
    m.add("B", "A")
    assert m.can_add("A", "B").canceled
    m.set("A", "B")
    assert hits == []
    m.add("A", "B")
    assert hits == ["add"]
    tx = recorder.txs[-1]
    text = [r.text() for r in tx.pre_log_entries if r.kind == "breakpoint"]
    assert text[0].startswith("[breakpoint] Machine.breakpoint\n")
    assert "test_breakpoints" in text[0]
    m.set()
    m.remove("A")
    assert hits == ["add"], "strict: A is inactive already"
    m.add("A")
    m.remove("A")
    assert hits == ["add", "remove"]
    away()
    m.add("A", "B")
    assert hits == ["add", "remove"]
    with pytest.raises(StateError):
        m.add_breakpoint(["Nowhere"])


def test_breakpoints_see_automatic_mutations() -> None:
    m = Machine({"A": State(), "X": State(auto=True)})
    hits: list[int] = []
    m.add_breakpoint(["X"], action=lambda: hits.append(m.tick("A")))
    m.add("A")
    assert hits == [1]


def test_a_check_answers_when_it_has_run(m: Machine) -> None:
    answers: list[Result] = []
    assert m.can_add("A", on_done=answers.append).executed
    m.bind_handlers({"BEnter": lambda e: False})

    def ask(event: Event) -> None:
        assert event.machine.can_add("B", on_done=answers.append).queued
        assert event.machine.can_remove("A", on_done=answers.append).queued

    m.bind_handlers({"AState": ask})
    m.add("A")
    assert [str(answer) for answer in answers] == ["executed", "executed", "canceled"]

    def end(event: Event) -> None:
        event.machine.can_add("B", on_done=answers.append)
        event.machine.dispose_force()

    m.bind_handlers({"AEnd": end})
    m.remove("A")
    assert answers[-1].canceled, "disposal answers what it drops"
    assert len(answers) == 4
    assert m.can_add("A", on_done=answers.append).canceled
    assert len(answers) == 5


class Handlers(ExceptionHandler):
    def AState(self, event: Event) -> None:  # noqa: N802
        raise ValueError("boom")


def test_the_exception_handler_logs(m: Machine, caplog: pytest.LogCaptureFixture) -> None:
    m.bind_handlers(Handlers())
    m.add("A", "B")
    assert caplog.records == []
    m.add("A")
    assert caplog.records[0].levelno == logging.ERROR
    assert caplog.text.count("[error:add] A (boom)") == 1
    assert "ValueError: boom" in caplog.text
    caplog.clear()
    caplog.set_level(logging.INFO)
    m.log_level = 2
    m.add_err("down")
    assert caplog.text.count("[error] down") == 1


def test_async_handlers_are_outside_of_the_transition() -> None:
    m = Machine({"A": State(), "B": State()})
    seen: list[bool] = []

    async def a_state(event: Event) -> None:
        seen.append(event.machine.in_handler)
        assert event.machine.eval(lambda: 42, timeout=5) == 42
        m.add("B")
        seen.append(event.machine.in_handler)

    m.bind_handlers({"AState": a_state, "BState": lambda e: seen.append(e.machine.in_handler)})
    m.add("A")
    until(lambda: len(seen) == 3 or m.err)
    assert m.err is None
    assert seen == [False, True, False]
    assert not m.in_handler
