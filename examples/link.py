"""A client's connection that is kept up: connect, beat, notice, wait, try again, give up."""

from __future__ import annotations

import itertools

import anyio
from anyio.abc import ByteStream, TaskGroup
from anyio.streams.buffered import BufferedByteReceiveStream

from asyncmachine import Event, Machine, Schema, State
from examples.common import Session
from examples.supervision import Supervisor

ATTEMPTS = 5
"""Failures in a row before a link gives up."""

BEAT, LATE, DEAD = 0.15, 0.2, 0.4
"""Seconds between heartbeats; until an answer is late; until, after that, the link is dead."""


class Link(Schema):
    """Down is where it falls back to by itself; an error ends what is going on.

    Exception and Up drive each other out, as do Exception and Connecting: whichever comes last.
    """

    Exception = State(multi=True, remove=["Connecting", "Up"])
    Start = State()

    Down = State(auto=True, require=[Start], remove=["Connecting", "Up"])
    Connecting = State(require=[Start], remove=[Down, "Up", "Exception"])
    Up = State(require=[Start], remove=[Down, Connecting, "Exception"])

    Backoff = State(require=[Down])
    GaveUp = State(require=[Down], remove=[Backoff])

    Heartbeat = State(multi=True, require=[Up])
    Pong = State(multi=True, require=[Up], remove=["Late"])
    Late = State(require=[Up], remove=[Pong])

    ErrRefused = State(multi=True, add=["Exception"], require=["Exception"])
    ErrDropped = State(multi=True, add=["Exception"], require=["Exception"])
    ErrTimeout = State(multi=True, add=["Exception"], require=["Exception"])

    class Groups:
        """How the debugger sorts them."""

        Connection = ("Down", "Connecting", "Up", "Backoff", "GaveUp")
        Health = ("Heartbeat", "Pong", "Late")
        Errors = ("Exception", "ErrRefused", "ErrDropped", "ErrTimeout")


class LinkHandlers:
    """Does in tasks what takes time; the states say what is going on."""

    def __init__(
        self, session: Session, tasks: TaskGroup, supervisor: Machine, name: str, port: int
    ) -> None:
        self.session = session
        self.tasks = tasks
        self.supervisor = supervisor
        self.port = port
        self.dice = session.dice(name)
        self.failures = 0
        self.talk = anyio.CancelScope()
        self.machine = Machine(Link, id=name, parent=supervisor, tags=("supervisor", "link"))
        self.machine.bind_handlers(self)

    # -- handlers

    def StartState(self, event: Event) -> None:
        """Begin at once."""
        event.machine.add(Link.Connecting)

    def ConnectingState(self, event: Event) -> None:
        """Connect in a task; what becomes of it is told as a mutation."""
        self.tasks.start_soon(self._connect)

    def UpState(self, event: Event) -> None:
        """The supervisor hears of it; failures before are forgotten."""
        self.failures = 0
        self.supervisor.add(Supervisor.LinkUp, args={"id": event.machine.id})

    def UpEnd(self, event: Event) -> None:
        """Whatever ended it, the talking ends too."""
        self.talk.cancel()
        self.supervisor.add(Supervisor.LinkDown, args={"id": event.machine.id})

    def ExceptionState(self, event: Event) -> None:
        """Wait before the next attempt, unless there were enough of them."""
        self.failures += 1
        if self.failures < ATTEMPTS:
            event.machine.add(Link.Backoff, args={"id": self.failures})
        else:
            event.machine.add(Link.GaveUp)

    def BackoffState(self, event: Event) -> None:
        """Twice as long each time, and never quite the same."""
        seconds = 0.1 * 2**self.failures * self.dice.uniform(0.8, 1.2)
        self.tasks.start_soon(self._back_off, seconds)

    def GaveUpState(self, event: Event) -> None:
        """It is the supervisor's turn."""
        self.failures = 0
        self.supervisor.add(
            Supervisor.LinkLost, args={"id": event.machine.id, "err": event.machine.err}
        )

    # -- what takes time

    async def _back_off(self, seconds: float) -> None:
        await self.session.sleep(seconds)
        if self.machine.is_(Link.Backoff):
            self.machine.add(Link.Connecting)

    async def _connect(self) -> None:
        try:
            stream = await anyio.connect_tcp("127.0.0.1", self.port)
        except OSError as error:
            self.machine.add_err(error, Link.ErrRefused)
            return
        async with stream:
            with anyio.CancelScope() as self.talk:
                self.machine.add(Link.Up, args={"addr": f"127.0.0.1:{self.port}"})
                await self._beat(stream)

    async def _beat(self, stream: ByteStream) -> None:
        answers = BufferedByteReceiveStream(stream)
        try:
            for number in itertools.count(1):
                self.machine.add(Link.Heartbeat, args={"id": number})
                await stream.send(b"ping\n")
                await self._answer(answers)
                self.machine.add(Link.Pong, args={"id": number})
                await self.session.sleep(BEAT)
        except TimeoutError as error:
            self.machine.add_err(error, Link.ErrTimeout)
        except (anyio.IncompleteRead, anyio.EndOfStream, anyio.BrokenResourceError):
            self.machine.add_err(ConnectionError("the server hung up"), Link.ErrDropped)

    async def _answer(self, answers: BufferedByteReceiveStream) -> None:
        """Wait for one answer. Raises TimeoutError when it is more than late."""
        speed = self.session.settings.speed
        with anyio.move_on_after(LATE / speed):
            await answers.receive_until(b"\n", 100)
            return
        self.machine.add(Link.Late)
        with anyio.move_on_after(DEAD / speed):
            await answers.receive_until(b"\n", 100)
            return
        raise TimeoutError("no answer to a heartbeat")
