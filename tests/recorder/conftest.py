"""A real ``am-dbg record`` process, and clients written with nothing but msgpack and sockets."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest

from am_dbg.recording import RecordingReader

DEADLINE = 20.0
"""Seconds after which something that has to happen counts as never happening."""


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    """What ``condition`` gives, as soon as it is true."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.01)
    raise AssertionError(f"never happened: {what}")


class Client:
    """A connection that speaks the protocol by hand."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        sock.settimeout(DEADLINE)
        self._unpacker = msgpack.Unpacker(strict_map_key=False)
        self._msgid = 0

    def send(self, *message: Any) -> None:
        self.sock.sendall(msgpack.packb(message))

    def notify(self, method: Any, *params: Any) -> None:
        self.send(2, method, params)

    def request(self, method: Any, *params: Any) -> tuple[Any, Any]:
        """Error and result of a request."""
        self._msgid += 1
        self.send(0, self._msgid, method, params)
        kind, msgid, error, result = self.receive()
        assert (kind, msgid) == (1, self._msgid)
        return error, result

    def receive(self) -> list[Any]:
        """The next message from the server. Raises EOFError when it has closed."""
        while True:
            for message in self._unpacker:
                return list(message)
            data = self.sock.recv(65536)
            if not data:
                raise EOFError
            self._unpacker.feed(data)

    def closed_by_server(self) -> bool:
        try:
            self.receive()
        except (EOFError, ConnectionResetError):
            return True
        return False

    def close(self) -> None:
        self.sock.close()


class Running:
    """A recorder process."""

    def __init__(self, path: Path, listen: str, *options: str, env: dict[str, str]) -> None:
        self.path = path
        command = [sys.executable, "-m", "am_dbg", "record", "--listen", listen]
        self.process = subprocess.Popen(
            [*command, "--output", str(path), *options],
            stderr=subprocess.PIPE,
            stdin=subprocess.PIPE,
            text=True,
            env={**os.environ, "AM_DBG_TOKEN": "", **env},
        )
        assert self.process.stderr is not None
        self.line = self.process.stderr.readline()
        found = re.search(r"listening on (\S+?),", self.line)
        self.address = found[1] if found else ""
        self._clients: list[Client] = []

    def connect(self) -> Client:
        if self.address.startswith("unix:"):
            sock = socket.socket(socket.AF_UNIX)
            sock.connect(self.address.removeprefix("unix:"))
        else:
            host, _, port = self.address.rpartition(":")
            sock = socket.create_connection((host.strip("[]"), int(port)), timeout=DEADLINE)
        client = Client(sock)
        self._clients.append(client)
        return client

    def wait(self) -> int:
        """Its exit status, once it ends by itself."""
        return self.process.wait(timeout=DEADLINE)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Its exit status, told to end."""
        self.process.send_signal(how)
        return self.wait()

    def stderr(self) -> str:
        """What it said after its first line; it has to have ended."""
        assert self.process.stderr is not None
        said: str = self.process.stderr.read()
        return said

    def info(self) -> Any:
        return info(self.path)

    def events(self, *kinds: str) -> list[dict[str, Any]]:
        return [event for event in events(self.path) if event["kind"] in kinds]

    def cleanup(self) -> None:
        for client in self._clients:
            client.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stderr, self.process.stdin):
            if stream is not None:
                stream.close()


def run_info(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "am_dbg", "info", str(path), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def info(path: Path) -> Any:
    done = run_info(path, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def messages(path: Path, kind: str) -> list[Any]:
    """The decoded messages of that kind in a recording."""
    with RecordingReader(path) as reader:
        return [
            msgpack.unpackb(block.data[start:end], unicode_errors="surrogateescape")
            for block in reader.blocks()
            for channel, _, _, start, end in block.messages()
            if channel.kind == kind
        ]


def events(path: Path) -> list[Any]:
    return messages(path, "DbgEvent")


Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts recorders: ``start(*options, listen=..., output=..., env=...)``."""
    running: list[Running] = []

    def begin(
        *options: str,
        listen: str = "127.0.0.1:0",
        output: Path | None = None,
        env: dict[str, str] | None = None,
    ) -> Running:
        path = output or tmp_path / f"{len(running)}.mcap"
        recorder = Running(path, listen, *options, env=env or {})
        running.append(recorder)
        return recorder

    yield begin
    for recorder in running:
        recorder.cleanup()


SCHEMA = {"id": "m", "states_index": ["A", "B", "C"], "instance": "00000000000000aa"}


def tx(**fields: Any) -> dict[str, Any]:
    """A transition of the machine in SCHEMA."""
    return {"machine_id": "m", "instance": "00000000000000aa", "accepted": True, **fields}
