"""The user's own keys: they work, the old ones don't, and footer, help and palette show them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from am_dbg.commands.view import replay_session
from am_dbg.errors import UserError
from am_dbg.settings import Settings
from am_dbg.ui.app import DebuggerApp
from am_dbg.ui.help import key_lines
from am_dbg.ui.keybook import Keymap
from am_dbg.ui.keymap import KEYMAP
from am_dbg.ui.keynames import parse_key, shown
from am_dbg.ui.strips import plain
from tests.ui.driving import MEDIUM, main, text_of, until

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def with_keys(path: Path, **keys: list[str]) -> AsyncIterator[Pilot[None]]:
    app = DebuggerApp(replay_session([path], False, Settings(keys=keys)))
    async with app.run_test(size=MEDIUM) as pilot:
        await until(pilot, lambda: not main(pilot).session.opening)
        yield pilot


async def test_own_keys_work_and_the_old_ones_do_not(recording: Path) -> None:
    async with with_keys(recording, previous=["f6", "f8"], theme=[]) as pilot:
        at = main(pilot).session.cursor.pos
        await pilot.press("f6")
        assert main(pilot).session.cursor.pos == at - 1
        await pilot.press("f8")
        assert main(pilot).session.cursor.pos == at - 2
        await pilot.press("left", "T")
        assert main(pilot).session.cursor.pos == at - 2
        assert main(pilot).palette.name == "dark"


async def test_footer_help_and_palette_show_them(recording: Path) -> None:
    async with with_keys(recording, help=["f5"], search=["f7"]) as pilot:
        footer = text_of(pilot).splitlines()[-1]
        assert "f5 help" in footer
        assert "f7 search" in footer
        lines = [plain(line) for line in key_lines(main(pilot).session.keymap, "", "machines")]
        assert any(line.startswith("f5 ") and "help" in line for line in lines)
        await pilot.press("colon", *"this help")
        await until(pilot, lambda: "f5" in text_of(pilot))


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"nxet": ["x"]}, r"no action nxet; did you mean next\?"),
        ({"next": ["rihgt"]}, r"next: no key 'rihgt'; did you mean right\?; a key is a character"),
        ({"next": ["hyper+x"]}, "next: no key 'hyper\\+x'"),
        ({"next": ["q"]}, r"q would be the key of next and of quit; give quit another one"),
        ({"log_times": ["w"]}, "w would be the key of log_times and of why"),
        ({"next": ["f9"], "previous": ["f9"]}, "f9 would be the key of previous and of next"),
        ({"quit": []}, "quit needs a key"),
    ],
)
def test_wrong_ones_are_one_line(recording: Path, keys: dict[str, list[str]], said: str) -> None:
    with pytest.raises(UserError, match=said) as raised:
        replay_session([recording], False, Settings(keys=keys))
    assert "\n" not in str(raised.value)


def test_keys_of_different_panes_may_be_the_same() -> None:
    keymap = Keymap({"log_times": ["f8"], "groups": ["f8"]})
    for pane, name in (("log", "log_times"), ("states", "groups")):
        action = keymap.action_for(["f8"], pane)
        assert action is not None
        assert action.name == name
    assert keymap.action_for(["f8"], "history") is None


def test_the_table_s_keys_are_written_as_users_may_write_them() -> None:
    for action in KEYMAP:
        for key in action.keys:
            assert parse_key(key) == key
            if not set(shown(key)) & set("←→↑↓"):
                assert parse_key(shown(key)) == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("?", "question_mark"),
        ("Ctrl+PgUp", "ctrl+pageup"),
        ("shift+ctrl+left", "ctrl+shift+left"),
        ("shift+a", "A"),
        ("ctrl+A", "ctrl+a"),
        ("ctrl++", "ctrl+plus"),
        ("ä", "ä"),
        ("esc", "escape"),
        ("", None),
        ("ctrl+", None),
        ("a+b", None),
        ("\x1b", None),
    ],
)
def test_names_of_keys(text: str, key: str | None) -> None:
    assert parse_key(text) == key
