"""Debuggers that are away, slow, silent, or something else altogether."""

from __future__ import annotations

import logging
import socket
import statistics
import time
from collections.abc import Iterator
from typing import Any

import msgpack
import pytest

from asyncmachine import Machine, State
from telemetry import bind_dbg
from telemetry.address import parse_address
from telemetry.senders import sender_for
from tests.exporter.peer import Answer, Peer, plainly, until

TOGGLE = {"A": State(multi=True), "B": State(remove=["A"])}


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port that nobody listens on, and that nobody else gets meanwhile."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


def run(machine: Machine, times: int) -> None:
    for _ in range(times):
        machine.add("A")


def test_nobody_listens(
    free_port: int, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    machine = Machine(TOGGLE, id="m")
    began = time.monotonic()
    exporter = bind_dbg(machine, f"127.0.0.1:{free_port}")
    run(machine, 100)
    assert time.monotonic() - began < 1
    until(lambda: exporter.stats().last_error)
    assert "nobody listens" in exporter.stats().last_error
    assert not exporter.flush(0.05)
    assert exporter.stats().dropped == 0
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_a_debugger_started_later_gets_everything() -> None:
    peer = Peer()
    peer.close()
    machine = Machine(TOGGLE, id="m")
    exporter = bind_dbg(machine, peer.addr)
    run(machine, 100)
    until(lambda: exporter.stats().last_error)
    late = Peer(("127.0.0.1", peer.port))
    assert exporter.flush(10)
    assert late.reader["m"].clocks == list(machine.time())
    assert late.reader["m"].lost() == 0
    late.close()


def test_reconnects_and_goes_on(peer: Peer) -> None:
    machine, quiet = Machine(TOGGLE, id="m"), Machine(TOGGLE, id="quiet")
    exporter = bind_dbg(machine, peer.addr)
    bind_dbg(quiet, peer.addr)
    quiet.add("A")
    for _ in range(5):
        run(machine, 20)
        peer.hang_up()
        run(machine, 20)
        assert exporter.flush(10)
    run(machine, 5)
    assert exporter.flush(10)
    seen = peer.reader["m"]
    assert seen.lost() == 0
    assert seen.clocks == list(machine.time())
    assert len(seen.transitions()) == 205
    assert peer.connections >= 5
    assert peer.reader["quiet"].schemas >= 5
    assert peer.reader["quiet"].clocks == list(quiet.time())
    assert 5 <= peer.methods().count("hello") <= peer.connections


def test_an_idle_program_is_seen_by_a_restarted_debugger(peer: Peer) -> None:
    machine = Machine(TOGGLE, id="m")
    exporter = bind_dbg(machine, peer.addr)
    machine.add("A")
    assert exporter.flush(10)
    until(lambda: exporter._tracer.sender.outbox.asleep)
    peer.hang_up()
    until(lambda: peer.reader["m"].schemas == 2)
    assert peer.reader["m"].clocks == list(machine.time())


def test_answers_lost_with_the_connection(peer: Peer) -> None:
    """Recorded, not answered: sent again, and the reader has nothing twice and nothing wrong."""
    silent = True

    def answer(msgid: int, method: str, params: list[Any]) -> Answer:
        return None if silent and method == "DbgMsgTx" else plainly(msgid, method, params)

    peer.answer = answer
    machine = Machine(TOGGLE, id="m")
    exporter = bind_dbg(machine, peer.addr)
    run(machine, 300)
    until(lambda: len(peer.reader.machines) and len(peer.reader["m"].messages) > 100)
    silent = False
    peer.hang_up()
    assert exporter.flush(10)
    assert peer.reader["m"].clocks == list(machine.time())
    assert peer.reader["m"].lost() == 0


def test_a_server_that_accepts_and_never_reads(peer: Peer) -> None:
    peer.reads = False
    machine = Machine(TOGGLE, id="m")
    exporter = bind_dbg(machine, peer.addr, max_messages=5000)
    sender = exporter._tracer.sender
    until(lambda: sender.stats().connections)
    took = []
    for _ in range(20_000):
        began = time.perf_counter()
        machine.add("A")
        took.append(time.perf_counter() - began)
    assert statistics.median(took) < 0.001
    assert exporter.stats().waiting <= 5000
    assert exporter.stats().dropped > 30_000
    peer.reads = True
    assert exporter.flush(20)
    seen = peer.reader["m"]
    assert seen.lost() == exporter.stats().dropped == sum(gap["lost"] for gap in seen.gaps)
    assert len(seen.seqs) + seen.lost() == 2 * 20_000
    assert seen.clocks == list(machine.time())


def test_a_server_that_stops_reading_midway(peer: Peer) -> None:
    machine = Machine(TOGGLE, id="m")
    exporter = bind_dbg(machine, peer.addr, max_messages=2000)
    run(machine, 10)
    assert exporter.flush(10)
    peer.reads = False
    run(machine, 30_000)
    peer.reads = True
    assert exporter.flush(30)
    seen = peer.reader["m"]
    assert len(seen.seqs) + seen.lost() == 2 * 30_010
    assert seen.clocks == list(machine.time())
    assert seen.lost() == exporter.stats().dropped


def test_a_slow_server(peer: Peer) -> None:
    def answer(msgid: int, method: str, params: list[Any]) -> Answer:
        time.sleep(0.02)  # that is what slow means
        return plainly(msgid, method, params)

    peer.answer = answer
    machine = Machine(TOGGLE, id="m")
    exporter = bind_dbg(machine, peer.addr)
    run(machine, 3000)
    assert exporter.flush(30)
    assert peer.reader["m"].lost() == 0
    assert peer.reader["m"].clocks == list(machine.time())


@pytest.mark.parametrize(
    "garbage",
    [
        b"\xc1\xc1\xc1",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        msgpack.packb({"not": "a message"}),
        b"\xc6\xff\xff\xff\xff",
        b"\x94\x01\x02\xc0\xdd\xff\xff\xff\xff",
    ],
)
def test_garbage_for_answers(peer: Peer, garbage: bytes) -> None:
    peer.answer = lambda msgid, method, params: garbage
    machine = Machine(TOGGLE, id="m")
    exporter = bind_dbg(machine, peer.addr)
    run(machine, 10)
    until(lambda: "no debugger" in exporter.stats().last_error)
    run(machine, 10)
    peer.answer = plainly
    assert exporter.flush(10)
    assert peer.reader["m"].clocks == list(machine.time())


def test_answers_that_make_no_sense_are_ignored(peer: Peer) -> None:
    noise = b"".join(
        msgpack.packb(message)
        for message in (
            [1, 99_999, None, {"recorded": 1}],
            [1, 0, [0, "Unknown message type"], None],
            [2, "nvim_error_event", [1, "x"]],
            [0, 7, "echo", []],
        )
    )

    def answer(msgid: int, method: str, params: list[Any]) -> Answer:
        result = {"hello": {"max_message": "much"}}.get(method, ["odd"])
        return noise + msgpack.packb([1, msgid, None, result])

    peer.answer = answer
    machine = Machine(TOGGLE, id="m")
    exporter = bind_dbg(machine, peer.addr)
    run(machine, 10)
    assert exporter.flush(10)
    assert peer.connections == 1
    assert peer.reader["m"].clocks == list(machine.time())


def test_rejected_messages_are_counted(peer: Peer) -> None:
    def answer(msgid: int, method: str, params: list[Any]) -> Answer:
        if method == "DbgMsgTx":
            return [1, msgid, None, {"recorded": len(params) - 1, "rejected": 1}]
        return plainly(msgid, method, params)

    peer.answer = answer
    machine = Machine(TOGGLE, id="m")
    exporter = bind_dbg(machine, peer.addr)
    machine.add("A")
    assert exporter.flush(10)
    assert exporter.stats().rejected >= 1
    assert "rejected" in exporter.stats().last_error


def test_a_wrong_token_is_said_once(peer: Peer, caplog: pytest.LogCaptureFixture) -> None:
    def answer(msgid: int, method: str, params: list[Any]) -> Answer:
        if params and params[0].get("token") != "right":
            return [1, msgid, "denied: wrong token", None]
        return plainly(msgid, method, params)

    peer.answer = answer
    machine = Machine(TOGGLE, id="m")
    exporter = bind_dbg(machine, peer.addr, token="wrong")
    machine.add("A")
    until(lambda: peer.connections >= 3)
    (record,) = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert "denied: wrong token" in record.getMessage()
    assert "denied" in exporter.stats().last_error
    peer.answer = plainly
    assert exporter.flush(10)
    assert peer.calls[0][1][0]["token"] == "wrong"


def test_messages_longer_than_the_server_takes(peer: Peer) -> None:
    def answer(msgid: int, method: str, params: list[Any]) -> Answer:
        assert len(msgpack.packb(params, unicode_errors="surrogateescape")) <= 8192
        if method == "hello":
            return [1, msgid, None, {"max_message": 8192}]
        return plainly(msgid, method, params)

    peer.answer = answer
    machine = Machine(TOGGLE, id="m")
    exporter = bind_dbg(machine, peer.addr)
    machine.log("x" * 10_000)
    run(machine, 200)
    assert exporter.flush(10)
    first = peer.reader["m"].transitions()[0]
    assert "details left out" in first["log_entries"][0][1]
    assert peer.reader["m"].lost() == 0
    assert peer.reader["m"].clocks == list(machine.time())


def test_unix_socket(tmp_path: Any) -> None:
    path = f"{tmp_path}/dbg.sock"
    machine = Machine(TOGGLE, id="m")
    exporter = bind_dbg(machine, f"unix:{path}")
    until(lambda: "nobody listens" in exporter.stats().last_error)


def test_limits_given_later_hold(free_port: int) -> None:
    addr = f"127.0.0.1:{free_port}"
    first, second = Machine(TOGGLE, id="m1"), Machine(TOGGLE, id="m2")
    bind_dbg(first, addr)
    exporter = bind_dbg(second, addr, max_messages=10, max_bytes=1_000_000)
    run(first, 100)
    assert exporter.stats().waiting <= 10
    assert sender_for(parse_address(addr), "", "").outbox.max_bytes == 1_000_000


def test_the_byte_limit_holds(free_port: int) -> None:
    machine = Machine(TOGGLE, id="m")
    exporter = bind_dbg(machine, f"127.0.0.1:{free_port}", max_bytes=200_000)
    for _ in range(100):
        machine.add("A", args={"data": "x" * 20_000})
    outbox = exporter._tracer.sender.outbox
    assert outbox.bytes <= 200_000
    assert 0 < exporter.stats().waiting < 20
    assert exporter.stats().dropped > 180
    for _ in range(100):
        machine.log("x" * 20_000)
        machine.add("A")
    assert exporter.stats().waiting < 40
