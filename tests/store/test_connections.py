"""Who is connected when, who belongs to whom, and what the recorder had to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from telemetry.messages import DbgMsgStruct, DbgMsgTx
from tests.store.recordings import Tape, only


@pytest.fixture
def tape(tmp_path: Path) -> Tape:
    return Tape(tmp_path / "x.mcap")


def test_a_machine_is_connected_from_its_schema_to_its_connection_s_end(tape: Tape) -> None:
    tape.event("connected", conn="1", peer="10.0.0.1:5")
    tape.event("hello", conn="1", client="lib/1", service="svc", host="box", pid=7)
    tape.schema()
    begun = tape.now
    tape.tx()
    tape.event("disconnected", conn="1")
    ended = tape.now
    tape.tx()
    store = tape.store()
    machine = only(store)
    assert not machine.connected
    assert not machine.connected_at(begun - 1)
    assert machine.connected_at(begun)
    assert machine.connected_at(ended - 1)
    assert not machine.connected_at(ended + 2_000_000)
    (client,) = store.status.clients.values()
    assert (client.name, client.service, client.host, client.pid) == ("lib/1", "svc", "box", "7")
    assert not client.open
    assert store.status.connected == 0


def test_an_open_connection_is_connected_at_the_end(tape: Tape) -> None:
    tape.event("connected", conn="1")
    tape.schema()
    store = tape.store(close=False)
    assert only(store).connected
    assert store.status.connected == 1


def test_when_the_recorder_is_gone_nothing_is_connected(tape: Tape) -> None:
    tape.event("connected", conn="1")
    tape.schema()
    tape.tx()
    store = tape.store(close=False)
    machine = only(store)
    assert machine.connected
    tape.writer.close()  # without a word about its connections
    store.feed()
    assert not machine.connected_at(None)
    assert machine.connected_at(machine.time_at(0))
    assert store.status.connected == 0


def test_a_machine_resumes_on_a_later_connection(tape: Tape) -> None:
    tape.event("connected", conn="1")
    tape.schema()
    tape.event("disconnected", conn="1")
    tape.event("connected", conn="2")
    tape.event("resumed", conn="2", machine_id="m", instance="i1")
    # its channel still names the connection on which it began
    tape.schema()
    machine = only(tape.store(close=False))
    assert machine.connected
    assert len(machine.spans) == 2


def test_a_recorder_s_crash_ends_every_connection(tape: Tape) -> None:
    tape.event("connected", conn="1")
    tape.schema()
    tape.event("recovered", bytes=10)
    store = tape.store(close=False)
    assert not only(store).connected
    assert store.status.recovered == 1


def test_rejected_refused_and_ignored_are_counted_and_told(tape: Tape) -> None:
    tape.event("connected", conn="1", peer="10.0.0.1:5")
    tape.event("rejected", conn="1", peer="10.0.0.1:5", code="garbage", text="no msgpack")
    tape.event("refused", conn="2", peer="10.0.0.2:5", text="denied: wrong token")
    tape.event("ignored", conn="1", method="Nope", count=3)
    status = tape.store().status
    assert (status.rejected, status.refused, status.ignored) == (1, 1, 3)
    assert list(status.errors) == [
        "10.0.0.1:5 rejected: garbage: no msgpack",
        "10.0.0.2:5 refused: denied: wrong token",
    ]
    assert status.records == 0


def test_repeated_ids_get_numbered_labels(tape: Tape) -> None:
    tape.schema(instance="i1")
    tape.schema(instance="i2")
    tape.tx(instance="i2", id="t")
    store = tape.store()
    assert [machine.label for machine in store.machines] == ["m", "m#2"]
    assert store.machine_by("m#2") is store.machines[1]
    assert store.machine_by("m") is store.machines[0]
    assert store.machine_by("x") is None
    assert store.find_tx("m#2", "t") == 0
    assert store.machine_at("m", None) is store.machines[1]


def test_parents_by_id_also_when_the_child_came_first(tape: Tape) -> None:
    tape.schema("child", parent="top")
    tape.schema("top")
    store = tape.store()
    assert store.machines[0].parent == 1
    assert store.machines[1].children == [0]


def test_the_parent_is_the_one_on_the_same_connection(tape: Tape) -> None:
    tape.schema("top", instance="p1", conn="1")
    tape.schema("top", instance="p2", conn="2")
    tape.schema("child", instance="c1", conn="1", parent="top")
    tape.schema("child", instance="c2", conn="2", parent="top")
    store = tape.store()
    assert [machine.parent for machine in store.machines] == [None, None, 0, 1]


@pytest.mark.parametrize("ring", [1, 2, 3])
def test_parents_in_a_circle_do_not_hang(tape: Tape, ring: int) -> None:
    for no in range(ring):
        tape.schema(f"m{no}", parent=f"m{(no + 1) % ring}")
    store = tape.store()
    roots = [machine for machine in store.machines if machine.parent is None]
    assert len(roots) == 1


def test_without_instances_a_machine_is_its_id_on_its_connection(tape: Tape) -> None:
    tape.schema(instance="")
    tape.tx(instance="", clocks=[1, 0, 0, 0])
    machine = only(tape.store())
    assert machine.last_ticks() == [1, 0, 0, 0]


def test_somebody_else_s_file_may_name_the_instance_in_the_schema_alone(tape: Tape) -> None:
    schema = DbgMsgStruct("m", ["A"], instance="0123456789abcdef")
    tape.put("m", "DbgMsgStruct", schema, "")
    tape.put("m", "DbgMsgTx", DbgMsgTx(machine_id="m", ticks=[(0, 1)]), "")
    machine = only(tape.store())
    assert (machine.states, machine.last_ticks()) == (["A"], [1])
