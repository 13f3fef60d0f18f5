"""``am-dbg [FILE ...]``: the terminal debugger, live without files, replaying with them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from am_dbg.errors import UserError
from telemetry.address import AddressError, parse_address
from telemetry.messages import DEFAULT_ADDR

if TYPE_CHECKING:
    from am_dbg.ui.live import Recorder
    from am_dbg.ui.session import Session

OPENING_SECONDS = 0.4
"""How long the first screen may wait for the index: a recording done by then opens complete."""


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE ...]")
@click.option("--follow", is_flag=True, help="Go on reading while the recording grows.")
@click.option(
    "--listen",
    default=DEFAULT_ADDR,
    show_default=True,
    metavar="ADDR",
    help="HOST:PORT, unix:PATH.",
)
@click.option(
    "--recording-dir",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where live sessions are recorded; default: the user's state folder.",
)
@click.option("--machine", metavar="ID", help="Select this machine, or a mach://ID/TX address.")
@click.option(
    "--theme",
    type=click.Choice(["dark", "light"]),
    default="dark",
    show_default=True,
    help="Colours.",
)
@click.option("--demo", is_flag=True, help="Run the example programs as well, to look at.")
@click.option("--token", envvar="AM_DBG_TOKEN", metavar="TEXT", help="Clients must send it.")
@click.option("--insecure", is_flag=True, help="Listen beyond this machine without a token.")
def command(
    files: tuple[str, ...],
    follow: bool,
    listen: str,
    recording_dir: Path | None,
    machine: str | None,
    theme: str,
    demo: bool,
    token: str | None,
    insecure: bool,
) -> None:
    """See machines live (without FILE), or replay recordings: .mcap, .gob.br.

    A mach://ID/TX address among the files selects that machine and transition.
    """
    addresses = [text for text in files if text.startswith("mach://")]
    paths = [Path(text) for text in files if not text.startswith("mach://")]
    wanted = machine or (addresses[0] if addresses else None)
    prepare_terminal()
    if paths:
        replay(paths, follow, theme, wanted)
        return
    if follow:
        raise click.UsageError("--follow needs a FILE to follow")
    live(listen, recording_dir, token, insecure, theme, wanted, demo)


def prepare_terminal() -> None:
    """What Textual reads when it is first imported."""
    # at 60 frames a key right after a live repaint would wait for up to 16 ms
    os.environ.setdefault("TEXTUAL_FPS", "240")
    if not os.environ.get("NO_COLOR", "1"):
        del os.environ["NO_COLOR"]  # empty means colours, as everywhere else


def live(
    listen: str,
    folder: Path | None,
    token: str | None,
    insecure: bool,
    theme: str,
    wanted: str | None,
    demo: bool = False,
) -> None:
    """Record what connects, and show it. Raises UserError when that can't begin."""
    from am_dbg.ui.live import Demo, Recorder, free_address, listens
    from am_dbg.ui.recordings import beside, default_folder, new_recording
    from am_dbg.ui.terminal import need_terminal

    try:
        address = parse_address(listen)
    except AddressError as error:
        raise UserError(f"--listen: {error}") from None
    folder = folder or default_folder()
    if demo and listens(address):
        listen = free_address()  # the examples go where they are told to
    elif listens(address):
        attach(listen, folder, theme, wanted)
        return
    need_terminal()
    recording = new_recording(folder, listen)
    try:
        recorder = Recorder.start(listen, recording, token, insecure)
    except UserError:
        beside(recording).unlink(missing_ok=True)
        raise
    programs = Demo(listen, token) if demo else None
    session = replay_session([recording], follow=True)
    session.listen, session.recording = listen, short(recording)
    try:
        show(session, theme, wanted, recorder)
    finally:
        if programs is not None:
            programs.stop()
        recorder.stop()
        session.store.close()
        beside(recording).unlink(missing_ok=True)
        if not session.store.machines and not session.store.status.errors:
            recording.unlink(missing_ok=True)  # it would push out one that holds something
        else:
            click.echo(f"am-dbg: recorded into {short(recording)}", err=True)


def replay(paths: Sequence[Path], follow: bool, theme: str, wanted: str | None) -> None:
    """Show recordings, going on where the user left."""
    from am_dbg.ui.notes import restore_position, save_position

    session = replay_session(paths, follow)
    here = session.recordings[0]
    if not (follow or wanted or session.opening) and restore_position(here, session):
        session.greeting = "opened where you left it; end goes to the last transition"
    with closing(session.store):
        show(session, theme, wanted)
        if not follow:
            save_position(here, session)


def attach(listen: str, folder: Path, theme: str, wanted: str | None) -> None:
    """The address is taken: offer the recording of the am-dbg that has it, when it is one."""
    from am_dbg.ui.recordings import recording_of

    recording = recording_of(folder, listen)
    if recording is None:
        raise UserError(
            f"{listen} is in use by another program; choose another address with --listen"
        )
    text = f"another am-dbg listens on {listen} and records into {short(recording)}"
    if not sys.stdin.isatty():
        raise UserError(f"{text}; to see it: am-dbg --follow {recording}")
    if click.confirm(f"{text}. Open that recording?", default=True):
        session = replay_session([recording], follow=True)
        session.listen, session.recording = listen, short(recording)
        with closing(session.store):
            show(session, theme, wanted)


def replay_session(paths: Sequence[Path], follow: bool) -> Session:
    """A session over recordings, indexed as far as the first screen may wait for."""
    from am_dbg.formats import imported
    from am_dbg.model.cursor import opening_cursor
    from am_dbg.store import Store
    from am_dbg.ui.notes import read_marks
    from am_dbg.ui.session import Session

    recordings = [imported(path) for path in paths]
    store = Store.open(recordings)
    more = store.feed(OPENING_SECONDS)
    name = paths[0].name if len(paths) == 1 else f"{paths[0].name} +{len(paths) - 1}"
    session = Session(store, recordings, files=name, live=follow, opening=more)
    session.cursor = opening_cursor(store, live=follow)
    if recordings:
        session.marks = read_marks(recordings[0])
    return session


def show(
    session: Session, theme: str, wanted: str | None, recorder: Recorder | None = None
) -> None:
    """Run the screen until the user leaves it, or the terminal goes."""
    from am_dbg.ui.app import DebuggerApp
    from am_dbg.ui.terminal import hung_up, let_go, need_terminal

    need_terminal()
    if wanted:
        select(session, wanted)
    app = DebuggerApp(session, theme, recorder)
    app.run()
    if hung_up():
        let_go()
    if session.trouble:
        click.echo(f"am-dbg: {session.trouble}", err=True)
    if app.return_code:
        sys.exit(app.return_code)


def select(session: Session, wanted: str) -> None:
    """Go to a machine (its id) or an address. Raises UserError when it isn't there."""
    from am_dbg.model.addresses import format_address
    from am_dbg.model.goto import go_to_address

    address = wanted if wanted.startswith("mach://") else format_address(wanted)
    while session.store.feed(OPENING_SECONDS):
        if session.store.machine_by(wanted) is not None:
            break
    move = go_to_address(session.store, session.cursor, address)
    if move.message:
        raise UserError(move.message)
    session.cursor, session.opening = move.cursor, False


def short(path: Path) -> str:
    """A path with ``~`` for the home folder."""
    try:
        return f"~/{path.relative_to(Path.home())}"
    except ValueError:
        return str(path)
