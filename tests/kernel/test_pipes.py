"""Pipes: one machine's states follow another's."""

from __future__ import annotations

import pytest

from asyncmachine import Machine, State, StateError, pipes
from asyncmachine.states import Connected
from tests.kernel.support import Recorder


def pair() -> tuple[Machine, Machine]:
    a = Machine({"A": State(), "B": State(), "Start": State(), "Ready": State()}, id="a")
    states = ("A", "B", "X", "Start", "Ready", "ErrIn")
    return a, Machine({name: State(multi=name == "ErrIn") for name in states}, id="b")


def test_a_state_follows_with_arguments_and_source() -> None:
    a, b = pair()
    recorder = Recorder()
    b.bind_tracer(recorder)
    binding = pipes.bind(a, b, "A", "X")
    assert binding.id == "Bind-A-b"
    a.add("A", args={"n": 1})
    assert b.is_("X")
    assert recorder.mutations[0].args == {"n": 1}
    source = recorder.mutations[0].source
    assert source is not None
    assert source.machine_id == "a"


def test_inactive_state() -> None:
    a, b = pair()
    pipes.bind(a, b, "A", "X", "X", flat=True)
    a.add("A")
    a.remove("A")
    assert b.clock("X") == {"X": 2}
    b.add("X")
    a.add("A")
    assert b.tick("X") == 3, "flat skips what is so already"


def test_both_ends_remember_and_forget() -> None:
    a, b = pair()
    pipes.bind_many(a, b, {"A": "A", "B": ("X", "B")})
    assert [(n.kind, n.data) for n in a.pipes][:2] == [
        ("pipe_out", ["b", "A", "add"]),
        ("pipe_out", ["b", "A", "remove"]),
    ]
    assert len(b.pipes) == 4
    assert b.pipes[0].kind == "pipe_in"
    b.dispose()
    assert a.pipes == ()
    assert a.handlers == ()
    assert a.add("A").executed


def test_errors() -> None:
    a, b = pair()
    pipes.bind_err(a, b, "ErrIn")
    a.add_err(ValueError("boom"))
    assert b.is_("ErrIn", "Exception")
    assert str(b.err) == "boom"
    c, d = pair()
    pipes.bind(c, d, "A", "ErrIn")
    c.add("A")
    assert d.is_("Exception", "ErrIn")
    assert "piped from a" in str(d.err)


def test_start_ready_connected_any_and_sync() -> None:
    a, b = pair()
    pipes.bind_start(a, b)
    pipes.bind_ready(a, b)
    a.add("Start", "Ready")
    assert b.is_("Start", "Ready")
    x, y = Machine(Connected, id="x"), Machine(Connected, id="y")
    pipes.bind_connected(x, y)
    x.add("Start")
    assert y.is_("Disconnected")
    one, two = Machine({"A": State(), "B": State()}), Machine({"A": State(), "B": State()})
    pipes.bind_any(one, two)
    one.add("A", "B")
    one.remove("B")
    assert two.active_states() == ("A",), "quirk: the original never removes from a superset"
    c, d = pair()
    c.add("A")
    d.add("X")
    assert pipes.sync(c, d, {"A": "A", "B": "X"}) == 2
    assert d.active_states() == ("A",)


def test_unknown_states() -> None:
    a, b = pair()
    with pytest.raises(StateError):
        pipes.bind(a, b, "Nope", "A")
    with pytest.raises(StateError):
        pipes.bind(a, b, "A", "Nope")
    with pytest.raises(StateError):
        pipes.bind_any(b, a)
