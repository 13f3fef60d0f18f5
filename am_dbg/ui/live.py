"""The live mode's recorder: a child process that writes the recording which the screen follows."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

from am_dbg.errors import UserError
from telemetry.address import Address, UnixAddress, parse_address

START_SECONDS = 15.0
"""How long a recorder may take to begin on a busy machine."""
LAST_WORDS = 4096
"""Bytes of what it said that are looked at."""
ALL_IS_WELL = ("listening on", "writing again")
"""What it says when nothing is wrong, or no more."""
END_SECONDS = 5.0
"""How long it may take to close its file once its input has ended."""


class Recorder:
    """``am-dbg record`` as a child. It ends when its standard input does: however this one goes."""

    def __init__(self, process: subprocess.Popen[bytes], recording: Path, said: IO[bytes]) -> None:
        self.recording = recording
        self._process = process
        self._said = said

    @classmethod
    def start(cls, listen: str, recording: Path, token: str | None, insecure: bool) -> Recorder:
        """Start one and wait until its recording is there.

        Raises UserError with its own words when it ends instead, as it does when it may not listen.
        """
        command = [sys.executable, "-m", "am_dbg", "record", "--follow-stdin"]
        command += ["--listen", listen, "--output", str(recording)]
        if insecure:
            command.append("--insecure")
        environment = dict(os.environ)
        if token:
            environment["AM_DBG_TOKEN"] = token  # not an argument: those can be read by others
        said = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the recorder)
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env=environment,
            start_new_session=True,  # ctrl+c in the terminal is for the screen, not for it
        )
        recorder = cls(process, recording, said)
        try:
            recorder._wait(parse_address(listen))
        except BaseException:
            recorder.stop()
            raise
        return recorder

    def _wait(self, address: Address) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not (self._begun() and listens(address)):
            if self._process.poll() is not None:
                raise UserError(self._last_words() or "the recorder ended at once")
            if time.monotonic() > deadline:
                raise UserError(f"the recorder did not begin within {START_SECONDS:.0f} s")
            time.sleep(0.02)

    def _begun(self) -> bool:
        """Whether the recording is there and no longer empty: a moment lies between the two."""
        return self.recording.exists() and self.recording.stat().st_size > 0

    def _last_words(self) -> str:
        # read in place: the position in the file is the child's too
        data = os.pread(self._said.fileno(), LAST_WORDS, max(0, self._size() - LAST_WORDS))
        lines = data.decode("utf-8", "replace").strip().splitlines()
        return lines[-1].removeprefix("am-dbg: ") if lines else ""

    def _size(self) -> int:
        return os.fstat(self._said.fileno()).st_size

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    def trouble(self) -> str:
        """Empty while all is well; else what is wrong: what it said last, or how it has ended."""
        code = self._process.poll()
        if code is None:
            # the name is enough: what is wrong stands behind it, and the row is short
            words = self._last_words().replace(str(self.recording), self.recording.name)
            return "" if any(fine in words for fine in ALL_IS_WELL) else words
        if code < 0:
            why = f"killed by signal {-code}"
        else:
            why = (self._last_words() if code else "") or f"exit status {code}"
        return f"the recorder has ended: {why}; what came before is kept in {self.recording}"

    @property
    def running(self) -> bool:
        """Whether it still records."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Let it finish its file; kill it when it doesn't."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()


class Demo:
    """The example programs, connecting to an address, until they are stopped or this one dies."""

    def __init__(self, address: str, token: str | None) -> None:
        environment = {**os.environ, "AM_DBG_TOKEN": token} if token else dict(os.environ)
        told = ["--addr", address, "--seconds", "0", "--follow-stdin"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "am_dbg", "demo", *told],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )

    def stop(self) -> None:
        """End them."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def free_address() -> str:
    """An address of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def listens(address: Address) -> bool:
    """Whether somebody accepts connections there. Sends nothing, so it leaves no trace."""
    try:
        if isinstance(address, UnixAddress):
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(1.0)
                probe.connect(address.path)
        else:
            socket.create_connection((address.host, address.port), 1.0).close()
    except OSError:
        return False
    return True
