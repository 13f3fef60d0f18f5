"""The app over a recording, driven by Textual's pilot, and what it shows."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from am_dbg.commands.view import prepare_terminal, replay_session

prepare_terminal()
os.environ["TZ"] = "UTC"
time.tzset()

from am_dbg.ui.app import DebuggerApp  # noqa: E402 (the frame rate is read at the import)
from am_dbg.ui.screen import MainScreen  # noqa: E402

WIDE, MEDIUM, NARROW, SMALL = (200, 50), (120, 40), (80, 24), (60, 20)


@asynccontextmanager
async def opened(
    path: Path, size: tuple[int, int] = MEDIUM, theme: str = "dark"
) -> AsyncIterator[Pilot[None]]:
    """The app over a recording, its first screen painted."""
    app = DebuggerApp(replay_session([path], follow=False), theme)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await until(pilot, lambda: not main(pilot).session.opening)
        yield pilot


def main(pilot: Pilot[None]) -> MainScreen:
    app = pilot.app
    assert isinstance(app, DebuggerApp)
    return app.main


async def until(pilot: Pilot[None], met: Callable[[], bool], seconds: float = 15.0) -> None:
    """Wait for a condition, letting the app go on."""
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "nothing happened in time"
        await pilot.pause(0.01)


def text_of(pilot: Pilot[None]) -> str:
    """What is on the screen, as text."""
    screen = pilot.app.screen
    width, height = screen.size
    strips = screen._compositor.render_strips()
    assert len(strips) <= height
    return "\n".join(strip.text[:width] for strip in strips)
