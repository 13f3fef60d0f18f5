"""A turnstile: a coin opens it, a push goes through, force brings the guard."""

from __future__ import annotations

import random

from asyncmachine import Event, Machine, Schema, State
from examples.common import Session
from examples.crossing import Crossing

COINS = (1, 2, 5)
"""What the turnstile takes; it costs one coin, whatever its value."""


class Turnstile(Schema):
    """Locked is the resting state; an alarm keeps it locked, coin or not."""

    Start = State()

    Locked = State(auto=True, require=[Start], remove=["Unlocked"])
    Unlocked = State(require=[Start], remove=[Locked])
    Alarm = State(require=[Start], remove=[Unlocked, "Coin"])

    Coin = State(multi=True, require=[Start])
    Push = State(multi=True, require=[Unlocked])
    Kick = State(multi=True, add=[Alarm])

    class Groups:
        """How the debugger sorts them."""

        Gate = ("Locked", "Unlocked", "Alarm")
        People = ("Coin", "Push", "Kick")


class TurnstileHandlers:
    """Coins are looked at, pushes lock it again, and whoever comes through wants to cross."""

    def __init__(self, crossing: Machine) -> None:
        self.crossing = crossing

    def CoinEnter(self, event: Event) -> bool:
        """Refuse what isn't a coin of ours."""
        return event.args["value"] in COINS

    def CoinState(self, event: Event) -> None:
        """Queued: they run once this transition is complete."""
        event.machine.add(Turnstile.Unlocked, args={"name": event.args["name"]})
        event.machine.remove(Turnstile.Coin)

    def PushState(self, event: Event) -> None:
        """Behind the turnstile is the street: a mutation of another machine."""
        self.crossing.add(Crossing.Button, args={"name": event.args["name"]})
        event.machine.add(Turnstile.Locked)

    def KickState(self, event: Event) -> None:
        """One kick, one alarm: as long as Kick is active it implies Alarm."""
        event.machine.remove(Turnstile.Kick)


async def pass_through(
    session: Session, turnstile: Machine, name: str, dice: random.Random
) -> bool:
    """Let somebody try to pass, in their own way. True when they did."""
    who = {"name": name}
    mood = dice.choice(["hasty", "careful", "careful", "poor", "angry"])
    session.tell(turnstile, f"{name} comes to the turnstile, {mood}")
    if mood == "hasty":
        turnstile.add(Turnstile.Push, args=who)  # locked: the relation refuses
        await session.sleep(0.1)
    if mood == "angry":
        turnstile.add(Turnstile.Kick, args=who)
        turnstile.add(Turnstile.Coin, args={**who, "value": 1})  # too late: the alarm refuses
        await session.sleep(0.3)
        turnstile.remove(Turnstile.Alarm, args={"name": "guard"})
        return False
    if mood == "poor":
        turnstile.add(Turnstile.Coin, args={**who, "value": 3})  # no such coin: the handler refuses
        await session.sleep(0.1)

    turnstile.add(Turnstile.Coin, args={**who, "value": dice.choice(COINS)})
    await session.sleep(0.1)
    if mood == "careful" and not turnstile.can_add(Turnstile.Push, args=who):
        return False
    return bool(turnstile.add(Turnstile.Push, args=who))
