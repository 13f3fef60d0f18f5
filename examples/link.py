"""A client's connection that is kept up: connect, beat, notice, wait, try again, give up."""

from __future__ import annotations

import itertools

import anyio
from anyio.abc import ByteStream
from anyio.streams.buffered import BufferedByteReceiveStream

from asyncmachine import Event, Machine, Schema, State
from examples.common import Session
from examples.supervision import Supervisor

ATTEMPTS = 4
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
    """The tasks of a link: ``async`` handlers, each of which lives as long as its state."""

    def __init__(self, session: Session, supervisor: Machine, name: str, port: int) -> None:
        self.session = session
        self.supervisor = supervisor
        self.port = port
        self.dice = session.dice(name)
        self.failures = 0
        self.machine = Machine(Link, id=name, parent=supervisor, tags=("supervisor", "link"))
        self.machine.bind_handlers(self)

    def StartState(self, event: Event) -> None:
        """Begin at once."""
        event.machine.add(Link.Connecting)

    async def ConnectingState(self, event: Event) -> None:
        """Connect; what becomes of it is the next mutation."""
        addr = f"127.0.0.1:{self.port}"
        try:
            stream = await anyio.connect_tcp("127.0.0.1", self.port)
        except OSError as error:
            event.machine.add_err(error, Link.ErrRefused, args={"addr": addr})
        else:
            event.machine.add(Link.Up, args={"addr": addr, "stream": stream})

    def UpEnter(self, event: Event) -> bool:
        """Refuse to be up without a connection."""
        return "stream" in event.args

    async def UpState(self, event: Event) -> None:
        """Tell the supervisor, then send heartbeats until something goes wrong."""
        self.failures = 0
        self.supervisor.add(Supervisor.LinkUp, args={"id": event.machine.id})
        async with event.args["stream"] as stream:
            await self._beat(stream)

    def UpEnd(self, event: Event) -> None:
        """Whatever ended it, which ended the task of UpState too."""
        self.supervisor.add(Supervisor.LinkDown, args={"id": event.machine.id})

    def ExceptionState(self, event: Event) -> None:
        """Wait before the next attempt, unless there were enough of them."""
        self.failures += 1
        if self.failures < ATTEMPTS:
            event.machine.add(Link.Backoff, args={"id": self.failures})
        else:
            event.machine.add(Link.GaveUp)

    async def BackoffState(self, event: Event) -> None:
        """Twice as long each time, and never quite the same."""
        await self.session.sleep(0.1 * 2**self.failures * self.dice.uniform(0.8, 1.2))
        event.machine.add(Link.Connecting)

    def GaveUpState(self, event: Event) -> None:
        """It is the supervisor's turn."""
        self.failures = 0
        self.supervisor.add(
            Supervisor.LinkLost, args={"id": event.machine.id, "err": event.machine.err}
        )

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
