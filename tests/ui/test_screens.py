"""What the screens hold at each size, and that they follow when the terminal changes its size."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest
from rich.style import Style
from textual.events import Paste
from textual.pilot import Pilot

from am_dbg.ui.layout import PANES, WIDE_SLOT, arrange
from am_dbg.ui.screen import MainScreen
from tests.ui.driving import MEDIUM, NARROW, SMALL, WIDE, main, opened, text_of, until

pytestmark = pytest.mark.anyio
ARRANGEMENTS = ((NARROW, "narrow"), (MEDIUM, "medium"), (SMALL, "small"), (WIDE, "wide"))
SIZES = [WIDE, MEDIUM, NARROW, SMALL]


def arranged(pilot: Pilot[None], name: str) -> bool:
    made = main(pilot).arrangement
    return made is not None and made.name == name


def machine_of(screen: MainScreen) -> str:
    machine = screen.session.machine
    return machine.label if machine is not None else ""


@pytest.mark.parametrize("size", SIZES)
async def test_first_screen_has_what_one_needs(recording: Path, size: tuple[int, int]) -> None:
    async with opened(recording, size) as pilot:
        text = text_of(pilot)
        lines = text.splitlines()
        assert len(lines) == size[1]
        assert "Machines" in text
        assert "worker-1" in text  # two rows around the selected machine
        assert "States" in text
        assert "Message" in text
        assert "tx 63" in text  # the position
        assert "help" in lines[-1]
        assert "quit" in lines[-1]
        assert any(line.lstrip().startswith("? add Ready") for line in lines)  # the sentence


@pytest.mark.parametrize("width", [60, 72, 80, 104, 120, 159, 160, 200, 300])
@pytest.mark.parametrize("height", [14, 18, 34, 60])
@pytest.mark.parametrize("front", PANES)
def test_panes_cover_the_area_once(width: int, height: int, front: str) -> None:
    made = arrange(width, height, front)
    seen: dict[tuple[int, int], str] = {}
    for name, box in made.boxes.items():
        assert box.width > 0
        assert box.height > 0
        for x in (box.x, box.x + box.width - 1):
            for y in (box.y, box.y + box.height - 1):
                assert 0 <= x < width
                assert 0 <= y < height
                assert (x, y) not in seen, f"{name} covers {seen.get((x, y))}"
                seen[x, y] = name
    assert sum(box.width * box.height for box in made.boxes.values()) == width * height
    assert front in made.boxes
    reachable = set(made.boxes) | {one for tabs in made.tabs.values() for one in tabs}
    assert reachable == set(PANES)


async def test_a_resize_lays_out_anew(recording: Path) -> None:
    async with opened(recording, WIDE) as pilot:
        seen = {name for name, pane in main(pilot).panes.items() if pane.display}
        assert seen == set(PANES) - set(WIDE_SLOT[1:])  # those share the log's place
        for size, name in ARRANGEMENTS:
            await pilot.resize_terminal(*size)
            await until(pilot, partial(arranged, pilot, name))
            await pilot.pause()
            lines = text_of(pilot).splitlines()
            assert len(lines) == size[1]
            assert "help" in lines[-1]


@pytest.mark.parametrize("size", [MEDIUM, NARROW, SMALL])
async def test_hidden_panes_come_to_front_by_their_number(
    recording: Path, size: tuple[int, int]
) -> None:
    async with opened(recording, size) as pilot:
        for key, name in (("4", "log"), ("5", "details"), ("3", "history")):
            await pilot.press(key)
            await pilot.pause()
            assert main(pilot).panes[name].display
            assert main(pilot).panes[name].has_focus


async def test_names_are_shown_literally_and_escaped(recording: Path) -> None:
    async with opened(recording, WIDE) as pilot:
        screen = main(pilot)
        await pilot.press("g")
        screen.lay_out()
        await pilot.pause()
        text = text_of(pilot)
        assert "[bold]x[/]" in text
        assert "\x1b" not in text
        assert "\x07" not in text
        assert "\\x1b[31m" in text or "\\e[31m" in text


async def test_without_colour_signs_remain(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "NO_COLOR", "1")
    async with opened(recording, MEDIUM) as pilot:
        assert not main(pilot).palette.colour
        text = text_of(pilot)
        for sign in ("●", "○", "✓", "✗", "!", "▌"):
            assert sign in text
        strips = main(pilot).history.render_lines(main(pilot).history.size.region)
        assert all(
            segment.style is None or segment.style.color is None or segment.style.color.is_default
            for strip in strips
            for segment in strip
        )


@pytest.mark.parametrize("key", ["question_mark", "colon", "i"])
async def test_without_colour_there_is_none_in_what_comes_over(
    recording: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setitem(os.environ, "NO_COLOR", "1")
    async with opened(recording, MEDIUM) as pilot:
        await pilot.press(key)
        await until(pilot, lambda: pilot.app.screen is not main(pilot))
        await pilot.pause(0.1)
        for strip in pilot.app.screen._compositor.render_strips():
            for segment in strip:
                style = segment.style or Style.null()
                for colour in (style.color, style.bgcolor):
                    assert colour is None or colour.is_default


async def test_the_mouse_chooses_scrolls_and_follows_links(recording: Path) -> None:
    async with opened(recording, WIDE) as pilot:
        screen = main(pilot)
        before = screen.session.cursor.pos
        await pilot.click("#history", offset=(10, 3))
        assert screen.pane == "history"
        assert screen.session.cursor.pos < before
        top = screen.history.top
        screen.history.scroll_rows(-3)
        assert screen.history.top == top - 3
        await pilot.click("#machines", offset=(8, 3))
        assert machine_of(screen) == "worker-1"
        await pilot.click("#timeline", offset=(30, 0))
        assert screen.session.cursor.pos < 8
        await pilot.click("#footer", offset=(2, 0))
        assert "←→ tx" in text_of(pilot).splitlines()[-1]


async def test_another_machine_keeps_the_moment(recording: Path) -> None:
    async with opened(recording) as pilot:
        screen = main(pilot)
        screen.moves.go_to_pos(20)
        moment = screen.session.cursor.moment
        await pilot.press("1", "down", "up")
        assert screen.session.cursor.moment == moment
        assert screen.session.cursor.pos == 20


async def test_help_is_searched_by_words(recording: Path) -> None:
    async with opened(recording, WIDE) as pilot:
        await pilot.press("question_mark", *"canceled")
        await pilot.pause()
        text = text_of(pilot)
        assert "next canceled transition" in text
        assert "maximise the focused pane" not in text
        await pilot.press("escape")
        await pilot.pause()
        assert pilot.app.screen is main(pilot)


async def test_search_narrows_the_machines(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        screen = main(pilot)
        await pilot.press("slash", *"er-2", "enter")
        await pilot.pause()
        assert machine_of(screen) == "worker-2"
        assert "worker-1" not in text_of(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert "worker-1" in text_of(pilot)


async def test_search_in_the_log_goes_to_the_transition(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        screen = main(pilot)
        await pilot.press("home", "4", "slash", *"broken", "enter")
        await until(pilot, lambda: screen.session.cursor.pos > 0)
        at = screen.session.cursor.pos
        assert "broken" in text_of(pilot)
        await pilot.press("n")
        await until(pilot, lambda: screen.session.cursor.pos > at)


async def test_keys_that_come_at_once_go_where_they_belong(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        screen = main(pilot)
        for key in ("slash", *"er-2", "enter", "2", "down", "3", "up"):
            pilot.app.simulate_key(key)
        await until(pilot, lambda: screen.pane == "history")
        assert machine_of(screen) == "worker-2"
        assert pilot.app.screen is screen


@pytest.mark.parametrize("size", [(40, 10), (20, 6), (8, 3), (2, 1)])
async def test_a_tiny_terminal_is_no_crash(recording: Path, size: tuple[int, int]) -> None:
    async with opened(recording, size) as pilot:
        await pilot.press("left", "tab", "down", "z", "3", "up", "4", "pageup", "5", "down")
        await pilot.resize_terminal(*MEDIUM)
        await until(pilot, lambda: "tx 61/63" in text_of(pilot))


async def test_a_click_on_a_heading_brings_its_pane_to_front(recording: Path) -> None:
    async with opened(recording, NARROW) as pilot:
        screen = main(pilot)
        heading = text_of(pilot).splitlines()[1]
        at = heading.index("5") - screen.history.region.x
        await pilot.click("#history", offset=(at, 0))
        await until(pilot, lambda: screen.details.has_focus)


async def test_the_mouse_follows_the_link_to_the_cause(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        screen = main(pilot)
        screen.moves.go_to_pos(60)
        while "↗" not in text_of(pilot).splitlines()[-5]:
            before = screen.session.cursor.pos
            await pilot.press("left")
            assert screen.session.cursor.pos < before, "no transition with a source"
            await pilot.pause()
        column = text_of(pilot).splitlines()[-5].index("↗")
        before = screen.session.cursor.pos
        await pilot.click("#sentence", offset=(column, 0))
        assert screen.session.cursor.pos < before


async def test_a_pasted_address_is_gone_to(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        screen = main(pilot)
        screen.moves.go_to_pos(20)
        await pilot.press("y", "end")
        pilot.app.post_message(Paste(pilot.app.clipboard))
        await until(pilot, lambda: screen.session.cursor.pos == 20)


async def test_a_second_search_begins_empty_and_enter_repeats_the_first(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        screen = main(pilot)
        await pilot.press("home", "3", "slash", *"refused", "enter")
        await until(pilot, lambda: screen.session.cursor.pos > 0)
        first = screen.session.cursor.pos
        await pilot.press("slash", "enter")
        await until(pilot, lambda: screen.session.cursor.pos > first)
        await pilot.press("slash", *"error", "enter")
        await until(pilot, lambda: screen.session.search["history"] == "error")
        await pilot.press("escape")
        await pilot.pause()
        assert not screen.session.search.get("history")
