"""What a machine does, as a debugger sees it."""

from __future__ import annotations

import gc
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from asyncmachine import Event, Machine, State
from telemetry import bind_dbg, bind_from_env
from telemetry.dbg import DbgTracer
from tests.exporter.peer import Peer, until

TOGGLE = {"A": State(remove=["B"]), "B": State(remove=["A"])}


def toggle(machine_id: str, **options: Any) -> Machine:
    return Machine(TOGGLE, id=machine_id, **options)


def test_transitions_queued_checks_and_canceled(peer: Peer) -> None:
    class Handlers:
        def AExit(self, event: Event) -> bool:  # noqa: N802 - handlers are named by states
            return False

    machine = toggle("m", tags=["shop", "kind:test"])
    machine.bind_handlers(Handlers())
    exporter = bind_dbg(machine, peer.addr, service="svc")
    machine.add("A")
    machine.add("B")
    machine.can_add("B")
    assert exporter.flush(10)

    seen = peer.reader["m"]
    assert seen.schema["states_index"] == list(machine.state_names)
    assert seen.schema["states"]["A"] == {"remove": ["B"]}
    assert seen.schema["tags"] == ["shop", "kind:test"]
    assert seen.schema["service"] == "svc"
    added, canceled, checked = seen.transitions()
    assert added["accepted"]
    assert added["called_states_idxs"] == [0]
    assert not canceled.get("accepted")
    assert "clocks" not in canceled
    assert "ticks" not in canceled
    assert canceled["handlers"][0][0] == "AExit"
    assert canceled["handlers"][0][4] == "refused"
    assert checked["is_check"]
    assert all(message["steps"] for message in (added, canceled, checked))
    assert added["duration"] > 0
    first, second, third = seen.queued()
    assert [message["accepted"] for message in (first, second, third)] == [True] * 3
    assert added["queue_tick"] == first["mut_queue_tick"]
    assert canceled["queue_tick"] == second["mut_queue_tick"]
    assert checked["mut_queue_token"] == third["mut_queue_token"]
    assert len({message["id"] for message in seen.messages}) == 6
    assert [message["seq"] for message in seen.messages] == [1, 2, 3, 4, 5, 6]
    assert seen.clocks == list(machine.time())


def test_log_entries_are_collected_and_not_printed(
    peer: Peer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    machine = toggle("m")
    exporter = bind_dbg(machine, peer.addr)
    machine.log("hello\nthere")
    machine.add("A")
    assert exporter.flush(10)
    (message,) = peer.reader["m"].transitions()
    assert [1, "[exter] hello there"] in message["pre_log_entries"]
    assert [3, "[queue:add] A"] in message["pre_log_entries"]
    assert [2, "[state] +A"] in message["log_entries"]
    assert capfd.readouterr() == ("", "")
    assert not [record for record in caplog.records if record.name.startswith("asyncmachine")]


def test_log_level_from_the_environment(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AM_LOG", "2")
    machine = toggle("m")
    exporter = bind_dbg(machine, peer.addr)
    machine.add("A")
    assert exporter.flush(10)
    (message,) = peer.reader["m"].transitions()
    assert message["log_entries"] == [[2, "[state] +A"]]
    assert "pre_log_entries" not in message


def test_stack_of_the_caller(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = toggle("m")
    exporter = bind_dbg(machine, peer.addr)
    machine.add("A")
    assert exporter.flush(10)
    (message,) = peer.reader["m"].queued()
    assert message["stack_trace"].splitlines()[-1].endswith(" test_stack_of_the_caller")
    assert "asyncmachine/" not in message["stack_trace"]

    monkeypatch.setenv("AM_DBG_NO_TRACE", "1")
    other = toggle("other")
    exporter = bind_dbg(other, peer.addr)
    other.add("A")
    assert exporter.flush(10)
    assert "stack_trace" not in peer.reader["other"].queued()[0]


def test_arguments_and_source(peer: Peer) -> None:
    target = toggle("target")

    class Handlers:
        def AState(self, event: Event) -> None:  # noqa: N802
            target.add("A", args={"path": "/x", "secret": "s"})

    machine = toggle("m")
    machine.bind_handlers(Handlers())
    bind_dbg(machine, peer.addr)
    exporter = bind_dbg(target, peer.addr)
    machine.add("A")
    assert exporter.flush(10)
    (message,) = peer.reader["target"].transitions()
    (own,) = peer.reader["m"].transitions()
    assert message["args"] == {"path": "/x"}
    assert message["source"] == ["m", own["id"], 0, "AState"]
    (queued,) = peer.reader["target"].queued()
    assert queued["args"] == {"path": "/x"}
    assert queued["source"] == message["source"]


def test_own_mapper_and_its_errors(peer: Peer) -> None:
    def mapper(args: Mapping[str, Any]) -> Mapping[str, str]:
        return {"job": args["job"].upper()}

    machine = toggle("m")
    exporter = bind_dbg(machine, peer.addr, args=mapper)
    machine.add("A", args={"job": "wash"})
    machine.add("B", args={"name": "x"})
    assert exporter.flush(10)
    good, bad = peer.reader["m"].transitions()
    assert good["args"] == {"job": "WASH"}
    assert "KeyError" in bad["args"]["mapper failed"]


def test_text_that_is_no_utf8(peer: Peer) -> None:
    machine = toggle("m")
    exporter = bind_dbg(machine, peer.addr)
    escaped = b"caf\xe9".decode("utf-8", "surrogateescape")
    machine.add("A", args={"name": escaped, "path": "\x1b[2J[bold]"})
    machine.add("B", args={"name": "lone \ud800"})
    assert exporter.flush(10)
    first, second = peer.reader["m"].transitions()
    assert first["args"] == {"name": escaped, "path": "\x1b[2J[bold]"}
    assert second["args"] == {"name": "lone \\ud800"}
    assert first["steps"]
    assert peer.reader["m"].clocks == list(machine.time())


def test_arguments_that_cannot_be_printed(peer: Peer) -> None:
    class Odd:
        def __str__(self) -> str:
            raise RuntimeError("no")

    machine = toggle("m")
    exporter = bind_dbg(machine, peer.addr)
    machine.add("A", args={"name": Odd()})
    assert exporter.flush(10)
    (message,) = peer.reader["m"].transitions()
    assert message["args"]["name"] == "<Odd: RuntimeError when printed>"
    assert len(message["log_entries"]) >= 2


def test_a_late_binding_begins_with_the_clocks(peer: Peer) -> None:
    machine = toggle("m")
    machine.add("A")
    machine.add("B")
    exporter = bind_dbg(machine, peer.addr)
    assert exporter.flush(10)
    assert peer.reader["m"].clocks == list(machine.time())
    machine.add("A")
    assert exporter.flush(10)
    assert peer.reader["m"].clocks == list(machine.time())


def test_children_inherit_when_asked(peer: Peer) -> None:
    parent = toggle("parent")
    exporter = bind_dbg(parent, peer.addr)
    child = toggle("child", parent=parent)
    grandchild = toggle("grandchild", parent=child)
    grandchild.add("A")
    loner = toggle("loner")
    bind_dbg(loner, peer.addr, inherit=False)
    unseen = toggle("unseen", parent=loner)
    unseen.add("A")
    assert exporter.flush(10)
    assert peer.reader["child"].schema["parent"] == "parent"
    assert peer.reader["grandchild"].schema["parent"] == "child"
    assert peer.reader["grandchild"].clocks == list(grandchild.time())
    assert "unseen" not in {machine_id for machine_id, _ in peer.reader.machines}


def test_schema_change(peer: Peer) -> None:
    machine = toggle("m")
    exporter = bind_dbg(machine, peer.addr)
    machine.add("A")
    machine.set_schema({**machine.schema, "New": State()}, ["New", *machine.state_names])
    machine.add("New")
    assert exporter.flush(10)
    seen = peer.reader["m"]
    assert seen.schema["states_index"] == ["New", "A", "B", "Exception"]
    assert seen.clocks == list(machine.time())


def test_binding_twice_is_binding_once(peer: Peer) -> None:
    machine = toggle("m")
    bind_dbg(machine, peer.addr)
    exporter = bind_dbg(machine, peer.addr)
    machine.add("A")
    assert exporter.flush(10)
    assert len([t for t in machine.tracers if isinstance(t, DbgTracer)]) == 1
    assert len(peer.reader["m"].transitions()) == 1


def test_two_addresses(peer: Peer) -> None:
    other = Peer()
    machine = toggle("m")
    first, second = bind_dbg(machine, peer.addr), bind_dbg(machine, other.addr)
    machine.add("A")
    assert first.flush(10)
    assert second.flush(10)
    assert peer.reader["m"].clocks == other.reader["m"].clocks == list(machine.time())
    other.close()


def test_unbinding_sends_what_there_was(peer: Peer) -> None:
    machine = toggle("m")
    exporter = bind_dbg(machine, peer.addr)
    machine.add("A")
    exporter.unbind()
    exporter.unbind()
    machine.add("B")
    assert exporter.flush(10)
    assert len(peer.reader["m"].transitions()) == 1
    assert not machine.tracers
    until(lambda: peer.methods()[-1] == "bye")
    machine.add("A")
    bind_dbg(machine, peer.addr)
    assert exporter.flush(10)
    assert peer.reader["m"].clocks == list(machine.time())


def test_disposed_and_forgotten_machines(peer: Peer) -> None:
    machine, dropped = toggle("m"), toggle("dropped")
    exporter = bind_dbg(machine, peer.addr)
    bind_dbg(dropped, peer.addr)
    dropped.add("A")
    machine.add("A")
    machine.dispose()
    del dropped
    gc.collect()
    assert exporter.flush(10)
    until(lambda: peer.methods()[-1] == "bye")
    assert len(peer.reader["m"].transitions()) == 1
    assert len(peer.reader["dropped"].transitions()) == 1
    assert not exporter.stats().connected


def test_an_exporter_keeps_no_machine_alive(peer: Peer) -> None:
    machine = toggle("m")
    exporter = bind_dbg(machine, peer.addr)
    assert exporter.flush(10)
    before = len([o for o in gc.get_objects() if isinstance(o, Machine)])
    del machine
    gc.collect()
    assert len([o for o in gc.get_objects() if isinstance(o, Machine)]) == before - 1


def test_mutations_from_many_threads(peer: Peer) -> None:
    machines = [toggle("m0"), toggle("m1")]
    exporters = [bind_dbg(machine, peer.addr) for machine in machines]

    def run(machine: Machine) -> None:
        for _ in range(500):
            machine.add("A")
            machine.add("B")

    threads = [threading.Thread(target=run, args=(m,)) for m in machines for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert exporters[0].flush(20)
    for machine in machines:
        seen = peer.reader[machine.id]
        assert seen.lost() == 0
        assert seen.clocks == list(machine.time())
    assert peer.connections == 1


@pytest.mark.parametrize("addr", ["localhost", "localhost:", ":80", "unix:", "host:port", "::1:80"])
def test_a_wrong_address_is_said_at_once(addr: str) -> None:
    machine = toggle("m")
    with pytest.raises(ValueError, match="is no address: give HOST:PORT") as error:
        bind_dbg(machine, addr)
    assert "\n" not in str(error.value)
    assert not machine.tracers


def test_environment_binds_only_when_asked(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    machine = toggle("m")
    assert bind_from_env(machine) is None
    assert not machine.tracers

    monkeypatch.setenv("AM_DBG_ADDR", "nonsense")
    assert bind_from_env(machine) is None
    assert bind_from_env(toggle("other")) is None
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "AM_DBG_ADDR" in record.getMessage()
    assert "HOST:PORT" in record.getMessage()

    monkeypatch.setenv("AM_DBG_ADDR", peer.addr)
    exporter = bind_from_env(machine)
    assert exporter is not None
    machine.add("A")
    assert exporter.flush(10)
    assert peer.reader["m"].clocks == list(machine.time())


def test_a_wrong_address_in_the_environment_is_said_without_any_logging_set_up() -> None:
    code = (
        "from asyncmachine import Machine, State\n"
        "from telemetry import bind_from_env\n"
        "bind_from_env(Machine({'A': State()}))\n"
        "print('goes on')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "AM_DBG_ADDR": "nonsense"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "goes on\n"
    assert done.stderr.startswith("AM_DBG_ADDR: 'nonsense' is no address: give HOST:PORT")
    assert done.stderr.count("\n") == 1
