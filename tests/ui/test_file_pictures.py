"""Pictures of the diagrams and of the dialogs for files, at each designed size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from am_dbg.commands.view import replay_session
from am_dbg.ui.app import DebuggerApp
from tests.ui.driving import MEDIUM, NARROW, SMALL, WIDE

SnapCompare = Callable[..., bool]
SIZES = {"wide": WIDE, "medium": MEDIUM, "narrow": NARROW, "small": SMALL}
BACK = ("left",) * 5
SHOWN = {
    "schema": (*BACK, "2", "down", "down", "down", "D"),
    "network": (*BACK, "D", "space"),
    "steps": (*BACK, "D", "space", "space", "shift+left", "shift+left"),
    "export": (*BACK, "ctrl+s", "down"),
    "recordings": ("O",),
}


@pytest.mark.parametrize("size", ["wide", "medium", "narrow", "small"])
@pytest.mark.parametrize("what", SHOWN)
def test_picture(
    snap_compare: SnapCompare,
    recording: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: str,
    what: str,
) -> None:
    monkeypatch.chdir(recording.parent)
    app = DebuggerApp(replay_session([Path(recording.name)], follow=False))
    assert snap_compare(app, terminal_size=SIZES[size], press=SHOWN[what])


@pytest.mark.parametrize("what", ["schema", "export"])
def test_light(snap_compare: SnapCompare, recording: Path, what: str) -> None:
    app = DebuggerApp(replay_session([recording], follow=False), "light")
    assert snap_compare(app, terminal_size=MEDIUM, press=SHOWN[what])


def test_without_colour(
    snap_compare: SnapCompare, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = DebuggerApp(replay_session([recording], follow=False))
    assert snap_compare(app, terminal_size=MEDIUM, press=SHOWN["schema"])
