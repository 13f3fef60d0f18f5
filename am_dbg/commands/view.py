"""``am-dbg [FILE ...]``: the terminal debugger, live without files, replaying with them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import click
import msgspec
from msgspec.structs import replace

from am_dbg.errors import UserError, nearest
from am_dbg.settings import NAMES, Settings, load_settings, settings_path
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
    metavar="ADDR",
    help=f"Where machines connect: HOST:PORT or unix:PATH.  [default: {DEFAULT_ADDR}]",
)
@click.option(
    "--recording-dir",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where live sessions are recorded.  [default: the user's state folder]",
)
@click.option("--machine", metavar="ID", help="Select this machine, or a mach://ID/TX address.")
@click.option("--theme", type=click.Choice(NAMES), help="Colours.  [default: dark]")
@click.option(
    "--max-mem",
    type=click.IntRange(min=0),
    metavar="MB",
    help="Memory above which a live session's oldest part is only in its file; 0: no limit.  "
    "[default: 1000]",
)
@click.option("--demo", is_flag=True, help="Run the example programs as well, to look at.")
@click.option(
    "--token",
    envvar="AM_DBG_TOKEN",
    metavar="TEXT",
    help="What clients over TCP have to show.  [env: AM_DBG_TOKEN]",
)
@click.option("--insecure", is_flag=True, help="Listen beyond this machine without a token.")
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="NAME=VALUE",
    help="Any setting, for this run: --set view.focus=log; may be given several times.",
)
def command(
    files: tuple[str, ...],
    follow: bool,
    listen: str | None,
    recording_dir: Path | None,
    machine: str | None,
    theme: str | None,
    max_mem: int | None,
    demo: bool,
    token: str | None,
    insecure: bool,
    overrides: tuple[str, ...],
) -> None:
    """See machines live (without FILE), or replay recordings: .mcap, .gob.br.

    A mach://ID/TX address among the files selects that machine and transition. What isn't said
    here is as in the settings file: am-dbg settings shows it and where it is. Inside, ? explains
    the keys.
    """
    settings = load_settings(overrides)
    said = {
        "listen": listen,
        "theme": theme,
        "recording_dir": recording_dir and str(recording_dir),
        "max_mem": max_mem,
    }
    settings = replace(settings, **{key: value for key, value in said.items() if value is not None})
    addresses = [text for text in files if text.startswith("mach://")]
    paths = [Path(text) for text in files if not text.startswith("mach://")]
    wanted = machine or (addresses[0] if addresses else None)
    prepare_terminal()
    if paths:
        replay(paths, follow, settings, wanted)
        return
    if follow:
        raise click.UsageError("--follow needs a FILE to follow")
    live(settings, token, insecure, wanted, demo)


def prepare_terminal() -> None:
    """What Textual reads when it is first imported."""
    # at 60 frames a key right after a live repaint would wait for up to 16 ms
    os.environ.setdefault("TEXTUAL_FPS", "240")
    if not os.environ.get("NO_COLOR", "1"):
        del os.environ["NO_COLOR"]  # empty means colours, as everywhere else


def live(
    settings: Settings,
    token: str | None = None,
    insecure: bool = False,
    wanted: str | None = None,
    demo: bool = False,
) -> None:
    """Record what connects, and show it. Raises UserError when that can't begin."""
    from am_dbg.ui.live import Demo, Recorder, free_address, listens
    from am_dbg.ui.recordings import beside, default_folder, new_recording
    from am_dbg.ui.terminal import need_terminal

    listen = settings.listen
    try:
        address = parse_address(listen)
    except AddressError as error:
        raise UserError(f"--listen: {error}") from None
    folder = (
        Path(settings.recording_dir).expanduser() if settings.recording_dir else default_folder()
    )
    if demo and listens(address):
        listen = free_address()  # the examples go where they are told to
    elif listens(address):
        attach(listen, folder, settings, wanted)
        return
    need_terminal()
    recording = new_recording(folder, listen, settings.keep)
    try:
        recorder = Recorder.start(listen, recording, token, insecure)
    except UserError:
        beside(recording).unlink(missing_ok=True)
        raise
    programs = Demo(listen, token) if demo else None
    try:
        session = replay_session([recording], True, settings)
    except UserError:
        recorder.stop()
        raise
    session.listen, session.recording = listen, short(recording)
    try:
        show(session, wanted, recorder)
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


def replay(paths: Sequence[Path], follow: bool, settings: Settings, wanted: str | None) -> None:
    """Show recordings, going on where the user left."""
    from am_dbg.ui.notes import restore_position, save_position

    session = replay_session(paths, follow, settings)
    here = session.recordings[0]
    if not (follow or wanted or session.opening) and restore_position(here, session):
        session.greeting = "opened where you left it; end goes to the last transition"
    try:
        show(session, wanted)
        if not follow and here in session.recordings:
            save_position(here, session)
    finally:
        session.store.close()  # not always the one from the beginning


def attach(listen: str, folder: Path, settings: Settings, wanted: str | None) -> None:
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
        session = replay_session([recording], True, settings)
        session.listen, session.recording = listen, short(recording)
        try:
            show(session, wanted)
        finally:
            session.store.close()


def replay_session(
    paths: Sequence[Path], follow: bool, settings: Settings | None = None
) -> Session:
    """A session over recordings, indexed as far as the first screen may wait for.

    Raises UserError for a file that is no recording, and for keys that the settings get wrong.
    """
    from am_dbg.formats import imported
    from am_dbg.model.cursor import opening_cursor
    from am_dbg.model.filters import Filters, FilterSet
    from am_dbg.store import Store
    from am_dbg.ui.keybook import Keymap
    from am_dbg.ui.notes import read_marks
    from am_dbg.ui.remembered import recall
    from am_dbg.ui.session import Session

    settings = settings or Settings()
    file = settings_path()
    keymap = Keymap(settings.keys, str(file) if file.exists() else "")
    recordings = [imported(path) for path in paths]
    store = Store.open(recordings)
    more = store.feed(OPENING_SECONDS)
    name = paths[0].name if len(paths) == 1 else f"{paths[0].name} +{len(paths) - 1}"
    session = Session(
        store,
        recordings,
        list(paths),
        files=name,
        live=follow,
        opening=more,
        settings=settings,
        keymap=keymap,
        log_times=settings.view.log_times,
        log_wrap=settings.view.log_wrap,
    )
    session.filters = recall("filters", FilterSet)
    if session.filters == FilterSet() or settings.insists_on("filter"):
        values = msgspec.structs.asdict(settings.filter)
        shown = values.pop("disconnected")
        session.filters = FilterSet(Filters(**values), disconnected=shown)
    session.cursor = opening_cursor(store, follow, session.lens.visible)
    if recordings:
        session.marks = read_marks(recordings[0])
    return session


def show(session: Session, wanted: str | None, recorder: Recorder | None = None) -> None:
    """Run the screen until the user leaves it, or the terminal goes."""
    from am_dbg.ui.app import DebuggerApp
    from am_dbg.ui.terminal import hung_up, let_go, need_terminal

    need_terminal()
    if wanted:
        select(session, wanted)
    use_time_zone(session.settings.view.time_zone)
    app = DebuggerApp(session, session.settings.theme, recorder)
    app.run(mouse=session.settings.mouse)
    if hung_up():
        let_go()
    if session.trouble:
        click.echo(f"am-dbg: {session.trouble}", err=True)
    if app.return_code:
        sys.exit(app.return_code)


def use_time_zone(name: str) -> None:
    """Show times of that zone from now on. Raises UserError when there is none of that name."""
    if name == "local":
        return
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = nearest(name, ("local", *available_timezones()))
        near = near or "; it is local, UTC, or one such as Asia/Tokyo"
        raise UserError(f"view.time_zone: no time zone {name}{near}") from None
    os.environ["TZ"] = name
    time.tzset()


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
