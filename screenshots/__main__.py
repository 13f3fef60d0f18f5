"""Makes ``screenshots/*.svg`` and ``*.png``: ``python -m screenshots [FOLDER]``.

The live ones come from the example programs, connected to a recorder started for the purpose; the
replayed ones from the real session beside the project where it is at hand, else from what was just
recorded.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import cairosvg  # type: ignore[import-untyped]  # ships no types
from textual.pilot import Pilot

from am_dbg.commands.view import prepare_terminal, replay_session

prepare_terminal()

from am_dbg.ui.app import DebuggerApp  # noqa: E402 (the frame rate is read at the import)
from am_dbg.ui.live import Demo, Recorder, free_address  # noqa: E402
from am_dbg.ui.pictures import svg_of  # noqa: E402

HERE = Path(__file__).parent
REAL_SESSION = HERE.parent.parent / "shared" / "data" / "am-dbg-sim.gob.br"
WIDE, MEDIUM, NARROW, SMALL = (200, 50), (120, 40), (80, 24), (60, 20)
PNG_WIDTH = 1800
LIVE_TRANSITIONS = 400
LIVE_SECONDS = 40.0


class Shot(NamedTuple):
    """A picture: its name, the size of the terminal, the keys pressed before, the theme."""

    name: str
    size: tuple[int, int]
    keys: tuple[str, ...] = ()
    theme: str = "dark"


FIND = ("1", "slash")
CHOOSE = ("enter", "escape")
TO_CONNECTED = ("2", *["down"] * 8)
INTO_THE_MIDDLE = (*FIND, *"sim-p26", *CHOOSE, "home", *["right"] * 8, *TO_CONNECTED)
LIVE = (("live-120x40", MEDIUM), ("live-200x50", WIDE), ("live-80x24", NARROW))
REPLAYED = (
    Shot("replay-200x50", WIDE, INTO_THE_MIDDLE),
    Shot("replay-120x40", MEDIUM, INTO_THE_MIDDLE),
    Shot("replay-80x24", NARROW, (*INTO_THE_MIDDLE, "3")),
    Shot("replay-60x20", SMALL, (*INTO_THE_MIDDLE, "3")),
    Shot("steps-120x40", MEDIUM, (*INTO_THE_MIDDLE, "5", *["shift+left"] * 3)),
    Shot("light-120x40", MEDIUM, INTO_THE_MIDDLE, "light"),
    Shot("search-120x40", MEDIUM, (*FIND, *"p2")),
    Shot("help-120x40", MEDIUM, ("question_mark",)),
    Shot("palette-120x40", MEDIUM, ("colon", *"next")),
)


def main() -> None:
    """Make them all."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        recorded = Path(scratch) / "demo.mcap"
        asyncio.run(live(recorded, folder))
        source = REAL_SESSION if REAL_SESSION.exists() else recorded
        for shot in REPLAYED:
            asyncio.run(replayed(source, shot, folder))


async def live(recording: Path, folder: Path) -> None:
    """The empty screen, and the examples at work in it, at three sizes."""
    address = free_address()
    recorder = Recorder.start(address, recording, None, insecure=False)
    session = replay_session([recording], follow=True)
    session.listen, session.recording = "localhost:6831", "~/.local/state/am-dbg/demo.mcap"
    app = DebuggerApp(session, recorder=recorder)
    async with app.run_test(size=MEDIUM) as pilot:
        await pilot.pause(0.3)
        save(pilot, "empty-120x40", folder)
        programs = Demo(address, None)
        try:
            await until(pilot, lambda: len(session.store) > LIVE_TRANSITIONS)
            await until(pilot, lambda: session.machine is not None)
            await pilot.press(*FIND, *"files", *CHOOSE)
            for name, size in (
                ("live-120x40", MEDIUM),
                ("live-200x50", WIDE),
                ("live-80x24", NARROW),
            ):
                await pilot.resize_terminal(*size)
                await pilot.pause(0.5)
                save(pilot, name, folder)
        finally:
            programs.stop()
    recorder.stop()


async def replayed(source: Path, shot: Shot, folder: Path) -> None:
    """One picture of a recording."""
    app = DebuggerApp(replay_session([source], follow=False), shot.theme)
    async with app.run_test(size=shot.size) as pilot:
        await until(pilot, lambda: not app.session.opening)
        for key in shot.keys:
            await pilot.press(key)
            await pilot.pause(0.02)
        app.main.footer.clear_notice()
        await pilot.pause(0.3)
        save(pilot, shot.name, folder)


async def until(pilot: Pilot[None], met: Callable[[], bool]) -> None:
    """Wait for a condition while the app goes on."""
    deadline = time.monotonic() + LIVE_SECONDS
    while not met() and time.monotonic() < deadline:
        await pilot.pause(0.05)


def save(pilot: Pilot[None], name: str, folder: Path) -> None:
    """Write the screen as it is, as SVG and PNG."""
    svg = svg_of(pilot.app)
    (folder / f"{name}.svg").write_text(svg)
    cairosvg.svg2png(
        bytestring=svg.encode(), write_to=str(folder / f"{name}.png"), output_width=PNG_WIDTH
    )
    print(f"{folder / name}.svg, .png")  # noqa: T201 (what a maker says)


if __name__ == "__main__":
    main()
