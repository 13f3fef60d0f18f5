"""A debugger's server in a thread, on a real socket, with the manners that a test asks for.

It reads the stream with ``msgpack`` alone, so that what the exporter writes is judged by someone
else.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

import msgpack

from tests.exporter.reader import Reader

Answer = list[Any] | bytes | None


def until(true: Callable[[], Any], seconds: float = 15.0) -> Any:
    """What ``true`` returns, once that is true. Fails when the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = true()
        if value:
            return value
        time.sleep(0.005)
    raise AssertionError(f"not within {seconds} s: {true}")


class Peer:
    """Accepts connections and hands messages to a reader; ``answer`` decides what goes back."""

    def __init__(self, address: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        self.reader = Reader()
        self.calls: list[tuple[str, list[Any]]] = []
        self.connections = 0
        self.answer: Callable[[int, str, list[Any]], Answer] = plainly
        self.reads = True
        self.keeps: Callable[[str], bool] = lambda method: True
        """Whether a message reaches the reader; answers go out all the same."""
        self.violations: list[str] = []
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._server = socket.create_server(address)
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def addr(self) -> str:
        return f"127.0.0.1:{self.port}"

    def hang_up(self) -> None:
        """Closes the connections, not the server."""
        with self._lock:
            for sock in self._sockets:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
                sock.close()
            self._sockets.clear()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.hang_up()
        assert self.violations == []

    def methods(self) -> list[str]:
        return [method for method, _ in self.calls]

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._server.accept()
            except OSError:
                return
            with self._lock:
                if not self._sockets:  # otherwise it is another process
                    self.reader.reconnected()
                self._sockets.append(sock)
                self.connections += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        unpacker = msgpack.Unpacker(unicode_errors="surrogateescape")
        while True:
            while not self.reads:
                time.sleep(0.005)
            try:
                data = sock.recv(65536)
                if not data:
                    return
                unpacker.feed(data)
                for kind, msgid, method, params in unpacker:
                    assert kind == 0
                    self._take(sock, msgid, method, params)
            except OSError:
                return
            except BaseException:
                self.violations.append(traceback.format_exc())
                sock.close()
                return

    def _take(self, sock: socket.socket, msgid: int, method: str, params: list[Any]) -> None:
        with self._lock:
            self.calls.append((method, params))
            if self.keeps(method):
                for message in params:
                    self.reader.apply(method, message)
        answer = self.answer(msgid, method, params)
        if isinstance(answer, bytes):
            sock.sendall(answer)
        elif answer is not None:
            sock.sendall(msgpack.packb(answer))


def plainly(msgid: int, method: str, params: list[Any]) -> Answer:
    """As a debugger answers."""
    if method == "hello":
        result = {"protocol": 1, "server": "peer", "max_message": 16 * 1024 * 1024}
        return [1, msgid, None, result]
    return [1, msgid, None, {"recorded": len(params), "rejected": 0}]
