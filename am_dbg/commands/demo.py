"""``am-dbg demo``: the examples as processes of their own, connecting to a debugger."""

from __future__ import annotations

import importlib.util
import math
import os
import signal
import subprocess
import sys
import threading

import anyio
import click
from anyio.abc import Process

from am_dbg.errors import UserError
from am_dbg.ui.live import listens
from telemetry.address import Address, AddressError, parse_address
from telemetry.messages import DEFAULT_ADDR

EXAMPLES = {
    "files": "a file pipeline with workers",
    "supervisor": "connections that drop",
    "classics": "traffic light, turnstile, TCP",
}
"""Module in ``examples`` -> what it shows."""

END_TIMEOUT = 5.0
"""Seconds that an example has to end by itself once it was asked to."""


@click.command()
@click.option(
    "--addr",
    envvar="AM_DBG_ADDR",
    default=DEFAULT_ADDR,
    show_default=True,
    metavar="ADDR",
    help="The debugger: HOST:PORT or unix:PATH.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0),
    default=60,
    show_default=True,
    metavar="S",
    help="How long; 0 until Ctrl+C.",
)
@click.option(
    "--token", envvar="AM_DBG_TOKEN", metavar="TEXT", help="What the debugger asks for, if so."
)
@click.option("--follow-stdin", is_flag=True, hidden=True)
def command(addr: str, seconds: float, token: str | None, follow_stdin: bool) -> None:
    """Run the example programs, connected to a debugger: something to look at.

    They are examples.files, examples.supervisor and examples.classics. Nothing needs to listen
    yet: they connect when a debugger appears.
    """
    try:
        address = parse_address(addr)
    except AddressError as error:
        raise UserError(str(error)) from error
    if importlib.util.find_spec("examples") is None:
        raise UserError("the examples are not installed: pip install am-dbg brings them")
    environment = {**os.environ, "AM_DBG_ADDR": str(address)}
    if token:
        environment["AM_DBG_TOKEN"] = token
    click.echo(_announcement(address, seconds, listens(address)))
    anyio.run(run_examples, environment, seconds or math.inf, follow_stdin)


def _announcement(address: Address, seconds: float, listening: bool) -> str:
    what = ", ".join(f"{name} ({text})" for name, text in EXAMPLES.items())
    until = f"for {seconds:g} s, or until Ctrl+C" if seconds else "until Ctrl+C"
    how = "am-dbg" if str(address) == DEFAULT_ADDR else f"am-dbg --listen {address}"
    hint = (
        "Watch them in the debugger that listens there."
        if listening
        else f"No debugger listens there yet; in another terminal: {how}"
    )
    return f"Running {what}, connecting to {address} {until}. {hint}"


async def run_examples(
    environment: dict[str, str], seconds: float, follow_stdin: bool = False
) -> None:
    """Run all examples for so long, or until SIGINT or SIGTERM; then end them.

    follow_stdin: end with whoever started this, that is when stdin closes.

    Raises UserError when one ends early: its own words are on stderr by then.
    """
    processes: dict[str, Process] = {}
    failed: list[str] = []
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        if follow_stdin:
            threading.Thread(target=_end_with_stdin, daemon=True).start()
        try:
            for name in EXAMPLES:
                processes[name] = await _start(name, environment)
            with anyio.move_on_after(seconds):
                async with anyio.create_task_group() as tasks:

                    async def watch(name: str, process: Process) -> None:
                        if await process.wait() != 0:
                            failed.append(name)
                            tasks.cancel_scope.cancel()

                    for name, process in processes.items():
                        tasks.start_soon(watch, name, process)
                    async for _ in signals:
                        tasks.cancel_scope.cancel()
        finally:
            await _end(list(processes.values()))
    if failed:
        raise UserError(f"examples.{failed[0]} failed, so the demo ends")


async def _start(name: str, environment: dict[str, str]) -> Process:
    # -P: a folder "examples" where the user happens to be is not ours. The pipe ends the child
    # should this process be killed; a session of its own keeps Ctrl+C from reaching it twice.
    options = ["--forever", "--summary", "none", "--follow-stdin"]
    return await anyio.open_process(
        [sys.executable, "-P", "-m", f"examples.{name}", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=None,
        env=environment,
        start_new_session=True,
    )


def _end_with_stdin() -> None:
    # os.read, because sys.stdin's lock would be waited for when the interpreter ends
    while os.read(0, 4096):
        continue
    os.kill(os.getpid(), signal.SIGTERM)


async def _end(processes: list[Process]) -> None:
    """Ask all to end, wait for them, and kill those that don't."""
    with anyio.CancelScope(shield=True):
        for process in processes:
            if process.returncode is None:
                process.terminate()
        with anyio.move_on_after(END_TIMEOUT):
            for process in processes:
                await process.wait()
        for process in processes:
            if process.returncode is None:
                process.kill()
            await process.aclose()
