"""A crossing: lights for cars and for people, and a lamp that breaks."""

from __future__ import annotations

from asyncmachine import Event, Machine, Schema, State
from examples.common import Session


class Crossing(Schema):
    """Red is where the crossing rests: when nothing else is lit, it comes by itself."""

    Exception = State(multi=True)
    Start = State()

    Red = State(auto=True, require=[Start], remove=["Amber", "Green"])
    Amber = State(require=[Start], remove=[Red, "Green"])
    Green = State(require=[Start], remove=[Red, Amber])

    Button = State(multi=True)
    Waiting = State(after=[Button])
    Walk = State(require=[Red], remove=[Waiting])

    Flashing = State(require=[Start], remove=[Red, Amber, Green, Walk])
    Mechanic = State(require=[Start], remove=[Flashing, "Exception"])

    class Groups:
        """How the debugger sorts them."""

        Cars = ("Red", "Amber", "Green")
        People = ("Button", "Waiting", "Walk")
        Trouble = ("Flashing", "Mechanic", "Exception")


class LampError(Exception):
    """A lamp that should be lit isn't."""


class CrossingHandlers:
    """What relations can't say: no green while people walk, and what to do about a dark lamp."""

    def __init__(self, session: Session) -> None:
        self.dice = session.dice("lamps")

    def ButtonState(self, event: Event) -> None:
        """Pressed as often as people like; only the first one makes anybody wait."""
        event.machine.add(Crossing.Waiting)
        event.machine.remove(Crossing.Button)

    def GreenEnter(self, event: Event) -> bool:
        """Refuse while somebody is on the road."""
        return not event.machine.is_(Crossing.Walk)

    def GreenState(self, event: Event) -> None:
        """Switching it on is when a lamp breaks. What a handler raises becomes ``Exception``."""
        if self.dice.random() < 0.2:
            raise LampError("the green lamp stays dark")

    def ExceptionState(self, event: Event) -> None:
        """Better no lights than wrong ones."""
        event.machine.add(Crossing.Flashing, args={"err": event.machine.err})

    def MechanicState(self, event: Event) -> None:
        """Done as soon as come: then Red is no longer held back, and returns by itself."""
        event.machine.remove(Crossing.Mechanic)


async def cars_go(session: Session, crossing: Machine) -> None:
    """Let cars pass for a while; calls the mechanic if the lamp breaks."""
    crossing.add(Crossing.Amber)
    await session.sleep(0.1)
    crossing.add(Crossing.Green)
    if crossing.is_(Crossing.Flashing):
        await session.sleep(0.4)
        crossing.add(Crossing.Mechanic, args={"name": "Mo"})
    await session.sleep(0.2)


async def people_walk(session: Session, crossing: Machine) -> None:
    """Stop the cars and let people cross; an impatient driver finds that green is refused."""
    if crossing.is_(Crossing.Green):
        crossing.add(Crossing.Amber)
        await session.sleep(0.1)
        crossing.add(Crossing.Red)
    crossing.add(Crossing.Walk)
    await session.sleep(0.2)
    crossing.add(Crossing.Green, args={"name": "impatient driver"})
    await session.sleep(0.1)
    crossing.remove(Crossing.Walk)
