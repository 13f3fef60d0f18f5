"""One connection to a debugger, from the client's side: it never waits once it is open."""

from __future__ import annotations

import errno
import selectors
import socket
from collections import deque
from typing import Any

from telemetry.address import Address, UnixAddress
from telemetry.wire import Fault, Framer, Response

CONNECT_TIMEOUT = 5.0
"""Longest time for one attempt to connect, in seconds."""

MAX_ANSWER = 1024 * 1024
"""Longest answer accepted, in bytes."""

_READ = 65_536


class BrokenError(ConnectionError):
    """The connection is of no more use; the text says why."""


class RefusedError(BrokenError):
    """Nobody listens there."""


class Connection:
    """A socket, what waits to be written to it, and the answers that came."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._out: deque[memoryview] = deque()
        self._framer = Framer(MAX_ANSWER)
        self.closed = False

    @classmethod
    def open(cls, address: Address) -> Connection:
        """Connects, waiting up to ``CONNECT_TIMEOUT``. Raises RefusedError or BrokenError."""
        try:
            sock = _connect(address)
        except (ConnectionRefusedError, FileNotFoundError) as error:
            raise RefusedError(f"{address}: nobody listens ({_reason(error)})") from None
        except OSError as error:
            raise BrokenError(f"{address}: {_reason(error)}") from None
        return cls(sock)

    def send(self, *data: bytes) -> None:
        """Queues bytes to be written."""
        self._out.extend(memoryview(piece) for piece in data)

    @property
    def writing(self) -> bool:
        """Whether bytes wait to be written."""
        return bool(self._out)

    def write(self) -> bool:
        """Writes what the network takes now; whether that was everything. Raises BrokenError."""
        while self._out:
            piece = self._out[0]
            try:
                written = self._sock.send(piece)
            except (BlockingIOError, InterruptedError):
                return False
            except OSError as error:
                raise BrokenError(f"connection lost: {_reason(error)}") from None
            if written < len(piece):
                self._out[0] = piece[written:]
                return False
            self._out.popleft()
        return True

    def read(self) -> list[Response]:
        """The answers that have come. Raises BrokenError: closed, or no MessagePack-RPC."""
        try:
            data = self._sock.recv(_READ)
        except (BlockingIOError, InterruptedError):
            return []
        except OSError as error:
            raise BrokenError(f"connection lost: {_reason(error)}") from None
        if not data:
            raise BrokenError("closed by the debugger")
        answers: list[Response] = []
        for message in self._framer.feed(data):
            if isinstance(message, Fault):
                raise BrokenError(f"no debugger answers there: {message.text}")
            if isinstance(message, Response):
                answers.append(message)
        return answers

    def wait(self, selector: selectors.BaseSelector, timeout: float | None) -> bool:
        """Waits until there is something to read, or room to write what waits, or the time is over.

        Also ends when anything else in ``selector`` is ready. True if there is something to read.
        """
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._out else 0)
        key = selector.register(self._sock, events)
        try:
            ready = selector.select(timeout)
        finally:
            selector.unregister(self._sock)
        return any(k.fd == key.fd and what & selectors.EVENT_READ for k, what in ready)

    def close(self) -> None:
        """Closes the socket. Idempotent."""
        self.closed = True
        self._sock.close()


def _connect(address: Address) -> socket.socket:
    if isinstance(address, UnixAddress):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.settimeout(CONNECT_TIMEOUT)
            sock.connect(address.path)
        except BaseException:
            sock.close()
            raise
        return sock
    # Text would be encoded by a codec that is imported on first use; a program that forks meanwhile
    # would have it half imported in the child, for good.
    host = address.host.encode() if address.host.isascii() else address.host
    target: Any = (host, address.port)  # bytes are as good, though typeshed doesn't know
    sock = socket.create_connection(target, timeout=CONNECT_TIMEOUT)
    # A port that nobody listens on can be the very one that the system gave this socket.
    if sock.getsockname() == sock.getpeername():
        sock.close()
        raise ConnectionRefusedError(errno.ECONNREFUSED, "connected to itself")
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return sock


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
