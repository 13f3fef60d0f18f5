"""The semantic log: its lines, kept for tracers and printed when asked."""

from __future__ import annotations

import logging

import pytest

from asyncmachine import Event, Machine, State, args_mapper
from tests.kernel.support import Recorder


def lines(recorder: Recorder, at: int = -1) -> list[str]:
    tx = recorder.txs[at]
    return [record.text() for record in (*tx.pre_log_entries, *tx.log_entries)]


def machine(level: int = 3) -> tuple[Machine, Recorder]:
    recorder = Recorder()
    m = Machine(
        {"A": State(add="D"), "B": State(remove="C"), "C": State(), "D": State(require="A")},
        id="mach12345",
        tracers=[recorder],
    )
    m.collect_log(level)
    return m, recorder


def test_lines_of_an_add() -> None:
    m, recorder = machine()
    m.add("A", "B")
    assert lines(recorder) == ["[queue:add] A B", "[add] A B", "[implied] D", "[state] +B +A +D"]


def test_everything_about_handlers() -> None:
    m, recorder = machine(5)
    m.bind_handlers({"BEnter": lambda e: None}, id="h1")
    m.add("A", "B")
    assert lines(recorder)[-5:] == [
        "[implied] D",
        "[handle:h1] BEnter",
        "[handler:0] BEnter",
        "[handler:end] BEnter from h1",
        "[state] +B +A +D",
    ]


def test_removals_rejections_and_cancels() -> None:
    m, recorder = machine()
    m.add("C")
    m.add("B")
    assert "[rel:remove] C by B" in lines(recorder)
    assert lines(recorder)[-1] == "[state] +B -C"
    m.add("D")
    assert lines(recorder)[-2:] == ["[reject] D(-A)", "[cancel:reject] D"]
    m.bind_handlers({"AEnter": lambda e: False})
    m.add("A")
    assert lines(recorder)[-1] == "[cancel] (B A D) by AEnter"


def test_an_error_handler_by_handler() -> None:
    def boom(event: Event) -> None:
        raise ValueError("boom")

    m, recorder = machine(4)
    m.bind_handlers({"BState": boom}, id="h")
    m.add("B")
    first, second = lines(recorder, 0), lines(recorder, 1)
    assert first[-6:] == [
        "[recover] handling panic...",
        "[recover] partial final states as ()",
        "[state] -B",
        "[cancel] (B) by recover",
        "[prepend:add] Exception (err=boom)",
        "[recover] partial final states as ()",
    ]
    assert second[:2] == [
        "[add] Exception (err=boom)",
        f"[source] mach12345/{recorder.txs[0].id}/0",
    ]


def test_args_are_shown_by_the_mapper() -> None:
    m, recorder = machine()
    m.add("A", args={"name": "x" * 30, "secret": 1, "port": 80})
    assert lines(recorder)[0] == f"[queue:add] A (name={'x' * 17}... port=80)"
    m.args_mapper = args_mapper(["secret"])
    m.remove("A", args={"secret": "100%d"})
    assert lines(recorder)[-1] == "[state] -A -D (secret=100%d)"


def test_queue_lines() -> None:
    m, recorder = machine()

    def nested(event: Event) -> None:
        m.add("C")
        m.add("C")
        m.log("one\ntwo")

    m.bind_handlers({"AState": nested})
    m.add("A")
    text = lines(recorder, 0)
    assert "[postpone] queue running (1 item)" in text
    assert "[queue:skipped] Duplicate detected for [add] C" in text
    assert "[exter] one two" in text
    assert lines(recorder, 1)[1] == f"[source] mach12345/{recorder.txs[0].id}/0"


def test_subscription_lines_and_notes() -> None:
    m, recorder = machine()
    waits = [m.when("A", "D"), m.when_not("C"), m.when_time(["A", "C"], [1, 2])]
    waits.append(m.when_args("A", {"y": 1, "x": 2}))
    m.add("A", args={"x": 2, "y": 1})
    m.new_state_ctx("A")
    m.remove("A")
    assert [wait.done for wait in waits] == [True, True, False, True]
    text = lines(recorder, 0) + lines(recorder, 1)
    for line in (
        "[when:new] A D",
        "[whenTime:new] A,C 1 2",
        "[whenArgs:new] A (x,y)",
        "[whenArgs:match] A (x,y)",
        "[ctx:new] A",
        "[ctx:match] A",
    ):
        assert line in text
    assert [(n.kind, n.op) for n in recorder.notes][:4] == [
        ("when", "new"),
        ("when_time", "new"),
        ("when_args", "new"),
        ("when_args", "match"),
    ]
    assert {n.kind for n in recorder.txs[0].notes} == {"when", "when_time", "when_args"}


def test_printing_is_separate(caplog: pytest.LogCaptureFixture) -> None:
    m = Machine({"A": State()}, id="mach12345", log_level=2)
    with caplog.at_level(logging.INFO, logger="asyncmachine"):
        m.add("A")
        m.log_level = 0
        m.remove("A")
    assert [record.getMessage() for record in caplog.records] == ["[mach1] [state] +A"]


def test_a_require_cycle_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="asyncmachine"):
        m = Machine({"A": State(require="B"), "B": State(require="A")}, id="m", log_level=2)
    assert "state A has a Require cycle for m" in caplog.text
    assert m.add("A", "B").executed
