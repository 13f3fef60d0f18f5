"""What the examples share: command-line options, pace and dice, a clean end, the summary."""

from __future__ import annotations

import functools
import itertools
import os
import random
import signal
import threading
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import anyio
import click
from anyio.abc import TaskStatus

from asyncmachine import Machine
from examples.summary import Summary


@dataclass(frozen=True)
class Settings:
    """What the common options say."""

    speed: float = 1.0
    forever: bool = False
    seed: int = 1
    summary: str = "text"
    follow_stdin: bool = False


@dataclass(frozen=True)
class Session:
    """One run of an example: its pace, its dice, and the tracer that sums it up."""

    settings: Settings
    summary: Summary = field(default_factory=Summary)

    async def sleep(self, seconds: float) -> None:
        """Wait, the shorter the higher ``--speed`` is."""
        await anyio.sleep(seconds / self.settings.speed)

    def dice(self, name: str) -> random.Random:
        """Random numbers of one's own, the same in each run with the same ``--seed``."""
        return random.Random(f"{self.settings.seed}/{name}")

    def rounds(self, count: int) -> Iterable[int]:
        """``range(count)``, or numbers without an end with ``--forever``."""
        return itertools.count() if self.settings.forever else range(count)

    def tell(self, machine: Machine, text: str) -> None:
        """One line about what happens, in the machine's log and on the terminal."""
        machine.log(text)
        try:
            click.echo(text)
        except BrokenPipeError:  # nobody reads any more, as with "| head"
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


Program = Callable[[Session], Awaitable[None]]
"""An example: ends by itself, or is canceled when the user has seen enough."""


def options(function: Callable[..., None]) -> Callable[..., None]:
    """Add the common options to a click command; it gets them as one ``settings``."""

    @click.option("--speed", default=1.0, show_default=True, help="2 is twice as fast.")
    @click.option("--forever", is_flag=True, help="Go on until Ctrl+C.")
    @click.option("--seed", default=1, show_default=True, help="Another seed, another course.")
    @click.option(
        "--summary",
        type=click.Choice(["text", "json", "none"]),
        default="text",
        show_default=True,
        help="What the last line, or the last lines, look like.",
    )
    @click.option("--follow-stdin", is_flag=True, hidden=True, help="End when stdin closes.")
    @functools.wraps(function)
    def with_settings(
        speed: float, forever: bool, seed: int, summary: str, follow_stdin: bool, **others: Any
    ) -> None:
        if not speed > 0:
            raise click.BadParameter("has to be more than 0", param_hint="--speed")
        function(Settings(speed, forever, seed, summary, follow_stdin), **others)

    return with_settings


def run(settings: Settings, program: Program) -> None:
    """Run ``program`` until it ends, Ctrl+C or SIGTERM; then print the summary."""
    session = Session(settings)
    anyio.run(_run_until_signal, session, program)
    if settings.summary == "json":
        click.echo(session.summary.as_json())
    elif settings.summary == "text":
        click.echo(session.summary.as_text())


async def _run_until_signal(session: Session, program: Program) -> None:
    async with anyio.create_task_group() as tasks:
        await tasks.start(_cancel_on_signal, tasks.cancel_scope)
        if session.settings.follow_stdin:
            threading.Thread(target=_end_with_stdin, daemon=True).start()
        await program(session)
        tasks.cancel_scope.cancel()


async def _cancel_on_signal(scope: anyio.CancelScope, *, task_status: TaskStatus[None]) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        task_status.started()
        async for _ in signals:
            scope.cancel()
            return


def _end_with_stdin() -> None:
    # Whoever started this program holds the other end, and may die without a word (SIGKILL).
    # os.read, because sys.stdin's lock would be waited for when the interpreter ends.
    while os.read(0, 4096):
        continue
    os.kill(os.getpid(), signal.SIGTERM)
