"""Sizes of panes: by keys, by the mouse, hidden and back, remembered for each arrangement."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from am_dbg.commands.view import replay_session
from am_dbg.model.filters import Filters, FilterSet
from am_dbg.settings import Filter, Settings, View, load_settings
from am_dbg.settings.schema import PaneName
from am_dbg.ui.app import DebuggerApp
from am_dbg.ui.borders import dragged, grown
from am_dbg.ui.grid import MIN_HEIGHT, MIN_WIDTH, Box, Chosen, fit
from am_dbg.ui.layout import PANES, arrange
from am_dbg.ui.remembered import remember
from tests.ui.driving import MEDIUM, NARROW, SMALL, WIDE, main, opened, text_of, until

pytestmark = pytest.mark.anyio
SIZES = [WIDE, MEDIUM, NARROW, SMALL]


def box(pilot: Pilot[None], pane: str) -> Box:
    made = main(pilot).arrangement
    assert made is not None
    return made.boxes[pane]


def covers(made: dict[str, Box], width: int, height: int) -> bool:
    """Whether boxes cover an area exactly once."""
    cells = {
        (x, y)
        for b in made.values()
        for x in range(b.x, b.x + b.width)
        for y in range(b.y, b.y + b.height)
    }
    return len(cells) == width * height == sum(b.width * b.height for b in made.values())


@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=5),
    st.integers(1, 300),
    st.integers(0, 4),
    st.integers(1, 20),
)
def test_sizes_always_fit(wanted: list[int], whole: int, flexible: int, least: int) -> None:
    flexible %= len(wanted)
    sizes = fit(wanted, whole, flexible, least)
    assert sum(sizes) == whole
    assert min(sizes) >= min(least, whole // len(wanted))


@given(
    st.sampled_from(SIZES),
    st.sampled_from(PANES),
    st.sets(st.sampled_from(PANES), max_size=len(PANES) - 1),
    st.lists(st.tuples(st.integers(-90, 90), st.integers(-30, 30)), max_size=4),
)
def test_whatever_is_hidden_and_resized_the_panes_cover_the_area(
    size: tuple[int, int], front: str, hidden: set[str], moves: list[tuple[int, int]]
) -> None:
    choice = Chosen(hidden=tuple(hidden - {front}))
    width, height = size[0], size[1] - 4
    for wider, taller in moves:
        made = arrange(width, height, front, states=6, chosen={name(size): choice})
        choice = grown(made, choice, front, wider, taller) or choice
    made = arrange(width, height, front, states=6, chosen={name(size): choice})
    assert covers(made.boxes, width, height)
    assert front in made.boxes
    assert not hidden - {front} & set(made.boxes)
    for one in made.boxes.values():
        assert one.width >= MIN_WIDTH
        assert one.height >= MIN_HEIGHT


def name(size: tuple[int, int]) -> str:
    return arrange(size[0], size[1] - 4).name


def test_a_dragged_border_goes_where_it_was_dragged() -> None:
    made = arrange(*WIDE, states=6)
    choice = dragged(made, Chosen(), "states", "right", 7)
    assert choice is not None
    after = arrange(*WIDE, states=6, chosen={"wide": choice})
    assert after.boxes["states"].width == made.boxes["states"].width + 7
    assert after.boxes["history"].width == made.boxes["history"].width - 7
    assert after.boxes["machines"] == made.boxes["machines"]
    assert dragged(made, Chosen(), "machines", "left", 3) is None
    assert dragged(made, Chosen(), "log", "bottom", 3) is None


async def test_sizes_are_remembered_for_each_arrangement(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        usual = box(pilot, "states").width
        await pilot.press("2", *["ctrl+shift+right"] * 3)
        wider = box(pilot, "states").width
        assert wider == usual + 12
        await pilot.resize_terminal(*NARROW)
        await until(pilot, lambda: main(pilot).roomy is False)
        assert box(pilot, "states").width == arrange(80, 19).boxes["states"].width
    async with opened(recording, MEDIUM) as pilot:
        assert box(pilot, "states").width == wider
        await pilot.press("0")
        assert box(pilot, "states").width == usual
    async with opened(recording, MEDIUM) as pilot:
        assert box(pilot, "states").width == usual


@pytest.mark.parametrize("size", SIZES)
async def test_hidden_panes_stay_hidden_until_asked_for(
    recording: Path, size: tuple[int, int]
) -> None:
    async with opened(recording, size) as pilot:
        await pilot.press("1", "Z", "4", "Z")
        await pilot.pause()
        assert not main(pilot).machines.display
        assert not main(pilot).log_pane.display
        assert "Machines" not in text_of(pilot)
        made = main(pilot).arrangement
        assert made is not None
        assert covers(made.boxes, *main(pilot).area.size)
    async with opened(recording, size) as pilot:
        assert not main(pilot).machines.display
        assert main(pilot).panes[main(pilot).pane].display  # the keys go to one that is seen
        await pilot.press("tab", "tab", "tab")
        assert not main(pilot).machines.display  # going around passes by what is hidden
        await pilot.press("1")
        await pilot.pause()
        assert main(pilot).machines.display
        assert main(pilot).machines.has_focus


async def test_the_last_pane_can_not_be_hidden(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        await pilot.press(*["Z"] * (len(PANES) + 2))
        await pilot.pause()
        assert sum(pane.display for pane in main(pilot).panes.values()) == 1
        assert "the last pane stays" in text_of(pilot)
        await pilot.press("0")
        await pilot.pause()
        assert main(pilot).machines.display


async def test_sizes_by_plain_arrows(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        usual, at = box(pilot, "history"), main(pilot).session.cursor.pos
        await pilot.press("3", "s", "down", "down", "left")
        assert "arrows change the size" in text_of(pilot)
        assert box(pilot, "history").height == usual.height - 4
        assert box(pilot, "history").width == usual.width - 4
        await pilot.press("escape", "left")
        assert main(pilot).session.cursor.pos == at - 1


async def test_borders_are_dragged_with_the_mouse(recording: Path) -> None:
    async with opened(recording, WIDE) as pilot:
        screen = main(pilot)
        area = screen.area.region
        states, history = box(pilot, "states"), box(pilot, "history")
        x, y = states.x + states.width - 1, area.y + 5
        await pilot.mouse_down(offset=(x, y))
        await pilot.hover(offset=(x + 4, y))
        await pilot.hover(offset=(x + 9, y + 1))
        await pilot.mouse_up(offset=(x + 9, y + 1))
        assert box(pilot, "states").width == states.width + 9
        below = area.y + history.height
        await pilot.mouse_down(offset=(history.x + 30, below))
        await pilot.hover(offset=(history.x + 30, below - 6))
        await pilot.mouse_up(offset=(history.x + 30, below - 6))
        assert box(pilot, "history").height == history.height - 6
        pos = screen.session.cursor.pos
        await pilot.pause()
        assert screen.session.cursor.pos == pos  # a drag is no click
    async with opened(recording, WIDE) as pilot:
        assert box(pilot, "states").width == states.width + 9


async def test_a_click_on_a_heading_is_still_a_click(recording: Path) -> None:
    async with opened(recording, WIDE) as pilot:
        await pilot.click(offset=(box(pilot, "details").x + 6, box(pilot, "details").y + 1))
        assert main(pilot).pane == "details"


async def test_settings_say_where_it_begins(recording: Path) -> None:
    settings = Settings(
        sizes={"medium": {"machines": 40, "history_height": 30}},
        view=View(hidden=["states"], focus="history", timeline=False),
    )
    app = DebuggerApp(replay_session([recording], False, settings))
    async with app.run_test(size=MEDIUM) as pilot:
        await until(pilot, lambda: main(pilot).arrangement is not None)
        assert box(pilot, "machines").width == 48
        assert not main(pilot).states.display
        assert main(pilot).history.has_focus
        await until(pilot, lambda: not main(pilot).timeline.display)
        await pilot.press("b", "0")
        await pilot.pause()
        assert main(pilot).timeline.display
        assert box(pilot, "machines").width == 48  # as the settings say, not as the program does


def test_the_settings_know_every_pane() -> None:
    assert set(re.findall(r"\w+", str(PaneName).partition("[")[2].replace("'", ""))) == set(PANES)


async def test_the_command_line_goes_over_what_is_remembered(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AM_DBG_SETTINGS", str(recording.with_name("settings.toml")))
    recording.with_name("settings.toml").write_text("")
    async with opened(recording, MEDIUM) as pilot:
        await pilot.press("b")  # remembered: no timeline
    for overrides, shown in ((("view.timeline=true",), True), ((), False)):
        app = DebuggerApp(replay_session([recording], False, load_settings(overrides)))
        async with app.run_test(size=MEDIUM) as pilot:
            await until(pilot, lambda: main(pilot).arrangement is not None)
            await pilot.pause()
            assert main(pilot).timeline.display == shown


async def test_filters_begin_as_the_settings_say(recording: Path, state_home: Path) -> None:
    remember("filters", FilterSet())  # none was ever changed
    settings = Settings(filter=Filter(canceled=False, checks=True, disconnected=False))
    filters = replay_session([recording], False, settings).filters
    assert (filters.everywhere.canceled, filters.everywhere.checks) == (False, True)
    assert not filters.disconnected
    chosen = filters.changed("empty", False)
    remember("filters", chosen)
    assert replay_session([recording], False, settings).filters == chosen


def test_the_settings_know_every_filter() -> None:
    assert set(Filter.__struct_fields__) - {"disconnected"} == set(Filters.__struct_fields__)
    assert all(getattr(Filter(), n) == getattr(Filters(), n) for n in Filters.__struct_fields__)
