"""``am-dbg log``: the log of a recording as text, printed while it is read."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from am_dbg.errors import UserError

if TYPE_CHECKING:
    from am_dbg.store import MachineLog, Store

NAMES_SHOWN = 8
"""Machines named when the one asked for isn't there."""


@click.command("log")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--machine", "-m", metavar="ID", help="Only this machine (its id, or label ID#2).")
@click.option(
    "--level",
    "-l",
    type=click.IntRange(0, 5),
    default=5,
    show_default=True,
    help="Only lines up to this level: 1 external, 2 changes, 3 ops, 4 decisions, 5 everything.",
)
def command(file: Path, machine: str | None, level: int) -> None:
    """Print the log of a recording (.mcap, .gob.br) as text: time, machine, line.

    Lines come in the order in which they were received; control characters are shown escaped.
    """
    from am_dbg.formats import imported
    from am_dbg.store import Store

    out = sys.stdout
    if isinstance(out, io.TextIOWrapper):
        out.reconfigure(errors="backslashreplace")  # a terminal without UTF-8 gets escapes
    with Store.open([imported(file)], cache=False) as store:
        try:
            for line in log_lines(store, machine, level):
                out.write(line)
            out.flush()
        except BrokenPipeError:
            # The reader has enough (| head). What is buffered must not be flushed at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return
        remarks(store, file)
        if machine is not None and not wanted(store, machine):
            raise UserError(f"{file}: no machine {machine!r}; {names(store)}")


def log_lines(store: Store, machine: str | None, level: int) -> Iterator[str]:
    """Lines with their line ends, as the store is fed; ``machine`` is an id or a label."""
    from am_dbg.formats.logtext import message_lines
    from am_dbg.store import Flag

    more, n = True, 0
    has_log, flags = int(Flag.HAS_LOG), store.flags
    while more:
        more = store.feed(0.02)
        chosen = None if machine is None else {m.no for m in wanted(store, machine)}
        for n in range(n, len(store)):  # noqa: B020 (goes on where the last slice ended)
            no = store.machine[n]
            if not flags[n] & has_log or (chosen is not None and no not in chosen):
                continue
            label = store.machines[no].label
            yield from message_lines(store.message(n), store.time[n], label, level)
        n = len(store)


def wanted(store: Store, name: str) -> list[MachineLog]:
    """The machines of that label or id."""
    return [machine for machine in store.machines if name in (machine.label, machine.id)]


def names(store: Store) -> str:
    """Some of the machines there are, for an error line."""
    from am_dbg.model.format import clean

    labels = [clean(machine.label) for machine in store.machines]
    if not labels:
        return "it has none"
    more = ", ..." if len(labels) > NAMES_SHOWN else ""
    return f"there are {', '.join(labels[:NAMES_SHOWN])}{more}"


def remarks(store: Store, file: Path) -> None:
    """Say on stderr what is wrong with the file."""
    for text in store.status.damage:
        click.echo(f"am-dbg: {text}", err=True)
    if store.status.truncated:
        click.echo(f"am-dbg: {file} is cut: its recorder did not close it", err=True)
