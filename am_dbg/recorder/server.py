"""A recorder's life: listens, takes clients, ends when told to or when nobody is left."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from am_dbg.errors import UserError
from am_dbg.recorder.connection import Connection
from am_dbg.recorder.journal import Journal
from am_dbg.recorder.listening import open_listeners
from am_dbg.recorder.machines import Machine, Machines
from am_dbg.recording import RecordingReader, RecordingWriter
from telemetry.address import Address, UnixAddress
from telemetry.messages import MAX_MESSAGE, PROTOCOL


@dataclass(frozen=True)
class Options:
    """What a recorder is told.

    ``duration``: seconds after which it ends. ``until_idle``: seconds after which it ends when the
    last client that had sent something valid has gone. ``follow_stdin``: ends with its stdin.
    """

    listen: tuple[Address, ...]
    output: Path
    append: bool = False
    duration: float | None = None
    until_idle: float | None = None
    token: str | None = None
    insecure: bool = False
    max_message: int = MAX_MESSAGE
    follow_stdin: bool = False


def record(options: Options, say: Callable[[str], None]) -> None:
    """Records until the end; ``say`` gets lines for the user. Raises UserError."""
    listeners = open_listeners(options.listen, bool(options.token) or options.insecure)
    try:
        writer = RecordingWriter(options.output, append=options.append)
        asyncio.run(Recorder(options, writer, say).run([(x.sock, x.address) for x in listeners]))
    except OSError as error:
        raise UserError(f"{options.output}: {error.strerror}; its end is missing") from None
    finally:
        for listener in listeners:
            listener.close()


class Recorder:
    """The server's side of all connections. ``say`` gets lines for the user."""

    def __init__(
        self, options: Options, writer: RecordingWriter, say: Callable[[str], None]
    ) -> None:
        self.options = options
        self.writer = writer
        self.machines = Machines(writer)
        self.journal: Journal
        self._say = say
        self._conns = 0
        self._open: set[Connection] = set()
        self._idle_timer: asyncio.TimerHandle | None = None
        self._holding = False
        self._stopping: asyncio.Event
        self._empty: asyncio.Event

    async def run(self, sockets: list[tuple[Any, Address]]) -> None:
        """Serves those listening sockets until the end. Raises OSError if the end isn't written."""
        loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        if self.options.append:
            with RecordingReader(self.options.output) as reader:
                self._conns = self.machines.restore(reader)
        self.journal = Journal(self.writer, self._hold, self._say)
        if self.writer.recovered is not None:
            self.journal.event("recovered", bytes=self.writer.recovered)
        servers = [await self._serve(sock, address) for sock, address in sockets]
        self._watch(loop)  # first: whoever reads the line below may end it at once
        addresses = ", ".join(str(address) for _, address in sockets)
        self._say(f"listening on {addresses}, recording into {self.options.output}")
        await self._stopping.wait()
        for server in servers:
            server.close()
        await self._finish()

    def next_conn(self) -> str:
        """The name of a connection that has sent its first bytes."""
        self._conns += 1
        return str(self._conns)

    def greeting(self) -> dict[str, Any]:
        """The answer to hello."""
        return {
            "protocol": PROTOCOL,
            "server": f"am-dbg/{metadata.version('am-dbg')}",
            "max_message": self.options.max_message,
        }

    def opened(self, connection: Connection) -> None:
        """A client has connected."""
        self._open.add(connection)
        self._empty.clear()
        if self._holding:
            connection.hold("disk", True)

    def heard_valid(self) -> None:
        """A client has sent its first valid message."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None

    def gone(self, connection: Connection) -> None:
        """A client has gone."""
        self._open.discard(connection)
        if not self._open:
            self._empty.set()
        seconds = self.options.until_idle
        if seconds is None or not connection.valid or any(other.valid for other in self._open):
            return
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        self._idle_timer = asyncio.get_running_loop().call_later(seconds, self.stop)

    def schema_changed(self, machine: Machine) -> None:
        """Tells every connection that the machine is on."""
        for connection in self._open:
            connection.schema_changed(machine)

    def stop(self) -> None:
        """Ends the recorder: what has come is written, then the file is closed."""
        self._stopping.set()

    async def _serve(self, sock: Any, address: Address) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        if isinstance(address, UnixAddress):
            return await loop.create_unix_server(lambda: Connection(self, False), sock=sock)
        needs_token = bool(self.options.token)
        return await loop.create_server(lambda: Connection(self, needs_token), sock=sock)

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Everything that can end it."""
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                loop.add_signal_handler(getattr(signal, name), self.stop)
        if self.options.duration is not None:
            loop.call_later(self.options.duration, self.stop)
        if self.options.follow_stdin:
            # A thread, as the loop can't watch a stdin that is a file.
            threading.Thread(target=self._follow_stdin, args=(loop,), daemon=True).start()

    def _follow_stdin(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            while os.read(sys.stdin.fileno(), 4096):
                continue  # what is typed means nothing
        except OSError:
            self._say("stdin can't be read, so this ends now")
        if not loop.is_closed():
            loop.call_soon_threadsafe(self.stop)

    def _hold(self, on: bool) -> None:
        self._holding = on
        for connection in self._open:
            connection.hold("disk", on)

    async def _finish(self) -> None:
        """Answers what has come, lets the clients go, closes the file."""
        for connection in self._open:
            connection.stop()
        if not self.journal.failing:
            written = asyncio.Event()
            self.journal.when_written(lambda _: written.set())
            await written.wait()
        for connection in tuple(self._open):
            connection.close()
        try:
            await asyncio.wait_for(self._empty.wait(), 1)
        except TimeoutError:
            for connection in tuple(self._open):
                connection.abort()  # it doesn't read its answers, so they are not waited for
            await self._empty.wait()
        await self.journal.close()
