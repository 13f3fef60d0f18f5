"""Declaring schemas: as dicts and classes, checked, cleaned, merged."""

from __future__ import annotations

import pytest

from asyncmachine import Machine, Schema, SchemaError, State, StateError, extend, merge, prefix
from asyncmachine.schema import clean_schema, read_schema, states_by_tag
from asyncmachine.states import Basic, Connected


class Light(Schema):
    Green = State(auto=True)
    Red = State(remove=[Green], tags="stop")

    class Groups:
        Colours = ("Green", "Red")


class Crossing(Light):
    Walk = State(require=Light.Red)


def test_class_states_are_typed_constants() -> None:
    machine = Machine(Light, id="x")
    assert Light.Red == "Red"
    assert machine.state_names == ("Green", "Red", "Exception")
    assert machine.add(Light.Red).executed
    assert machine.schema["Red"].remove == ("Green",)


def test_inherited_states_come_first_and_form_groups() -> None:
    machine = Machine(Crossing, id="x")
    assert machine.state_names == ("Green", "Red", "Walk", "Exception")
    assert machine.groups == {"self": (2,), "Light": (0, 1)}
    assert machine.groups_order == ("self", "Light")
    assert Machine(Light).groups["Colours"] == (0, 1)


def test_unknown_relation_names_state_relation_and_nearest() -> None:
    with pytest.raises(SchemaError, match=r"state A: require names 'Conected'.*'Connected'"):
        Machine({"A": State(require="Conected"), "Connected": State()})


def test_contradiction_is_refused_or_becomes_the_first_error() -> None:
    schema = {"A": State(require="B", remove="B"), "B": State()}
    with pytest.raises(SchemaError, match="state A: both require and remove name B"):
        Machine(schema)
    machine = Machine(schema, strict=False)
    assert machine.is_err()
    assert machine.queue_tick == 2
    assert str(machine.err) == "schema error: require-remove conflict for A to B"


def test_exception_must_be_listed_to_be_related_to() -> None:
    with pytest.raises(SchemaError, match="state A: remove names Exception"):
        Machine({"A": State(remove="Exception")})
    Machine({"A": State(require="Exception")})


def test_fields_are_checked() -> None:
    with pytest.raises(SchemaError, match="state A: unknown field 'requires'; did you mean"):
        read_schema({"A": {"requires": ["B"]}})
    with pytest.raises(SchemaError, match="state A: expected State"):
        read_schema({"A": 1})  # type: ignore[dict-item]
    with pytest.raises(SchemaError, match="a schema is a mapping"):
        read_schema(1)  # type: ignore[arg-type]


def test_cleaning() -> None:
    cleaned = clean_schema(
        {
            "A": State(remove=["A", "B", "Ghost"], add=["B", "Ghost"], after=["A", "Ghost"]),
            "B": State(require=["Ghost"]),
        }
    ).states
    assert cleaned["A"] == State(add=["B"])
    assert cleaned["B"].require == ("Ghost",)


def test_a_name_in_both_add_and_remove_that_no_state_has_is_harmless() -> None:
    machine = Machine({"A": State(add="Ghost", remove="Ghost")}, strict=False)
    assert machine.add("A").executed


def test_an_unlisted_exception_in_both_add_and_remove_is_added() -> None:
    both = State(add="Exception", remove="Exception")
    machine = Machine({"A": both, "B": State(add="Exception")}, strict=False)
    machine.add("B")
    assert not machine.is_err()
    machine.add("A")
    assert machine.is_err()


def test_merge_extend_prefix() -> None:
    base = {"A": State(multi=True, add="B"), "B": State()}
    assert merge(base, {"A": State()})["A"] == State()
    assert extend(base, {"A": State(auto=True, add=["C"]), "C": State()})["A"] == State(
        auto=True, multi=True, add=["B", "C"]
    )
    assert prefix(base, "X") == {"XA": State(multi=True, add="XB"), "XB": State()}
    assert list(prefix(base, "X", skip=["B"])) == ["XA", "B"]
    assert list(prefix({"XA": State()}, "X", remove_dups=True)) == ["XA"]


def test_tags() -> None:
    assert states_by_tag({"A": State(tags=["k:v"]), "B": State(tags="k"), "C": State()}, "k") == (
        "A",
        "B",
    )


def test_names_fix_the_order() -> None:
    schema = {"A": State(), "B": State()}
    machine = Machine(schema, names=["Exception", "B", "A"])
    assert machine.state_names == ("Exception", "B", "A")
    with pytest.raises(SchemaError, match="missing: Exception"):
        Machine(schema, names=["B", "A"])
    with pytest.raises(SchemaError, match="state C not defined in schema for m"):
        Machine(schema, id="m", names=["A", "B", "C", "Exception"])


def test_unknown_states_in_mutations_and_queries() -> None:
    machine = Machine(Light, id="lights")
    for call in (machine.add, machine.remove, machine.set, machine.toggle, machine.can_add):
        with pytest.raises(StateError, match=r"Grene not defined in schema for lights; .*'Green'"):
            call("Grene")
    with pytest.raises(StateError):
        machine.not_("Grene")
    with pytest.raises(StateError):
        machine.tick("Grene")
    assert not machine.is_("Grene")
    assert not machine.has("Grene")


def test_ready_made_schemas() -> None:
    basic = Machine(Basic)
    basic.add("ErrNetwork")
    assert basic.is_err()
    line = Machine(Connected)
    line.add("Start")
    assert line.is_("Disconnected")
    line.add("Connecting")
    assert line.active_states() == ("Start", "Connecting")
