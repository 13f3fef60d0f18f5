"""``am-dbg export``: a recording, or a part of it, in another form."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from am_dbg.errors import UserError

if TYPE_CHECKING:
    from am_dbg.formats.exporting import Export
    from am_dbg.formats.selection import Selection
    from am_dbg.model.cursor import Cursor
    from am_dbg.store import Store

FORMATS = ("mcap", "md", "log", "jsonl", "mermaid", "svg")
PROGRESS_STEP = 5000
"""Messages between two progress lines in a terminal."""
TIME_FORM = "like 13:29:41.5, 2026-01-05T13:29:41Z, +2.5s (from the start) or mach://ID/TX"


@click.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "-f", "form", type=click.Choice(FORMATS), required=True)
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True)
@click.option("--machine", "-m", "names", metavar="ID", multiple=True, help="Only this one; again.")
@click.option("--from", "since", metavar="TIME", help="From this time, or mach://ID/TX, on.")
@click.option("--to", "until", metavar="TIME", help="Up to this time, or mach://ID/TX.")
@click.option("--at", "at", metavar="TIME", help="One moment: a time, or mach://ID/TX.")
@click.option(
    "--level", "-l", type=click.IntRange(1, 5), default=5, show_default=True, help="Of log lines."
)
@click.option(
    "--diagram",
    type=click.Choice(["schema", "network", "steps"]),
    help="What mermaid and svg draw; default: schema of a --machine, else network.",
)
@click.option("--state", metavar="NAME", help="The state that a schema's diagram is around.")
@click.option(
    "--within", type=click.IntRange(0), metavar="N", help="Draw what is N relations away at most."
)
@click.option("--group", metavar="NAME", help="Draw only the states of this group.")
@click.option("--force", is_flag=True, help="Replace the output if it exists.")
def command(
    file: Path,
    form: str,
    output: Path,
    names: tuple[str, ...],
    since: str | None,
    until: str | None,
    at: str | None,
    level: int,
    diagram: str | None,
    state: str | None,
    within: int | None,
    group: str | None,
    force: bool,
) -> None:
    """Write a recording (.mcap, .gob.br), or a part of it, in another form.

    mcap: a smaller recording; md: transitions as Markdown; log: text; jsonl: messages as JSON;
    mermaid, svg: diagrams. TIME is a time of day, a date and time, +SECONDSs from the start, or a
    mach:// address. Without --from and --to md and diagrams are of the last transition.
    """
    from am_dbg.formats import imported
    from am_dbg.formats.exporting import Export
    from am_dbg.model.diagram.view import Wanted
    from am_dbg.store import Store

    if at is not None and (since is not None or until is not None):
        raise click.UsageError("--at is one moment; --from and --to are a range")
    with Store.open([imported(file)]) as store:
        while store.feed():
            pass
        machines = _machines(store, names, file)
        cursor = _cursor(store, at, machines, state)
        export = Export(store, form, output, cursor=cursor, level=level, force=force)
        export.selection = _selection(store, export, machines, since, until, at)
        named = bool(machines) or (at or "").startswith("mach://")
        kind = diagram or ("schema" if named or state or group else "network")
        export.wanted = Wanted(kind, within, group=_group(store, cursor, group))
        _run(export)
        click.echo(export.told(), err=True)


def _run(export: Export) -> None:
    watched = sys.stderr.isatty()
    step = PROGRESS_STEP
    for done in export.run():
        if watched and done >= step:
            click.echo(f"\r{done * 100 // max(1, export.total)} % ", nl=False, err=True)
            step += PROGRESS_STEP
    if watched and step > PROGRESS_STEP:
        click.echo("\r", nl=False, err=True)


def _machines(store: Store, names: tuple[str, ...], file: Path) -> set[int] | None:
    """Numbers of the machines asked for; None for all."""
    from am_dbg.commands.log import names as known
    from am_dbg.commands.log import wanted

    if not names:
        return None
    found: set[int] = set()
    for name in names:
        logs = wanted(store, name)
        if not logs:
            raise UserError(f"{file}: no machine {name!r}; {known(store)}")
        found |= {log.no for log in logs}
    return found


def _cursor(store: Store, at: str | None, machines: set[int] | None, state: str | None) -> Cursor:
    """The moment asked for, else the last transition (of the first machine asked for)."""
    from am_dbg.model.cursor import go_to, opening_cursor, select_machine, select_state

    cursor = opening_cursor(store, live=False)
    if at is not None:
        cursor = place(store, at)
        if machines and cursor.machine not in machines:
            cursor = select_machine(store, cursor, min(machines)).cursor
    elif machines:
        no = min(machines)
        cursor = go_to(store, cursor, no, len(store.machines[no]) - 1).cursor
    if state is not None:
        if cursor.machine < 0 or state not in store.machines[cursor.machine].index:
            raise UserError(f"no state {state!r} in that machine")
        cursor = select_state(store, cursor, state).cursor
    return cursor


def _group(store: Store, cursor: Cursor, group: str | None) -> str:
    """The group of the machine's schema. Raises UserError when it has none of that name."""
    groups = store.machines[cursor.machine].schema.groups if cursor.machine >= 0 else {}
    if group is not None and group not in groups:
        known = f"; there are {', '.join(groups)}" if groups else "; that machine has none"
        raise UserError(f"no group {group!r}{known}")
    return group or ""


def _selection(
    store: Store,
    export: Export,
    machines: set[int] | None,
    since: str | None,
    until: str | None,
    at: str | None,
) -> Selection:
    from am_dbg.formats.selection import between, everything, moment, single

    if at is not None:
        own = at.startswith("mach://") and machines is None and export.format == "md"
        return single(export.cursor) if own else moment(store, export.cursor, machines)
    if since is None and until is None:
        if export.format == "md":
            return single(export.cursor)
        return everything(store, machines)
    start = None if since is None else _moment(place(store, since))
    end = None if until is None else _moment(place(store, until))
    if start is not None and end is not None and end < start:
        raise UserError("--to lies before --from")
    return between(store, start, end, machines)


def _moment(cursor: Cursor) -> int:
    return cursor.moment or 0


def place(store: Store, text: str) -> Cursor:
    """The place in time that a text names. Raises UserError saying what can be written."""
    from am_dbg.model.cursor import Cursor, opening_cursor
    from am_dbg.model.goto import go_to_text, parse_target

    start, end = store.first_time, store.last_time
    if start is None or end is None:
        raise UserError("the recording has no transitions")
    base = opening_cursor(store, live=False)
    if text.isascii() and text.isdigit() and len(text) > 15:
        return _at(store, base, int(text))
    try:
        target = parse_target(text)
    except ValueError as error:
        raise UserError(str(error)) from None
    if target.kind == "later":
        return _at(store, base, (start if target.number >= 0 else end) + target.number)
    if target.kind not in ("address", "clock", "moment"):
        raise UserError(f"{text!r} is no time; write it {TIME_FORM}")
    if target.kind == "address":
        base = Cursor(machine=base.machine, moment=end, pos=base.pos)
    move = go_to_text(store, base, text)
    if move.message and target.kind == "address":
        raise UserError(move.message)
    return move.cursor


def _at(store: Store, base: Cursor, moment: int) -> Cursor:
    log = store.machines[base.machine]
    pos = log.pos_at(moment)
    return replace(base, moment=moment, pos=pos, step=None, anchor=(base.machine, pos))
