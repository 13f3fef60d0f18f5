"""``am-dbg log`` on real files, as a process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.formats.test_import import am_dbg, small_dump
from tests.store.recordings import Tape


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    tape = Tape(tmp_path / "x.mcap")
    tape.schema("one")
    tape.schema("two", instance="i2")
    tape.schema("two", instance="i3")
    tape.tx("one", log_entries=[(2, "[state] +A"), (4, "[rel] detail")])
    tape.tx("two", instance="i2", log_entries=[(3, "evil \x1b[31m\nline")])
    tape.tx("two", instance="i3", log_entries=[(3, "after")], pre_log_entries=[(3, "before")])
    tape.writer.close()
    return tape.path


def test_the_log_has_time_machine_and_line(recording: Path) -> None:
    done = am_dbg("log", recording)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split(" ", 2)[2] for line in lines] == [
        "one [state] +A",
        "one [rel] detail",
        r"two evil \e[31m\nline",
        "two#2 before",
        "two#2 after",
    ]


def test_one_machine_by_id_or_label_and_up_to_a_level(recording: Path) -> None:
    assert len(am_dbg("log", recording, "--machine", "two#2").stdout.splitlines()) == 2
    assert len(am_dbg("log", recording, "--machine", "two").stdout.splitlines()) == 3
    done = am_dbg("log", recording, "--machine", "one", "--level", "2")
    assert [line.split(" ", 2)[2] for line in done.stdout.splitlines()] == ["one [state] +A"]


def test_an_unknown_machine_gets_one_line_with_those_there_are(recording: Path) -> None:
    done = am_dbg("log", recording, "--machine", "thre\x1be")
    assert (done.returncode, done.stdout) == (1, "")
    assert "one, two, two#2" in done.stderr
    assert "\x1b" not in done.stderr


def test_a_reader_that_has_enough_gets_no_traceback(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "long.mcap")
    tape.schema()
    for k in range(20_000):
        tape.tx(log_entries=[(3, f"line {k} " + "x" * 80)])
    tape.writer.close()
    process = subprocess.Popen(
        [sys.executable, "-m", "am_dbg", "log", str(tape.path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        assert "line 0" in process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_a_cut_recording_prints_what_is_whole_and_says_so(recording: Path) -> None:
    data = recording.read_bytes()
    cut = recording.with_name("cut.mcap")
    cut.write_bytes(data[: len(data) - 60])
    done = am_dbg("log", cut)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 5
    assert "cut" in done.stderr


def test_a_dump_is_imported_once_into_the_cache(tmp_path: Path) -> None:
    file = small_dump(tmp_path / "x.gob.br", "[state] +A")
    for _ in range(2):
        done = am_dbg("log", file, cache=tmp_path / "cache")
        assert done.returncode == 0
        assert done.stdout.rstrip().endswith("m [state] +A")
    assert len(list((tmp_path / "cache").rglob("*.mcap"))) == 1


def test_what_is_no_recording_gets_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.mcap").write_bytes(b"nothing of the kind")
    done = am_dbg("log", tmp_path / "x.mcap")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert am_dbg("log").returncode == 2
