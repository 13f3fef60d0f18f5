"""The sender thread: takes items from the outbox, sends them in batches, keeps them until answered.

One a process and address. It connects when there is something to tell, reconnects by itself, tells
after each reconnect what the machines are and what was not answered, and never bothers the
machines: they only append to the outbox.
"""

from __future__ import annotations

import logging
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from telemetry.address import Address
from telemetry.backoff import Backoff
from telemetry.batches import Limits, simple_request
from telemetry.connection import BrokenError, Connection, RefusedError
from telemetry.messages import MAX_MESSAGE, Hello
from telemetry.outbox import Outbox
from telemetry.throttle import Throttle
from telemetry.window import Window

LOGGER = logging.getLogger("telemetry.dbg")

SHORTEST_LULL, LONGEST_LULL = 0.01, 0.1
"""Seconds between looks into the outbox while machines are active."""

LINGER = 1.0
"""Seconds without a message after which appending has to wake the sender."""

EXIT_CONNECTED = 2.0
EXIT_CONNECTING = 0.3
EXIT_STALLED = 0.8
EXIT_TELL = 0.7
"""Seconds the process waits at its end: at most; for a connect; for the next answer; from when it
tells what is lost.
"""

_CLIENT = f"am-dbg-python/{metadata.version('am-dbg')}"
_HELLO_ID = 0xFFFF_FFFF


@dataclass(frozen=True)
class Stats:
    """What became of the messages of this process for one address.

    sent: written, or waiting in the socket; answered: of those, acknowledged as recorded or
    rejected; dropped: lost for want of room, or at exit; waiting: not sent yet.
    """

    sent: int
    answered: int
    rejected: int
    dropped: int
    waiting: int
    connected: bool
    connections: int
    last_error: str


class Sender:
    """Sends an outbox to an address, in a thread that the first message starts."""

    def __init__(self, address: Address, service: str, token: str, outbox: Outbox) -> None:
        self.address = address
        self.service = service
        self.token = token
        self.outbox = outbox
        outbox.wake = self._wake
        self.on_start: Callable[[], None] = _nothing
        """Called when the thread is started: once, and once in each forked process that sends."""
        self._forget()

    def _forget(self) -> None:
        """The state of a sender that has not begun."""
        self._thread: threading.Thread | None = None
        self._waker: socket.socket | None = None
        self._woken: socket.socket | None = None
        self._selector: selectors.BaseSelector = selectors.DefaultSelector()
        self._connection: Connection | None = None
        self._greeted = False
        self._readable = False
        self._refused = False
        self._backoff = Backoff()
        self._next_try = 0.0
        self._throttle = Throttle()
        self._lull = SHORTEST_LULL
        self._window = Window(self.outbox, self._send)
        self._active = 0.0
        self._answer_time = 0.0
        self._closing: float | None = None
        self._exit_told = False
        self._bye_id: int | None = None
        self._done = threading.Event()
        self._settled = threading.Condition()
        self._flushing = 0
        self._impatient = False
        self._connections = 0
        self._last_error = ""
        self._warned = ""

    # -- called on other threads

    def stats(self) -> Stats:
        """Counts so far."""
        return Stats(
            sent=self._window.sent,
            answered=self._window.answered,
            rejected=self._window.rejected,
            dropped=self.outbox.dropped,
            waiting=len(self.outbox),
            connected=self._greeted,
            connections=self._connections,
            last_error=self._last_error,
        )

    def flush(self, timeout: float) -> bool:
        """Waits until everything appended so far is answered; false after ``timeout`` s."""
        target = self.outbox.appended
        with self._settled:
            self._flushing += 1
            self._impatient = True
        try:
            self._alert()
            with self._settled:
                return self._settled.wait_for(lambda: self._window.settled_at() >= target, timeout)
        finally:
            with self._settled:
                self._flushing -= 1

    def finish(self) -> None:
        """Called at the end of the process: gives what is left a last chance, then counts it."""
        if self._thread is not None and not self._refused:
            self._window.narrow()
            self._closing = time.monotonic() + EXIT_CONNECTED
            self._alert()
            if not self._done.wait(EXIT_CONNECTING) and self._connection is not None:
                self._done.wait(EXIT_CONNECTED - EXIT_CONNECTING)
        self.outbox.drop_all()
        if self.outbox.dropped:
            LOGGER.debug("%s: %d messages were never sent", self.address, self.outbox.dropped)

    def restart_in_child(self) -> None:
        """After a fork: nothing of the parent's is sent, the first message starts a new thread."""
        inherited = (self._connection, self._waker, self._woken, self._selector)
        self.outbox.reset()
        self._forget()
        for thing in inherited:
            if thing is not None:
                thing.close()

    def _wake(self) -> None:
        """The outbox has something and the sender sleeps, or was never started."""
        if self._thread is not None:
            self._alert()
            return
        self.on_start()
        self._waker, self._woken = socket.socketpair()
        self._waker.setblocking(False)
        self._woken.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name=f"dbg {self.address}", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:  # the interpreter is ending
            self._last_error = str(error)
            self.outbox.drop_all()

    def _alert(self) -> None:
        """Ends the sender's sleep, whatever it waits for."""
        waker = self._waker
        if waker is None:
            return
        try:
            waker.send(b"\0")
        except BlockingIOError:
            return  # it has been told often enough
        except OSError as error:
            LOGGER.debug("%s: the sender can't be woken: %s", self.address, error)

    # -- the thread

    def _run(self) -> None:
        while not self._done.is_set():
            try:
                self._step()
            except BrokenError as error:
                self._disconnected(error)
            except Exception as error:
                LOGGER.debug("%s: the sender failed", self.address, exc_info=error)
                self._disconnected(BrokenError(f"{type(error).__name__}: {error}"))

    def _step(self) -> None:
        """One round: connect, or read, work and write; then wait for whatever comes next."""
        self._throttle.hurry = bool(self._flushing) or self._closing is not None
        connection = self._connection
        if connection is None:
            self._step_unconnected()
            return
        if self._readable or self._window.half_full():
            self._read(connection)
        if self._greeted:
            self._work(connection)
        if self._closing is not None:
            self._close_in_time(connection, self._closing)
        connection.write()
        self._tell_waiters()
        self._rest(connection)

    def _step_unconnected(self) -> None:
        wait = self._next_try - time.monotonic()
        if self._closing is not None and (self._refused or self._window.nothing_left()):
            self._done.set()
        elif not self._window.live and self._window.nothing_left():
            self._tell_waiters()
            self._sleep(None if self.outbox.falls_asleep() else 0.0)
        elif wait <= 0 or self._impatient or self._closing is not None:
            self._connect()
        else:
            self._sleep(wait)

    def _connect(self) -> None:
        self._impatient = False
        self._connection = connection = Connection.open(self.address)
        self._refused = False
        self._readable = False
        self._connections += 1
        hello = Hello(
            client=_CLIENT,
            service=self.service,
            host=socket.gethostname(),
            pid=os.getpid(),
            token=self.token,
        )
        connection.send(simple_request(_HELLO_ID, "hello", hello))
        connection.write()
        self._answer_time = time.monotonic()

    def _disconnected(self, error: BrokenError) -> None:
        self._last_error = str(error)
        self._refused = isinstance(error, RefusedError)
        self._greeted = False
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._bye_id = None
        self._next_try = time.monotonic() + self._backoff.next()
        LOGGER.debug("%s: %s", self.address, error)
        if self._closing is not None:
            self._done.set()

    # -- answers

    def _read(self, connection: Connection) -> None:
        for answer in connection.read():
            self._answer_time = time.monotonic()
            if answer.msgid == _HELLO_ID and not self._greeted:
                self._welcome(answer.error, answer.result)
                continue
            if answer.msgid == self._bye_id:
                self._done.set()
                continue
            wrong = self._window.answer(answer)
            if wrong:
                self._last_error = wrong

    def _welcome(self, error: Any, result: Any) -> None:
        """The answer to hello: what the server accepts, or why it wants nothing of us."""
        if error is not None:
            text = str(error)
            if text.startswith(("denied", "protocol")):
                self._warn(text)
                raise RefusedError(f"{self.address}: {text}")
        accepted = result.get("max_message") if isinstance(result, dict) else None
        self._greeted = True
        self._backoff.reset()
        self._last_error = ""
        self._window.begin_again(Limits(_size(accepted)))

    def _warn(self, text: str) -> None:
        """A wrong token or version is the user's to mend: said once, not at each attempt."""
        if text != self._warned:
            self._warned = text
            LOGGER.warning("the debugger at %s refuses this program: %s", self.address, text)

    # -- work

    def _work(self, connection: Connection) -> None:
        """One turn of taking, formatting and packing."""
        if self._throttle.idle_for() or connection.writing:
            return
        if self.outbox.empty() or self._window.full():
            return
        self._throttle.begin()
        self._active = time.monotonic()
        self._lull = SHORTEST_LULL
        self._window.work(self._throttle.over)
        self._throttle.end()

    def _send(self, request: bytes) -> None:
        if self._connection is not None:
            self._connection.send(request)

    # -- waiting

    def _rest(self, connection: Connection) -> None:
        """Waits for answers, room in the socket, the next turn of work, or to be woken."""
        if self._done.is_set():
            return
        idle = self._throttle.idle_for()
        if self._window.nothing_left() and not connection.writing:
            self._lie_low(connection)
        elif self._throttle.hurry:
            self._wait(connection, 0.01)
        elif idle and not self.outbox.empty() and not connection.writing:
            self._readable = False
            time.sleep(idle)
        else:
            self._wait(connection, max(idle, self._next_lull()))

    def _wait(self, connection: Connection, timeout: float | None) -> None:
        self._readable = connection.wait(self._selector, timeout)
        self._drain_alerts()

    def _lie_low(self, connection: Connection) -> None:
        """Nothing to do: looks again soon, later less often, at last waits to be woken."""
        quiet = time.monotonic() - self._active > LINGER
        if not self._window.live and quiet and self._closing is None:
            self._part(connection)
            return
        asleep = quiet and self._greeted and self._closing is None and self.outbox.falls_asleep()
        self._wait(connection, None if asleep else self._next_lull())

    def _part(self, connection: Connection) -> None:
        """All machines are gone: no reason to stay."""
        connection.send(simple_request(_HELLO_ID, "bye"))
        connection.write()
        connection.close()
        self._connection, self._greeted = None, False

    def _next_lull(self) -> float:
        self._lull = min(self._lull * 1.5, LONGEST_LULL)
        return self._lull

    def _sleep(self, timeout: float | None) -> None:
        self._selector.select(timeout)
        self._drain_alerts()

    def _drain_alerts(self) -> None:
        assert self._woken is not None
        try:
            self._woken.recv(4096)
        except BlockingIOError:
            return

    # -- the end

    def _tell_waiters(self) -> None:
        if self._flushing:
            with self._settled:
                self._settled.notify_all()

    def _close_in_time(self, connection: Connection, closing: float) -> None:
        """At exit: says bye when all is answered; tells what is lost when the time is over."""
        now = time.monotonic()
        quiet = now - max(self._answer_time, closing - EXIT_CONNECTED)
        stalled = quiet > EXIT_STALLED and not (self._greeted and self._window.idle())
        if stalled and (self._exit_told or not self._greeted):
            self._done.set()
        elif self._bye_id is not None or not self._greeted:
            return
        elif not self._exit_told and (stalled or now > closing - EXIT_TELL):
            self._exit_told = True
            self.outbox.drop_all()
        elif self._window.nothing_left() and not connection.writing:
            self._bye_id = self._window.next_id()
            connection.send(simple_request(self._bye_id, "bye"))


def _nothing() -> None:
    """Nobody wants to know."""


def _size(value: object) -> int:
    """A server's ``max_message``, if it is one that a schema fits into."""
    return value if isinstance(value, int) and value >= 4096 else MAX_MESSAGE
