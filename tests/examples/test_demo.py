"""``am-dbg demo``: starts the examples, connects them, ends them."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tests.examples.conftest import DEADLINE, StartRecorder, environment, wait_for


def demo(*options: str, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "am_dbg", "demo", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(**env),
    )


def children_of(pid: int) -> list[int]:
    """Process ids of the direct children."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    return [int(word) for word in text.split()]


def alive(pid: int) -> bool:
    """Whether it runs; a zombie, which waits for nothing but its parent, does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text("ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


def test_all_machines_reach_the_debugger(start_recorder: StartRecorder) -> None:
    recorder = start_recorder("--until-idle", "1")
    process = demo("--addr", recorder.addr, "--seconds", "4")
    output, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0
    assert errors == ""
    assert output.count("\n") == 1
    assert recorder.addr in output
    assert "No debugger" not in output

    recorder.wait()
    info = recorder.info()
    ids = {machine["id"] for machine in info["machines"]}
    assert {"files", "files-worker-3", "link-2", "tcp-server", "turnstile"} <= ids
    assert info["rejected"] == 0
    assert not any(machine["lost"] for machine in info["machines"])


def test_says_that_nobody_listens_and_connects_later(start_recorder: StartRecorder) -> None:
    first = start_recorder("--until-idle", "1", output="first.mcap")
    first.process.send_signal(signal.SIGTERM)
    first.wait()  # its port is free now

    process = demo("--addr", first.addr, "--seconds", "0")
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "No debugger listens there yet" in line
    assert f"am-dbg --listen {first.addr}" in line

    recorder = start_recorder("--until-idle", "1", addr=first.addr, output="second.mcap")
    wait_for(lambda: len(recorder.info()["machines"]) == 13, "all machines have connected")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=DEADLINE)
    assert process.returncode == 0
    recorder.wait()
    assert recorder.info()["rejected"] == 0


def test_killed_it_leaves_nothing_behind() -> None:
    process = demo("--addr", "127.0.0.1:9", "--seconds", "0")
    wait_for(lambda: len(children_of(process.pid)) == 3, "three examples run")
    children = children_of(process.pid)
    process.kill()
    process.communicate(timeout=DEADLINE)
    wait_for(lambda: not any(map(alive, children)), "they have ended too")


def test_ends_with_whoever_started_it() -> None:
    """The debugger with ``--demo`` holds the other end of stdin, and may be killed."""
    process = demo("--addr", "127.0.0.1:9", "--seconds", "0", "--follow-stdin")
    wait_for(lambda: len(children_of(process.pid)) == 3, "three examples run")
    children = children_of(process.pid)
    process.communicate(timeout=DEADLINE)  # closes its stdin
    assert process.returncode == 0
    assert not any(map(alive, children))


def test_a_wrong_address_is_one_line() -> None:
    process = demo("--addr", "nowhere")
    _, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode in (1, 2)
    assert "nowhere" in errors
    assert "Traceback" not in errors
