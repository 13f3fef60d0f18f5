"""Each example alone, as a process, without a debugger."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.examples.conftest import DEADLINE, EXAMPLES, environment, run_example, summary_of

MACHINES = {
    "files": {"files", "files-worker-1", "files-worker-2", "files-worker-3"},
    "supervisor": {"server", "supervisor", *(f"link-{n}" for n in (1, 2, 3))},
    "classics": {"crossing", "turnstile", "tcp-client", "tcp-server"},
}


def start_example(name: str, *options: str) -> subprocess.Popen[str]:
    """Start it, with unbuffered output."""
    return subprocess.Popen(
        [sys.executable, "-u", "-m", f"examples.{name}", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )


@pytest.mark.parametrize("name", EXAMPLES)
def test_help(name: str) -> None:
    done = run_example(name, "--help")
    assert done.returncode == 0
    assert "--forever" in done.stdout
    assert "--summary" in done.stdout


def test_each_ends_by_itself_with_a_summary() -> None:
    """All at once, to save the test's time."""
    began = time.monotonic()
    running = {name: start_example(name, "--summary", "json") for name in EXAMPLES}
    for name, process in running.items():
        output, errors = process.communicate(timeout=DEADLINE)
        assert time.monotonic() - began < 15
        assert process.returncode == 0, errors
        assert errors == ""

        machines = summary_of(output)
        assert set(machines) == MACHINES[name]
        for machine in machines.values():
            assert machine["transitions"] > 10
            assert sum(machine["clocks"]) > 10


def test_classics_depend_on_the_seed_alone() -> None:
    slow = summary_of(run_example("classics", "--summary", "json", "--speed", "10").stdout)
    fast = summary_of(run_example("classics", "--summary", "json", "--speed", "50").stdout)
    other = summary_of(run_example("classics", "--summary=json", "--speed=50", "--seed=2").stdout)
    assert slow == fast
    assert slow != other


def test_files_packs_a_folder_of_the_user(tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for number in range(5):
        (source / f"{number}.txt").write_text(f"file {number}\n" * 1000, "utf-8")
    done = run_example(
        "files", "--folder", str(source), "--output", str(target), "--speed", "20", "--workers=2"
    )
    assert done.returncode == 0, done.stderr
    packed = {path.name: gzip.decompress(path.read_bytes()) for path in target.iterdir()}
    assert packed == {f"{n}.txt.gz": f"file {n}\n".encode() * 1000 for n in range(5)}
    assert "files-worker-2" in done.stdout  # the summary for people


def test_files_gives_up_what_cannot_be_opened() -> None:
    done = run_example("files", "--speed", "10")
    assert "FAILED  gone.txt" in done.stdout
    assert "retry   gone.txt" in done.stdout


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_the_summary(name: str, signal_number: int) -> None:
    process = start_example(name, "--forever", "--summary", "json")
    assert process.stdout is not None
    first = process.stdout.readline()  # by then it runs
    process.send_signal(signal_number)
    output, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, errors
    assert errors == ""
    assert set(summary_of(first + output)) == MACHINES[name]


def test_ends_with_whoever_started_it() -> None:
    """``am-dbg demo`` holds the other end of stdin, and may be killed."""
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "examples.classics", "--forever", "--follow-stdin"],
        stdin=reader,
        stdout=subprocess.DEVNULL,
        env=environment(),
    )
    os.close(reader)
    os.close(writer)
    assert process.wait(DEADLINE) == 0


def test_goes_on_when_nobody_reads_its_output() -> None:
    """As with ``| head -1``: a machine's handler must not fail for it."""
    process = start_example("files", "--speed", "10")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(DEADLINE) == 0
    process.stderr.close()


def test_wrong_usage() -> None:
    assert run_example("files", "--speed", "0").returncode == 2
    assert run_example("files", "--folder", "/nonexistent").returncode == 2


def test_nobody_listens_and_nobody_notices() -> None:
    """A debugger's address where none is changes neither output nor course."""
    alone = run_example("classics", "--summary", "json", "--speed", "50")
    bound = run_example("classics", "--summary", "json", "--speed", "50", AM_DBG_ADDR="127.0.0.1:9")
    assert bound.returncode == 0
    assert bound.stderr == ""
    assert bound.stdout == alone.stdout
