"""Real peers for the exporter: a server in a thread, the recorder as a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.exporter.peer import Peer, until


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AM_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


class Recorder:
    """``am-dbg record`` as a process."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def addr(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self, *options: str) -> None:
        command = [sys.executable, "-m", "am_dbg", "record", "--listen", self.addr]
        self._process = subprocess.Popen(
            [*command, "--output", str(self.output), *options], stderr=subprocess.PIPE, text=True
        )
        assert self._process.stderr is not None
        said = self._process.stderr.readline()
        while "listening on" not in said:
            assert said, "the recorder ended before it listened"
            said = self._process.stderr.readline()
        self.port = int(said.split("listening on ")[1].split(",")[0].rpartition(":")[2])

    def stop(self, sign: int = signal.SIGTERM) -> None:
        if self._process is not None:
            self._process.send_signal(sign)
            self._process.communicate(timeout=20)
            self._process = None

    def info(self) -> dict[str, Any]:
        command = [sys.executable, "-m", "am_dbg", "info", str(self.output), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def machine(self, machine_id: str) -> dict[str, Any]:
        found = [m for m in self.info()["machines"] if m["id"] == machine_id]
        assert len(found) == 1, found
        machine: dict[str, Any] = found[0]
        return machine


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    recorder = Recorder(tmp_path / "out.mcap")
    yield recorder
    recorder.stop()


__all__ = ["Recorder", "until"]
