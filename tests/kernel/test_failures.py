"""Errors in every kind of handler: what is taken back, what stays, and that the machine goes on."""

from __future__ import annotations

import pytest

from asyncmachine import Event, LoopLimitError, Machine, State
from tests.kernel.support import Recorder


def boom(event: Event) -> None:
    raise ValueError("boom")


def machine() -> Machine:
    m = Machine({"A": State(), "B": State(remove="C"), "C": State(), "M": State(multi=True)})
    m.add("C", "M")
    return m


CASES = [
    # handler, ticks of A B C M Exception, active after
    ("CExit", (0, 0, 1, 1, 1), ("Exception", "C", "M")),
    ("AEnter", (0, 0, 1, 1, 1), ("Exception", "C", "M")),
    ("CA", (0, 0, 1, 1, 1), ("Exception", "C", "M")),
    ("AnyEnter", (0, 0, 1, 1, 0), ("C", "M")),
    ("MState", (2, 2, 2, 4, 1), ("Exception",)),
    ("AState", (2, 2, 2, 7, 1), ("Exception", "M")),
    ("BState", (1, 2, 2, 7, 1), ("Exception", "M", "A")),
    ("CEnd", (1, 1, 2, 7, 1), ("Exception", "M", "A", "B")),
]


@pytest.mark.parametrize(("name", "clock", "active"), CASES, ids=[case[0] for case in CASES])
@pytest.mark.parametrize("traced", [False, True])
def test_error_in_a_handler(
    name: str, clock: tuple[int, ...], active: tuple[str, ...], traced: bool
) -> None:
    """The doubled roll-back (a called multi state gets +2 twice) is the original's: vectors."""
    m = machine()
    if traced:
        m.bind_tracer(Recorder())
    m.bind_handlers({})
    m.bind_handlers({name: boom})
    m.bind_handlers({})
    assert m.add("M", "A", "B").canceled
    assert m.time() == clock
    assert m.active_states() == active
    assert str(m.err) == "boom"
    assert m.queue_len == 0


def test_error_in_any_state_does_not_hang() -> None:
    """Quirk: in the original the Exception transition's own failing AnyState ends all handlers."""
    m = machine()
    m.bind_handlers({"AnyState": boom})
    assert m.add("M", "A", "B").canceled
    assert m.time() == (1, 1, 2, 5, 1)
    again: list[str] = []
    m.detach_handlers(m.handlers[0])
    m.bind_handlers({"AEnd": lambda e: again.append(e.name)})
    assert m.remove("A").executed
    assert again == ["AEnd"]


def test_error_in_an_exception_handler_goes_no_further() -> None:
    m = Machine({"A": State()})
    m.bind_handlers({"ExceptionState": boom})
    m.add_err("first")
    assert str(m.err) == "first"
    assert m.tick("Exception") == 2
    assert m.add("A").executed


def test_what_the_exception_carries() -> None:
    m = Machine({"A": State()}, id="m")
    seen: list[Event] = []
    m.bind_handlers({"AState": boom, "ExceptionState": lambda e: seen.append(e)})
    recorder = Recorder()
    m.bind_tracer(recorder)
    m.add("A")
    event = seen[0]
    assert isinstance(event.args["err"], ValueError)
    assert event.args["handler"] == "AState"
    assert "boom" in event.args["trace"]
    failed, added = recorder.txs
    assert failed.error is event.args["err"]
    assert failed.after == (2, 0)
    assert failed.committed == (1, 0)
    assert failed.changed == ((0, 2),)
    assert added.mutation.source == ("m", failed.id, 0, "AState")
    assert [h.outcome for h in failed.handlers] == ["error"]


def test_later_sets_of_a_failed_event_are_skipped() -> None:
    m = Machine({"A": State()})
    log: list[str] = []
    m.bind_handlers({"AState": boom})
    m.bind_handlers({"AState": lambda e: log.append("second")})
    recorder = Recorder()
    m.bind_tracer(recorder)
    m.add("A")
    assert log == []
    assert [(h.number, h.outcome) for h in recorder.txs[0].handlers] == [
        (0, "error"),
        (1, "skipped"),
    ]


def test_add_err() -> None:
    m = Machine({"ErrNet": State(multi=True, require="Exception")})
    assert m.add_err(OSError("down"), "ErrNet").executed
    assert m.active_states() == ("Exception", "ErrNet")
    assert isinstance(m.err, OSError)
    assert m.add_err("again", "ErrNet").executed
    assert m.clock() == {"ErrNet": 3, "Exception": 3}
    m.remove("Exception")
    assert str(m.err) == "again"
    assert m.time() == (4, 4)
    assert m.add_err(None).canceled


def test_an_auto_state_that_always_fails_is_given_up() -> None:
    """Quirk: the original spins for ever here."""
    m = Machine({"Go": State(), "X": State(auto=True)})
    m.bind_handlers({"XState": boom})
    m.add("Go")
    assert isinstance(m.err, LoopLimitError)
    assert "X" in str(m.err)
    assert m.is_("Go", "Exception")
    m.detach_handlers(m.handlers[0])
    assert m.remove("Exception").executed
    assert m.is_("X")


def test_keyboard_interrupt_reaches_the_caller_and_the_machine_goes_on() -> None:
    m = Machine({"A": State(), "B": State()})

    def interrupt(event: Event) -> None:
        raise KeyboardInterrupt

    m.bind_handlers({"AState": interrupt})
    with pytest.raises(KeyboardInterrupt):
        m.add("A")
    assert m.add("B").executed


def test_subscriptions_see_a_failed_final_phase() -> None:
    """Quirk: in the original a wait for a state left active by a failing XEnd never ends."""
    m = Machine({"A": State(), "B": State(remove="A")})
    m.add("A")
    m.bind_handlers({"AEnd": boom})
    wait = m.when("B")
    m.add("B")
    assert m.is_("B")
    assert wait.matched
