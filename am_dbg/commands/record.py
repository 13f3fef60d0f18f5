"""``am-dbg record``: the recorder alone, without looking at anything."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click

from telemetry.address import Address, AddressError, parse_address
from telemetry.messages import DEFAULT_ADDR, MAX_MESSAGE


def parse_addresses(
    _ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> tuple[Address, ...]:
    """The addresses of an option that may be repeated; a usage error says what one looks like."""
    try:
        return tuple(parse_address(value) for value in values)
    except AddressError as error:
        raise click.BadParameter(str(error), param=param) from None


@click.command("record")
@click.option(
    "--listen",
    "listen",
    metavar="ADDR",
    callback=parse_addresses,
    multiple=True,
    default=[DEFAULT_ADDR],
    show_default=True,
    help="HOST:PORT (port 0: any free one) or unix:PATH; may be given several times.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The recording, an .mcap file that doesn't exist yet.",
)
@click.option("--append", is_flag=True, help="Go on with the recording; a torn end is repaired.")
@click.option(
    "--for",
    "duration",
    type=click.FloatRange(min=0),
    metavar="S",
    help="End after S seconds.",
)
@click.option(
    "--until-idle",
    type=click.FloatRange(min=0),
    metavar="S",
    help="End S seconds after the last client has gone.",
)
@click.option(
    "--token",
    envvar="AM_DBG_TOKEN",
    metavar="TEXT",
    help="What clients over TCP have to show. [env: AM_DBG_TOKEN]",
)
@click.option("--insecure", is_flag=True, help="Listen beyond this machine without a token.")
@click.option(
    "--max-message",
    type=click.IntRange(min=1024),
    default=MAX_MESSAGE,
    show_default=True,
    metavar="BYTES",
    help="Longest message taken.",
)
@click.option("--follow-stdin", is_flag=True, hidden=True)
def command(
    listen: tuple[Address, ...],
    output: Path,
    append: bool,
    duration: float | None,
    until_idle: float | None,
    token: str | None,
    insecure: bool,
    max_message: int,
    follow_stdin: bool,
) -> None:
    """Record what connects, until ctrl+c.

    One line on stderr says where it listens, as soon as it does.
    """
    from am_dbg.recorder import Options, record

    options = Options(
        listen=listen,
        output=output,
        append=append,
        duration=duration,
        until_idle=until_idle,
        token=token or None,
        insecure=insecure,
        max_message=max_message,
        follow_stdin=follow_stdin,
    )
    record(options, _say)


def _say(line: str) -> None:
    """Tells the user; a terminal or viewer that has gone is no reason to stop recording."""
    with contextlib.suppress(OSError):
        click.echo(f"am-dbg: {line}", err=True)
