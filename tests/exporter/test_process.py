"""Programs that end, fork, or are ended: as processes of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from tests.exporter.peer import Answer, Peer, plainly, until

ROOT = Path(__file__).parents[2]

PRELUDE = """
import os, sys, time
from asyncmachine import Machine, State
from telemetry import bind_dbg, bind_from_env
machine = Machine({"A": State(multi=True), "B": State(remove=["A"])}, id="m")
exporter = bind_from_env(machine)
"""


def run(body: str, addr: str, **env: str) -> tuple[subprocess.CompletedProcess[str], float]:
    """Runs a program against a debugger; it and the seconds from its last line to its end."""
    program = PRELUDE + textwrap.dedent(body) + "\nprint(time.time())\n"
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "AM_DBG_ADDR": addr, **env},
        timeout=60,
    )
    ended = time.time()
    assert done.stderr == ""
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    return done, ended - float(lines[-1])


def test_at_the_end_everything_is_sent(peer: Peer) -> None:
    run("for _ in range(2000): machine.add('A')", peer.addr)
    seen = peer.reader["m"]
    assert len(seen.transitions()) == len(seen.queued()) == 2000
    assert seen.clocks[0] == 3999
    assert peer.methods()[-1] == "bye"


def test_at_once_when_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        addr = f"127.0.0.1:{unused.getsockname()[1]}"
        body = """
        machine.add('A')
        while not exporter.stats().last_error: time.sleep(0.01)
        for _ in range(1000): machine.add('A')
        """
        done, ending = run(body, addr)
        plain, plain_ending = run("machine.add('A')", "")
    assert len(done.stdout.splitlines()) == len(plain.stdout.splitlines()) == 1
    assert ending < plain_ending + 0.3


def test_a_program_shorter_than_connecting(peer: Peer) -> None:
    run("machine.add('A')", peer.addr)
    assert len(peer.reader["m"].transitions()) == 1


def test_a_debugger_that_never_answers_holds_nobody_up(peer: Peer) -> None:
    peer.answer = lambda msgid, method, params: None
    _, ending = run("for _ in range(100): machine.add('A')", peer.addr)
    assert ending < 1.5


def test_a_debugger_that_stops_answering(peer: Peer) -> None:
    def answer(msgid: int, method: str, params: list[Any]) -> Answer:
        return plainly(msgid, method, params) if method == "hello" else None

    peer.answer = answer
    _, ending = run("for _ in range(100): machine.add('A')", peer.addr)
    assert ending < 1.5
    assert len(peer.reader["m"].transitions()) == 100


def test_what_is_not_sent_in_time_is_said(peer: Peer) -> None:
    """So slow that two seconds are not enough: the rest is a gap with its count."""

    def answer(msgid: int, method: str, params: list[Any]) -> Answer:
        if method == "DbgMsgTx":
            time.sleep(0.03)  # that is what slow means
        return plainly(msgid, method, params)

    peer.answer = answer
    _, ending = run("for _ in range(20_000): machine.add('A')", peer.addr)
    assert ending < 3.0
    until(lambda: peer.methods()[-1] == "bye" or peer.reader["m"].gaps)
    seen = peer.reader["m"]
    assert [gap["reason"] for gap in seen.gaps][-1:] == ["exit"]
    assert len(seen.seqs) + sum(gap["lost"] for gap in seen.gaps) == 40_000


def test_an_exception_ends_the_program_as_ever(peer: Peer) -> None:
    program = PRELUDE + "machine.add('A')\nraise SystemExit(3)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "AM_DBG_ADDR": peer.addr},
        cwd=ROOT,
        timeout=30,
    )
    assert done.returncode == 3
    assert len(peer.reader["m"].transitions()) == 1


def test_binding_and_mutating_in_the_last_moment(peer: Peer) -> None:
    """From atexit callbacks and finalizers, when the exporter has ended already."""
    body = """
    import atexit
    class Last:
        def __del__(self, machine=machine): machine.add('A')
    keep = Last()
    sys.modules['keep'] = keep
    machine.add('A')
    atexit.register(machine.add, 'A')
    """
    run(body, peer.addr)
    assert len(peer.reader["m"].transitions()) >= 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_is_another_instance(peer: Peer) -> None:
    body = """
    import warnings
    warnings.simplefilter('ignore', DeprecationWarning)
    other = Machine({"X": State()}, id="unused", parent=machine)
    machine.add('A')
    assert exporter.flush(5)
    for _ in range(50): machine.add('A')
    child = os.fork()
    for _ in range(10): machine.add('A')
    if not child:
        assert exporter.flush(5)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    machine.add('A')
    """
    run(body, peer.addr)
    instances = [seen for (known, _), seen in peer.reader.machines.items() if known == "m"]
    parent, child = instances
    assert peer.connections == 2
    assert len(parent.transitions()) == 62
    assert len(child.transitions()) == 10
    assert parent.clocks[0] == 1 + 2 * 61
    assert child.clocks[0] == 1 + 2 * 60
    assert parent.lost() == child.lost() == 0
    assert len([1 for known, _ in peer.reader.machines if known == "unused"]) == 1
    pids = {params[0]["pid"] for method, params in peer.calls if method == "hello"}
    assert len(pids) == 2


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_multiprocessing(peer: Peer, method: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(
            f"""
            import multiprocessing, warnings
            from asyncmachine import Machine, State
            from telemetry import bind_from_env
            warnings.simplefilter('ignore', DeprecationWarning)
            def work(name):
                machine = Machine({{"A": State(multi=True)}}, id=name)
                bind_from_env(machine)
                for _ in range(100): machine.add('A')
            if __name__ == '__main__':
                own = Machine({{"A": State(multi=True)}}, id="own")
                bind_from_env(own)
                own.add('A')
                context = multiprocessing.get_context({method!r})
                workers = [context.Process(target=work, args=(f"w{{i}}",)) for i in range(2)]
                for worker in workers: worker.start()
                for worker in workers: worker.join()
            """
        )
    )
    done = subprocess.run(
        [sys.executable, str(program)],
        env={**os.environ, "AM_DBG_ADDR": peer.addr, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(peer.reader["own"].transitions()) == 1
    for name in ("w0", "w1"):
        assert len(peer.reader[name].transitions()) == 100
        assert peer.reader[name].schema["service"] == "program"
