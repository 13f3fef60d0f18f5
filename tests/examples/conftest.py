"""Runs examples and recorders as the processes that users start."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = ("files", "supervisor", "classics")
DEADLINE = 30.0


def environment(**extra: str) -> dict[str, str]:
    """The environment without anybody's debugger in it."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("AM_")}
    return {**env, **extra}


def run_example(name: str, *options: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m examples.NAME`` to its end."""
    return subprocess.run(
        [sys.executable, "-m", f"examples.{name}", *options],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        env=environment(**env),
        check=False,
    )


def summary_of(output: str) -> dict[str, Any]:
    """The machines of the summary that is the last line of an example's output."""
    machines: dict[str, Any] = json.loads(output.splitlines()[-1])["machines"]
    return machines


def wait_for(condition: Callable[[], bool], what: str, seconds: float = DEADLINE) -> None:
    """Poll until ``condition`` holds; fail with ``what`` when it doesn't in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.02)


@dataclass
class Recorder:
    """A running ``am-dbg record``."""

    process: subprocess.Popen[str]
    addr: str
    output: Path

    def wait(self) -> None:
        """Wait until it has ended by itself, and well."""
        assert self.process.wait(DEADLINE) == 0

    def info(self) -> dict[str, Any]:
        """What ``am-dbg info --json`` says about the recording."""
        done = subprocess.run(
            [sys.executable, "-m", "am_dbg", "info", str(self.output), "--json"],
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            env=environment(),
            check=True,
        )
        info: dict[str, Any] = json.loads(done.stdout)
        return info


StartRecorder = Callable[..., Recorder]


@pytest.fixture
def start_recorder(tmp_path: Path) -> Iterator[StartRecorder]:
    """Start recorders on free ports; those still running at the end are ended."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: str, addr: str = "127.0.0.1:0", output: str = "x.mcap") -> Recorder:
        path = tmp_path / output
        told = ["--listen", addr, "--output", str(path), *options]
        process = subprocess.Popen(
            [sys.executable, "-m", "am_dbg", "record", *told],
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        started.append(process)
        return Recorder(process, _address_told(process), path)

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(DEADLINE)
        if process.stderr is not None:
            process.stderr.close()


def _address_told(process: subprocess.Popen[str]) -> str:
    """The address in the line with which the recorder says that it listens."""
    assert process.stderr is not None
    line = process.stderr.readline()
    found = [word.rstrip(".,;") for word in line.split() if word.startswith("127.0.0.1:")]
    assert found, f"the recorder should say where it listens, not {line!r}"
    return found[0]


def comparable(machines: Mapping[str, Any]) -> dict[str, tuple[list[int], int]]:
    """Clocks and number of transitions by machine id."""
    return {name: (m["clocks"], m["transitions"]) for name, m in machines.items()}
