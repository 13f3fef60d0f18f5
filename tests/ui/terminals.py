"""The real command in a real pseudo-terminal, which a test can close."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pyte


class Terminal:
    """``am-dbg ARGUMENTS`` in a terminal that isn't its controlling one: no SIGHUP comes."""

    def __init__(
        self, *arguments: str, home: Path, size: tuple[int, int] = (120, 40), **environment: str
    ) -> None:
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        folders = {f"XDG_{name}_HOME": str(home / name) for name in ("STATE", "CONFIG", "CACHE")}
        inherited = {name: os.environ[name] for name in os.environ.keys() - {"COLUMNS", "LINES"}}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "am_dbg", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**inherited, **folders, "TERM": "xterm-256color", **environment},
            start_new_session=True,
        )
        os.close(slave)

    def read(self, seconds: float = 0.05) -> bytes:
        """What it wrote meanwhile."""
        if not select.select([self.master], [], [], seconds)[0]:
            return b""
        try:
            data = os.read(self.master, 65536)
        except OSError:  # it has ended
            return b""
        self._stream.feed(data)
        return data

    def until(self, met: Callable[[str], bool], seconds: float = 30.0) -> str:
        """Read on until the screen's text is right."""
        deadline = time.monotonic() + seconds
        while not met(text := "\n".join(self._screen.display)):
            assert time.monotonic() < deadline, f"nothing happened in time:\n{text}"
            assert self.process.poll() is None, f"it ended:\n{text}"
            self.read()
        return text

    def press(self, keys: str) -> None:
        """Send keys, as the terminal would."""
        os.write(self.master, keys.encode())

    def hang_up(self) -> None:
        """Close the terminal."""
        os.close(self.master)
        self.master = -1

    def wait(self, seconds: float = 20.0) -> int:
        """The exit status, once it has ended by itself; what it writes at last is read."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < deadline, "it did not end"
            if self.master >= 0:
                self.read()
            else:
                time.sleep(0.02)
        return self.process.returncode

    def close(self) -> None:
        """End it, however it is."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.master >= 0:
            self.hang_up()
