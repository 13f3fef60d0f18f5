"""Replacing the schema of a running machine, and carrying clocks from one to another."""

from __future__ import annotations

import pytest

from asyncmachine import Event, Machine, MachineError, SchemaError, State
from tests.kernel.support import Recorder


def test_clocks_handlers_waits_and_groups_go_on() -> None:
    m = Machine({"A": State(), "B": State()}, id="m", groups={"G": ["B"]})
    log: list[str] = []
    m.bind_handlers({"BState": lambda e: log.append(e.name)})
    recorder = Recorder()
    m.bind_tracer(recorder)
    m.add("A")
    wait, timed, args = m.when("B", "A"), m.when_time("B", 1), m.when_args("B", {"x": 1})
    ctx = m.new_state_ctx("A")
    new = {"B": State(add="C"), "C": State(), "A": State(), "Exception": State(multi=True)}
    m.set_schema(new, names=["B", "C", "A", "Exception"])
    assert recorder.events[-2:] == ["verify_states", "schema_change"]
    assert m.state_names == ("B", "C", "A", "Exception")
    assert m.time() == (0, 0, 1, 0)
    assert m.groups == {"G": (0,)}
    assert m.add("B", args={"x": 1}).executed
    assert m.active_states() == ("B", "C", "A") or m.is_("A", "B", "C")
    assert log == ["BState"]
    assert wait.matched
    assert timed.matched
    assert args.matched
    assert ctx.alive
    m.remove("A")
    assert not ctx.alive


def test_new_states_come_last_by_default() -> None:
    m = Machine({"A": State()})
    m.set_schema({"New": State(), "A": State(), "Exception": State(multi=True)})
    assert m.state_names == ("A", "Exception", "New")


def test_refusals_leave_everything_as_it_was() -> None:
    m = Machine({"A": State(), "B": State()}, id="m")
    m.bind_handlers({"AState": lambda e: None})
    m.add("A")
    full = {"A": State(), "B": State(), "Exception": State(multi=True)}
    with pytest.raises(SchemaError, match="new schema of m lacks B"):
        m.set_schema({"A": State(), "Exception": State()})
    with pytest.raises(SchemaError, match="state A: add names 'X'"):
        m.set_schema({**full, "A": State(add="X")})
    with pytest.raises(SchemaError, match="names of m are not the states"):
        m.set_schema(full, names=["A"])
    assert m.state_names == ("A", "B", "Exception")
    assert m.is_("A")


def test_not_within_a_transition() -> None:
    m = Machine({"A": State()}, id="m")
    m.bind_handlers({"AState": lambda e: m.set_schema(m.schema)})
    m.add("A")
    assert isinstance(m.err, MachineError)
    assert "during a transition" in str(m.err)


def test_export_import() -> None:
    schema = {"A": State(), "B": State(), "MachineRestored": State()}
    m = Machine(schema, id="m")
    m.add("B")
    m.add("A")
    m.remove("A")
    data = m.export_()
    other = Machine(schema, id="m", names=["B", "A", "MachineRestored", "Exception"])
    log: list[str] = []

    def restored(event: Event) -> None:
        log.append(str(event.machine))

    other.bind_handlers({"MachineRestoredState": restored})
    other.import_(data)
    assert other.clock() == {"B": 1, "A": 2, "MachineRestored": 1, "Exception": 0}
    assert other.machine_tick == 1
    assert log == ["(B:1 MachineRestored:1)"]
    with pytest.raises(SchemaError, match="import ID mismatch"):
        Machine(schema, id="x").import_(data)
    with pytest.raises(SchemaError, match="the states differ"):
        Machine({"A": State()}, id="m").import_(data)
