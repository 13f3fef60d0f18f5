"""A terminal that goes, that isn't there, or that can't show screens: real pseudo-terminals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from am_dbg.ui.live import free_address
from am_dbg.ui.notes import read_notes
from tests.ui.sessions import small
from tests.ui.terminals import Terminal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return small(tmp_path / "small.mcap")


def test_a_replay_ends_with_its_terminal_and_keeps_the_position(path: Path, tmp_path: Path) -> None:
    with closing(Terminal(str(path), home=tmp_path)) as terminal:
        terminal.until(lambda text: "tx 62/63" in text)
        terminal.press("\x1b[D")
        terminal.until(lambda text: "tx 61/63" in text)
        terminal.hang_up()
        assert terminal.wait() == 0
    assert read_notes(path)["position"]["transition"] == 60


def test_a_live_session_ends_with_its_terminal_and_so_does_its_recorder(tmp_path: Path) -> None:
    address = free_address()
    folder = tmp_path / "recordings"
    told = ("--demo", "--listen", address, "--recording-dir", str(folder))
    with closing(Terminal(*told, home=tmp_path)) as terminal:
        terminal.until(lambda text: "LIVE" in text)
        terminal.hang_up()
        assert terminal.wait() == 0
    (recording,) = folder.glob("*.mcap")
    assert not list(folder.glob("*.address"))
    assert recording.read_bytes().endswith(b"\x89MCAP0\r\n")  # the recorder closed it


@pytest.mark.parametrize("name", ["SIGHUP", "SIGTERM"])
def test_a_signal_is_a_clean_end(path: Path, tmp_path: Path, name: str) -> None:
    with closing(Terminal(str(path), home=tmp_path)) as terminal:
        terminal.until(lambda text: "tx 62/63" in text)
        terminal.press("\x1b[D")
        terminal.until(lambda text: "tx 61/63" in text)
        os.kill(terminal.process.pid, getattr(signal, name))
        assert terminal.wait() == 0
    assert read_notes(path)["position"]["transition"] == 60


def test_without_a_terminal_there_is_one_line(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "am_dbg", str(path)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "needs a terminal" in done.stderr
    assert "am-dbg info" in done.stderr


def test_without_a_terminal_nothing_is_recorded(tmp_path: Path) -> None:
    told = ["--listen", free_address(), "--recording-dir", str(tmp_path / "recordings")]
    done = subprocess.run(
        [sys.executable, "-m", "am_dbg", *told],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "needs a terminal" in done.stderr
    assert not (tmp_path / "recordings").exists()


def test_a_dumb_terminal_gets_one_line(path: Path, tmp_path: Path) -> None:
    with closing(Terminal(str(path), home=tmp_path, TERM="dumb")) as terminal:
        said = b""
        while terminal.process.poll() is None:
            said += terminal.read()
        said += terminal.read()
    assert terminal.process.returncode == 1
    assert b"TERM=dumb" in said
    assert b"\x1b" not in said
