"""A real server on the loopback interface, of the kind that supervisors are made for."""

from __future__ import annotations

import anyio
from anyio.abc import Listener, SocketAttribute, SocketStream

from asyncmachine import Event, Machine, Schema, State
from examples.common import Session


class Server(Schema):
    """Listening unless it is down; Crowded as long as many are there."""

    Exception = State(multi=True)
    Start = State()

    Listening = State(auto=True, require=[Start], remove=["Crashed"])
    Crashed = State(require=[Start], remove=[Listening])
    Stalled = State(require=[Listening])  # accepts, but doesn't answer
    Crowded = State(auto=True, require=[Listening])

    Joined = State(multi=True, require=[Listening])
    Left = State(multi=True, require=[Start])
    Drop = State(multi=True, require=[Listening])

    class Groups:
        """How the debugger sorts them."""

        Moods = ("Listening", "Crashed", "Stalled", "Drop")
        Clients = ("Joined", "Left", "Crowded")


MOODS = {Server.Drop: (0, 0.1), Server.Stalled: (0.3, 1.5), Server.Crashed: (1.8, 3.0)}
"""What goes wrong -> for how long, in seconds."""


class ServerHandlers:
    """Answers pings, and misbehaves."""

    def __init__(self, session: Session, machine: Machine, crowd: int) -> None:
        self.session = session
        self.machine = machine
        self.crowd = crowd
        self.dice = session.dice("server")
        self.port = 0
        self.clients: dict[str, anyio.CancelScope] = {}
        machine.bind_handlers(self)

    async def open(self) -> None:
        """Take a free port, and keep to it from then on."""
        async with await self._listen() as listener:
            self.port = listener.extra(SocketAttribute.local_port)

    # -- handlers

    async def ListeningState(self, event: Event) -> None:
        """Serve as long as Listening is active: all connections end with it."""
        async with await self._listen() as listener:
            await listener.serve(self._answer)

    def CrowdedEnter(self, event: Event) -> bool:
        """Automatic, and refused until enough clients are there."""
        return len(self.clients) >= self.crowd

    def LeftState(self, event: Event) -> None:
        """What comes by itself still has to be taken away."""
        if len(self.clients) < self.crowd:
            event.machine.remove(Server.Crowded)

    def DropEnter(self, event: Event) -> bool:
        """Nobody there, nobody to drop."""
        return bool(self.clients)

    def DropState(self, event: Event) -> None:
        """Hang up on somebody."""
        self.dice.choice(list(self.clients.values())).cancel()

    # -- what takes time

    async def misbehave(self) -> None:
        """Hang up, fall mute and crash, over and over, in ever new order."""
        while True:
            for mood in self.dice.sample(list(MOODS), len(MOODS)):
                await self.session.sleep(self.dice.uniform(0.6, 1.2))
                self.session.tell(self.machine, f"server: {mood}")
                self.machine.add(mood)
                await self.session.sleep(self.dice.uniform(*MOODS[mood]))
                self.machine.remove(mood)

    async def _listen(self) -> Listener[SocketStream]:
        return await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=self.port)

    async def _answer(self, stream: SocketStream) -> None:
        addr = f"127.0.0.1:{stream.extra(SocketAttribute.remote_port)}"
        self.clients[addr] = anyio.CancelScope()
        self.machine.add(Server.Joined, args={"addr": addr})
        try:
            async with stream:
                with self.clients[addr]:
                    await self._talk(stream)
        finally:
            del self.clients[addr]
            self.machine.add(Server.Left, args={"addr": addr})

    async def _talk(self, stream: SocketStream) -> None:
        try:
            async for pings in stream:
                await self.machine.when_not(Server.Stalled)
                await stream.send(b"pong\n" * pings.count(b"\n"))
        except anyio.BrokenResourceError:
            return  # the client went first
