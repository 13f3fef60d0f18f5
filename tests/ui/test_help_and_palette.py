"""Help of the focused pane first; palette entries that say what they would do now."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.command import CommandPalette

from am_dbg.ui.entries import entry, verb
from am_dbg.ui.help import HelpScreen, key_lines
from am_dbg.ui.keybook import Keymap
from am_dbg.ui.keymap import BY_NAME, KEYMAP
from am_dbg.ui.layout import PANES
from am_dbg.ui.pane_help import PANE_HELP
from am_dbg.ui.strips import plain
from tests.ui.driving import MEDIUM, main, opened, text_of, until

pytestmark = pytest.mark.anyio


async def test_every_entry_begins_with_what_it_is_about(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        texts = {action.name: entry(action, main(pilot)) for action in KEYMAP}
        for action in KEYMAP:
            text = texts[action.name]
            assert text is None or text.startswith(f"{verb(action)}: "), action.name
        shown = [text for text in texts.values() if text is not None]
        assert len(set(shown)) == len(shown)  # two that read the same can't be told apart


@pytest.mark.parametrize(
    ("name", "keys", "before", "after"),
    [
        ("follow", ("f",), "go: follow the end", "go: stop following the end"),
        ("theme", ("T",), "view: light theme", "view: dark theme"),
        ("zoom", ("z",), "view: maximise machines", "view: machines back to its size"),
        ("toggle_timeline", ("b",), "layout: hide the timeline", "layout: show the timeline"),
        ("reset_layout", ("Z",), None, "layout: all panes, at their usual sizes"),
        ("focus_states", ("2", "Z"), "focus: states", "focus: states (hidden now)"),
        ("search_next", ("slash", "a", "enter"), None, "find: next match"),
    ],
)
async def test_entries_say_what_they_would_do_now(
    recording: Path, name: str, keys: tuple[str, ...], before: str | None, after: str
) -> None:
    async with opened(recording, MEDIUM) as pilot:
        assert entry(BY_NAME[name], main(pilot)) == before
        await pilot.press(*keys)
        await pilot.pause(0.05)
        assert entry(BY_NAME[name], main(pilot)) == after


async def test_an_entry_runs_its_action(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        await pilot.press("colon")
        await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
        await pilot.press(*"hide the timeline")
        await until(pilot, lambda: "layout: hide the timeline" in text_of(pilot))
        await pilot.press("enter", "enter")
        await until(pilot, lambda: not main(pilot).timeline.display)


async def test_a_filter_s_entry_says_its_value(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        text = entry(BY_NAME["filter_canceled"], main(pilot))
        assert text == "filter: canceled transitions (now: shown)"


@pytest.mark.parametrize("pane", PANES)
def test_the_focused_pane_s_own_help_comes_first(pane: str) -> None:
    lines = [plain(line) for line in key_lines(Keymap(), "", pane)]
    assert lines[0] == f"Here: {pane}"
    assert lines[1 : 1 + len(PANE_HELP[pane])] == list(PANE_HELP[pane])
    own = [action for action in KEYMAP if pane in action.scope]
    here = lines[1 + len(PANE_HELP[pane]) : lines.index("")]
    assert len(here) == len(own)
    for action in own:
        assert any(action.words in line for line in here)


async def test_help_opens_with_the_focused_pane(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        await pilot.press("4", "question_mark")
        await until(pilot, lambda: "Here: log" in text_of(pilot))
        await pilot.press(*"log_wrap")
        await until(pilot, lambda: "break long lines" in text_of(pilot))
        assert isinstance(pilot.app.screen, HelpScreen)
        await pilot.press("ctrl+c")
        await until(pilot, lambda: pilot.app.screen is main(pilot))
        assert not pilot.app._exit
