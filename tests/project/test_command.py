"""The command as a whole: help, version, wrong usage."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import pytest

from am_dbg.cli import COMMANDS


def am_dbg(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "am_dbg", *args], capture_output=True, text=True)


def test_version() -> None:
    assert am_dbg("--version").stdout.strip().endswith(metadata.version("am-dbg"))


def test_help_names_every_command() -> None:
    text = am_dbg("--help").stdout
    assert [name for name in COMMANDS if f"\n  {name}" not in text] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(name: str) -> None:
    done = am_dbg(name, "--help")
    assert done.returncode == 0
    assert "Usage: am-dbg" in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_a_wrong_option_is_wrong_usage(name: str) -> None:
    done = am_dbg(name, "--no-such-option")
    assert done.returncode == 2
    assert "--no-such-option" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["info", "log", "import", "view"])
def test_a_missing_file_is_one_line(name: str, tmp_path: object) -> None:
    output = ["--output", f"{tmp_path}/out.mcap"] if name == "import" else []
    done = am_dbg(name, "no-such-file.mcap", *output)
    assert done.returncode in (1, 2)
    assert "no-such-file.mcap" in done.stderr
    assert "Traceback" not in done.stderr
