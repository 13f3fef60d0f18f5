"""Pictures of the screens that matter, compared with what they looked like when looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from am_dbg.commands.view import replay_session
from am_dbg.ui.app import DebuggerApp
from tests.ui.driving import MEDIUM, NARROW, SMALL, WIDE

SnapCompare = Callable[..., bool]
BACK = ("left",) * 7
"""To an error, with a refusal before it."""

CONNECTED = ("2", *("down",) * 5)


@pytest.mark.parametrize(
    ("size", "keys", "theme"),
    [
        pytest.param(WIDE, (*BACK, "2", "down", "down", "down"), "dark", id="wide"),
        pytest.param(MEDIUM, (*BACK, "5"), "dark", id="medium"),
        pytest.param(NARROW, BACK, "dark", id="narrow"),
        pytest.param(SMALL, BACK, "dark", id="small"),
        pytest.param(MEDIUM, (*BACK, "shift+left", "shift+left"), "dark", id="steps"),
        pytest.param(MEDIUM, BACK, "light", id="light"),
        pytest.param(MEDIUM, ("question_mark",), "dark", id="help"),
        pytest.param(MEDIUM, ("home",), "dark", id="schema"),
        pytest.param(WIDE, (*BACK, *CONNECTED, "7"), "dark", id="rain"),
        pytest.param(WIDE, (*BACK, *CONNECTED, "8"), "light", id="matrix"),
        pytest.param(NARROW, (*BACK, *CONNECTED, "6", "minus"), "dark", id="activity"),
    ],
)
def test_picture(
    snap_compare: SnapCompare,
    recording: Path,
    size: tuple[int, int],
    keys: tuple[str, ...],
    theme: str,
) -> None:
    app = DebuggerApp(replay_session([recording], follow=False), theme)
    assert snap_compare(app, terminal_size=size, press=keys)
