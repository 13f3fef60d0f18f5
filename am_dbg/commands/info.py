"""``am-dbg info``: what is in a recording, for people and for scripts."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from am_dbg.recording import RecordingReader
from am_dbg.recording.accounting import Accounting, MachineAccount
from telemetry.messages import ShapeError

PIPE_WIDTH = 240
"""Columns when nobody watches: nothing is cut."""


@click.command("info")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def command(file: Path, as_json: bool) -> None:
    """Show what is in a recording: its machines, counts, clocks, what is missing."""
    with RecordingReader(file) as reader:
        accounting, unreadable = count(reader)
        document = summary(accounting, reader)
        remarks = _remarks(reader, unreadable)
    for remark in remarks:
        click.echo(f"am-dbg: {file}: {remark}", err=True)
    if as_json:
        click.echo(json.dumps(document))
    else:
        _print(document, accounting)


def count(reader: RecordingReader) -> tuple[Accounting, int]:
    """The totals of a recording, and the number of messages that could not be decoded."""
    accounting = Accounting()
    unreadable = 0
    for block in reader.blocks():
        for channel, arrival, _, start, end in block.messages():
            try:
                accounting.add(channel, arrival, block.data[start:end])
            except (ShapeError, RecursionError):
                unreadable += 1
    return accounting, unreadable


def summary(accounting: Accounting, reader: RecordingReader) -> dict[str, Any]:
    """The JSON document, as docs/recording.md describes it."""
    recording = reader.recording
    return {
        "machines": [
            _machine(machine, recording and accounting.connected(machine))
            for machine in accounting.machines.values()
        ],
        "records": accounting.records,
        "rejected": accounting.events.get("rejected", 0),
        "truncated": reader.truncated,
        "bytes": reader.size(),
    }


def _machine(machine: MachineAccount, connected: bool) -> dict[str, Any]:
    schema = machine.schema
    return {
        "id": machine.id,
        "instance": machine.instance,
        "parent": (schema.parent or None) if schema else None,
        "tags": schema.tags if schema else [],
        "states": machine.states,
        "transitions": machine.transitions,
        "queued": machine.queued,
        "accepted": machine.accepted,
        "canceled": machine.canceled,
        "auto": machine.auto,
        "checks": machine.checks,
        "log_entries": machine.log_entries,
        "steps": machine.steps,
        "gaps": machine.gaps,
        "lost": machine.lost,
        "first_time": machine.first_time,
        "last_time": machine.last_time,
        "clocks": machine.last_clocks,
        "connected": connected,
    }


def _remarks(reader: RecordingReader, unreadable: int) -> list[str]:
    """What is not as it should be, a line each."""
    remarks = []
    if reader.truncated:
        torn = reader.size() - reader.position
        remarks.append(
            f"cut: it was not closed; all {reader.position:,} bytes up to there are whole"
            + (f", the {torn:,} behind them are not" if torn else "")
        )
    elif not reader.closed:
        remarks.append("still being recorded; this is how far it is")
    remarks += [
        f"damaged, bytes {damage.start} to {damage.end} are skipped: {damage.text}"
        for damage in reader.damage
    ]
    if unreadable:
        remarks.append(f"{unreadable} messages are not what their kind says and are left out")
    return remarks


def _print(document: dict[str, Any], accounting: Accounting) -> None:
    """The human form."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("machine", overflow="fold")
    columns = {
        "states": "states", "transitions": "transitions", "canceled": "canceled", "auto": "auto",
        "checks": "checks", "queued": "queued", "log_entries": "log", "steps": "steps",
        "lost": "lost", "clocks": "clocks",
    }  # fmt: skip
    for title in columns.values():
        table.add_column(title, justify="right", no_wrap=True)
    seen: dict[str, int] = {}
    for machine in document["machines"]:
        number = seen[machine["id"]] = seen.get(machine["id"], 0) + 1
        name = printable(machine["id"]) + (f"#{number}" if number > 1 else "")
        cells = [f"{_number(key, machine[key]):,}" for key in columns]
        connected = machine["connected"]
        table.add_row(Text(f"{name} (connected)" if connected else name), *cells)
    if document["machines"]:
        console.print(table)
        console.print()
    console.print(Text(_totals(document, accounting)))


def _totals(document: dict[str, Any], accounting: Accounting) -> str:
    """One or two lines: how much, from when to when."""
    parts = [
        _plural(len(document["machines"]), "machine"),
        _plural(document["records"], "record"),
        f"{document['rejected']:,} rejected",
        _plural(document["bytes"], "byte"),
    ]
    parts += [
        f"{accounting.events[kind]:,} {kind}"
        for kind in ("refused", "recovered")
        if accounting.events.get(kind)
    ]
    line = ", ".join(parts) + ("; cut" if document["truncated"] else "")
    first = [m["first_time"] for m in document["machines"] if m["first_time"] is not None]
    last = [m["last_time"] for m in document["machines"] if m["last_time"] is not None]
    if first:
        line += f"\nfrom {_time(min(first))} to {_time(max(last))} UTC"
    return line


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def printable(text: str) -> str:
    """``text`` with everything that a terminal could act on spelled out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _number(key: str, value: Any) -> int:
    if key == "clocks":
        return sum(value)
    return len(value) if isinstance(value, list) else value


def _time(value: int) -> str:
    try:
        moment = datetime.fromtimestamp(value / 1e9, UTC)
    except (OverflowError, ValueError, OSError):
        return f"{value} ns"  # a client's clock of the year 10000 and later
    return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{moment.microsecond // 1000:03}"
