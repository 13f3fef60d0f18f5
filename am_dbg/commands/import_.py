"""``am-dbg import``: a session saved by the Go debugger becomes a recording."""

from __future__ import annotations

from pathlib import Path

import click

from am_dbg.errors import UserError


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--output",
    "-o",
    required=True,
    type=click.Path(path_type=Path),
    help="The recording to write (.mcap); it must not exist yet.",
)
def command(file: Path, output: Path) -> None:
    """Import a session of the Go debugger (.gob.br) into a recording."""
    from am_dbg.formats.dump import import_dump
    from am_dbg.formats.opening import is_dump

    if not is_dump(file):
        raise UserError(f"{file}: only .gob.br files (sessions of the Go debugger) are imported")
    totals = import_dump(file, output)
    click.echo(
        f"{output}: {totals.machines:,} machines, {totals.transitions:,} transitions "
        f"({totals.accepted:,} accepted, {totals.canceled:,} canceled, {totals.auto:,} auto, "
        f"{totals.checks:,} checks), {totals.queued:,} queued"
    )
    click.echo(
        f"final clocks sum {totals.clocks:,}, {totals.log_entries:,} log entries, "
        f"{totals.steps:,} steps"
    )
