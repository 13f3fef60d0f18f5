"""Three machines from every textbook: a turnstile, a crossing with its lights, a TCP connection.

People leave a station through the turnstile and want to cross the street; meanwhile two ends of a
TCP connection meet, talk and part, over a wire that loses segments. With the same ``--seed`` the
machines make the same transitions at any ``--speed``.
"""

from __future__ import annotations

import anyio
import click

import telemetry
from asyncmachine import Machine
from examples import common
from examples.common import Session, Settings
from examples.crossing import Crossing, CrossingHandlers, cars_go, people_walk
from examples.tcp import connection
from examples.turnstile import Turnstile, TurnstileHandlers, pass_through

PEOPLE = ("Ann", "Bob", "Cleo", "Dan", "Eve", "Finn", "Gina", "Hugo")


async def street(session: Session) -> None:
    """One person after the other: through the turnstile, then over the street."""
    crossing = Machine(Crossing, id="crossing", tags=("classics",), tracers=[session.summary])
    turnstile = Machine(Turnstile, id="turnstile", tags=("classics",), tracers=[session.summary])
    telemetry.bind_from_env(crossing)
    telemetry.bind_from_env(turnstile)
    crossing.bind_handlers(CrossingHandlers(session))
    turnstile.bind_handlers(TurnstileHandlers(crossing))

    crossing.add("Start")
    turnstile.add("Start")
    dice = session.dice("street")
    for number in session.rounds(len(PEOPLE)):
        await cars_go(session, crossing)
        name = PEOPLE[number % len(PEOPLE)]
        if await pass_through(session, turnstile, name, dice):
            await people_walk(session, crossing)
        await session.sleep(dice.uniform(0.1, 0.5))


async def classics(session: Session) -> None:
    """The street and the connection, side by side."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(street, session)
        tasks.start_soon(connection, session)


@click.command()
@common.options
def main(settings: Settings) -> None:
    """A turnstile, a crossing with traffic lights, and TCP's connection states."""
    common.run(settings, classics)


if __name__ == "__main__":
    main()
