"""The connection states of TCP (RFC 9293, figure 5): two ends and a wire that loses segments."""

from __future__ import annotations

import random
from typing import Final

import telemetry
from asyncmachine import Event, Machine, State
from examples.common import Session

CONNECTION: Final = (
    "Closed",
    "Listen",
    "SynSent",
    "SynReceived",
    "Established",
    "FinWait1",
    "FinWait2",
    "Closing",
    "TimeWait",
    "CloseWait",
    "LastAck",
)
"""Exactly one of them is active: each removes all the others."""

SCHEMA: Final = {
    "Exception": State(multi=True),
    "Start": State(),
    **{name: State(require=("Start",), remove=CONNECTION) for name in CONNECTION[1:]},
    "Closed": State(auto=True, require=("Start",), remove=CONNECTION),
    "Send": State(multi=True, require=("Established",)),
    "Segment": State(multi=True),
    "Retransmit": State(multi=True),
    "ErrProtocol": State(multi=True, add=("Exception",), require=("Exception",)),
}

REACTIONS: Final = {
    ("Listen", "SYN"): ("SynReceived", "SYN ACK"),
    ("SynSent", "SYN ACK"): ("Established", "ACK"),
    ("SynReceived", "ACK"): ("Established", ""),
    ("Established", "PSH"): ("", "ACK"),
    ("Established", "ACK"): ("", ""),
    ("Established", "SYN ACK"): ("", "ACK"),  # our ACK was lost
    ("Established", "FIN"): ("CloseWait", "ACK"),
    ("CloseWait", "FIN"): ("", "ACK"),
    ("FinWait1", "ACK"): ("FinWait2", ""),
    ("FinWait1", "FIN"): ("Closing", "ACK"),
    ("FinWait2", "FIN"): ("TimeWait", "ACK"),
    ("Closing", "ACK"): ("TimeWait", ""),
    ("TimeWait", "FIN"): ("", "ACK"),
    ("LastAck", "ACK"): ("Closed", ""),
    ("LastAck", "FIN"): ("", "ACK"),
}
"""(state, segment received) -> (next state, segment to send); "" for none."""

UNANSWERED: Final = ("SynSent", "SynReceived", "FinWait1", "Closing", "LastAck")
"""States in which an end waits for an answer, and repeats itself if none comes."""


class ProtocolError(Exception):
    """A segment that has no place in the state of the connection."""


class End:
    """One end: sends on entering a state, and reacts to what comes."""

    def __init__(self, machine: Machine, dice: random.Random, loss: float) -> None:
        self.machine = machine
        self.dice = dice
        self.loss = loss
        self.peer: Machine | None = None
        self.last = ""

    @property
    def state(self) -> str:
        """The connection state."""
        return next(name for name in CONNECTION if self.machine.is_(name))

    def send(self, flags: str) -> None:
        """Put a segment on the wire: a mutation of the machine at the other end."""
        self.last = flags
        if self.peer is not None:
            self.peer.add("Segment", args={"name": flags})

    def SegmentEnter(self, event: Event) -> bool:
        """Refuse what the wire has lost."""
        return self.dice.random() >= self.loss

    def SegmentState(self, event: Event) -> None:
        """React as the table says; what isn't in it is an error."""
        flags = event.args["name"]
        event.machine.remove("Segment")
        if (self.state, flags) not in REACTIONS:
            unexpected = ProtocolError(f"{flags} while {self.state}")
            event.machine.add_err(unexpected, "ErrProtocol")
            return
        state, reply = REACTIONS[self.state, flags]
        if state:
            event.machine.add(state, args={"name": flags})
        if reply:
            self.send(reply)

    def EstablishedListen(self, event: Event) -> bool:
        """From one state to another: an end that is connected can't go back to listening."""
        return False

    def SynSentState(self, event: Event) -> None:
        """The client begins."""
        self.send("SYN")

    def SendState(self, event: Event) -> None:
        """Data goes out; the same end may send as often as it likes."""
        self.send("PSH")

    def FinWait1State(self, event: Event) -> None:
        """The end that closes first."""
        self.send("FIN")

    def LastAckState(self, event: Event) -> None:
        """The end that closes second."""
        self.send("FIN")

    def RetransmitState(self, event: Event) -> None:
        """Say it again."""
        event.machine.remove("Retransmit")
        self.send(self.last)

    def ErrProtocolState(self, event: Event) -> None:
        """Told and forgotten."""
        event.machine.remove("ErrProtocol", "Exception")


async def connection(session: Session) -> None:
    """Connect, talk and part, again and again."""
    client, server = (_end(session, name) for name in ("tcp-client", "tcp-server"))
    client.peer, server.peer = server.machine, client.machine
    dice = session.dice("tcp")
    for _ in session.rounds(3):
        server.machine.add("Listen", args={"port": 80})
        client.machine.add("SynSent", args={"port": 80})
        await _settle(session, client, server)
        for _ in range(dice.randint(2, 6)):
            dice.choice([client, server]).machine.add("Send")
            await session.sleep(dice.choice([0.02, 0.02, 0.3]))

        server.machine.add("Listen", args={"port": 80})  # refused by EstablishedListen
        first, second = dice.sample([client, server], 2)
        first.machine.add("FinWait1")
        await _settle(session, client, server)
        second.machine.add("LastAck")
        await _settle(session, client, server)
        await session.sleep(0.4)  # TimeWait: late segments die out
        first.machine.add("Closed")
        first.machine.add("Send")  # refused by its relation
        second.send("PSH")  # nobody listens any more
        await session.sleep(dice.uniform(0.3, 0.8))


def _end(session: Session, name: str) -> End:
    machine = Machine(
        SCHEMA,
        id=name,
        tags=("classics", "tcp"),
        groups={"Connection": CONNECTION, "Traffic": ("Send", "Segment", "Retransmit")},
        tracers=[session.summary],
    )
    telemetry.bind_from_env(machine)
    end = End(machine, session.dice(name), loss=0.15)
    machine.bind_handlers(end)
    machine.add("Start")
    return end


async def _settle(session: Session, *ends: End) -> None:
    """Give answers time to come, and repeat what was lost, until nobody waits for anything."""
    await session.sleep(0.1)
    while any(end.machine.any_(*UNANSWERED) for end in ends):
        for end in ends:
            if end.machine.any_(*UNANSWERED):
                end.machine.add("Retransmit")
        await session.sleep(0.2)
