"""Activity, rain, matrix and the timelines in the real app: keys, mouse, sizes, no colour."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from textual.events import MouseScrollDown, MouseScrollUp
from textual.pilot import Pilot

from am_dbg.recording import RecordingWriter
from am_dbg.ui.grid_pane import GridPane
from am_dbg.ui.layout import MATRIX, RAIN, WIDE_SLOT, arrange
from telemetry.messages import DbgMsgStruct, StateDef, encode
from tests.ui.driving import MEDIUM, NARROW, SMALL, WIDE, main, opened, text_of, until
from tests.ui.sessions import MS, START, Recorded

pytestmark = pytest.mark.anyio
SIZES = [WIDE, MEDIUM, NARROW, SMALL]
KEYS = (("6", "activity"), ("7", "rain"), ("8", "matrix"))


def grid(pilot: Pilot[None], name: str) -> GridPane:
    pane = main(pilot).panes[name]
    assert isinstance(pane, GridPane)
    return pane


@pytest.mark.parametrize("size", SIZES)
async def test_each_comes_to_front_by_its_number_with_heading_and_legend(
    recording: Path, size: tuple[int, int]
) -> None:
    async with opened(recording, size) as pilot:
        for key, name in KEYS:
            await pilot.press(key)
            await pilot.pause()
            pane = grid(pilot, name)
            assert pane.has_focus
            assert pane.display
            assert pane.head
            assert pane.rows > 3
            assert name.capitalize() in text_of(pilot)
            assert len(text_of(pilot).splitlines()) == size[1]


async def test_the_strip_stands_below_the_states_in_their_order(recording: Path) -> None:
    async with opened(recording, WIDE) as pilot:
        screen = main(pilot)
        made = screen.arrangement
        assert made is not None
        states, strip = made.boxes["states"], made.boxes["activity"]
        assert (strip.x, strip.y) == (states.x, states.y + states.height)
        view = screen.grids.activity
        names = [view.state_at(i) for i in range(len(view))]
        machine = screen.session.machine
        assert machine is not None
        assert names == machine.states
        text = text_of(pilot)
        assert "━" in text
        assert "┿" in text


@pytest.mark.parametrize("count", [1, 6, 18, 100, 1000])
@pytest.mark.parametrize("height", [18, 43, 80])
def test_the_states_keep_at_least_half(count: int, height: int) -> None:
    boxes = arrange(200, height, states=count).boxes
    assert boxes["states"].height * 2 >= height
    assert boxes["activity"].height >= min(6, height // 2)
    if count == 100:
        assert boxes["activity"].height == height // 2


def test_what_was_focused_last_stays_in_its_place() -> None:
    assert RAIN in arrange(200, 43, "history", recent=(RAIN, "log")).boxes
    assert MATRIX in arrange(120, 33, MATRIX, recent=(RAIN,)).boxes
    assert "log" in arrange(200, 43, "details").boxes


async def test_the_view_key_goes_round(recording: Path) -> None:
    async with opened(recording, WIDE) as pilot:
        screen = main(pilot)
        seen = []
        for _ in range(len(WIDE_SLOT) + 1):
            await pilot.press("v")
            await pilot.pause()
            seen.append(screen.pane)
        assert seen == [*WIDE_SLOT[1:], "log", "rain"]
        await pilot.press("3")
        await pilot.pause()
        assert screen.panes["rain"].display, "the history is elsewhere"


async def test_they_are_reached_while_another_is_maximised(recording: Path) -> None:
    async with opened(recording, NARROW) as pilot:
        await pilot.press("8", "z")
        for key, name in (("4", "log"), *KEYS, ("2", "states")):
            await pilot.press(key)
            await pilot.pause()
            assert main(pilot).panes[name].display


async def test_a_click_into_the_rain_selects_transition_and_state(recording: Path) -> None:
    async with opened(recording, WIDE) as pilot:
        screen = main(pilot)
        await pilot.press("7")
        await pilot.pause()
        pane, view = grid(pilot, "rain"), screen.grids.rain
        column = view.gutter(pane.columns) + 4 * view.cell(pane.columns)
        y = 1 + len(pane.head) + 5
        await pilot.click("#rain", offset=(2 + column, y))
        assert screen.session.cursor.state == "Connected"
        assert screen.session.cursor.pos == view.pos_at(pane.top + 5)
        await pilot.pause()
        assert "▾" in text_of(pilot)
        await pilot.click("#rain", offset=(2 + column - 2, 2))  # a heading is only a state
        assert screen.session.cursor.state == "Connecting"


async def test_a_click_into_the_strip_selects_transition_and_state(recording: Path) -> None:
    async with opened(recording, WIDE) as pilot:
        screen = main(pilot)
        pane = grid(pilot, "activity")
        names = screen.grids.activity.name_width(pane.columns)
        wanted = screen.grids.activity.pos_at(names + 3, pane.columns)
        await pilot.click("#activity", offset=(2 + names + 3, 1 + len(pane.head) + 3))
        assert screen.session.cursor.state == "Connecting"
        assert screen.session.cursor.pos == wanted
        before = screen.session.cursor.pos
        await pilot.click("#activity", offset=(4, 1 + len(pane.head) + 4))
        assert screen.session.cursor.state == "Connected"
        assert screen.session.cursor.pos == before


async def test_a_click_into_the_matrix_tells_the_relation(recording: Path) -> None:
    async with opened(recording, WIDE) as pilot:
        screen = main(pilot)
        await pilot.press("8")
        await pilot.pause()
        pane, view = grid(pilot, "matrix"), screen.grids.matrix
        column = view.gutter(pane.columns) + 2 * view.states.index("Connecting")
        row = view.rows.index("Connected")
        await pilot.click("#matrix", offset=(2 + column, 1 + len(pane.head) + row))
        await pilot.pause()
        assert screen.session.cursor.state == "Connected"
        assert "Connected removes Connecting" in text_of(pilot)
        await pilot.press("down")
        assert screen.session.cursor.state == "Message"


async def test_arrows_in_the_strip_and_the_matrix_choose_states(recording: Path) -> None:
    async with opened(recording, WIDE) as pilot:
        screen = main(pilot)
        for key in ("6", "8"):
            screen.moves.select_state("Ready")
            await pilot.press(key, "down")
            assert screen.session.cursor.state == "Connecting"
            await pilot.press("up", "up")
            assert screen.session.cursor.state == "Start"
            await pilot.press("G")
            assert screen.session.cursor.state == "Message"
            await pilot.press("g")
            assert screen.session.cursor.state == "Exception"
        before = screen.session.cursor.pos
        await pilot.press("7", "up")
        assert screen.session.cursor.pos == before - 1


async def test_a_search_narrows_strip_and_matrix(recording: Path) -> None:
    async with opened(recording, WIDE) as pilot:
        screen = main(pilot)
        for key, name in (("6", "activity"), ("8", "matrix")):
            await pilot.press(key, "slash", *"ead", "enter")
            await pilot.pause()
            assert len(screen.panes[name].lines) == 1
            assert screen.session.cursor.state == "Ready"
            await pilot.press("escape")


async def test_groups_narrow_them_and_headings_are_skipped(recording: Path) -> None:
    async with opened(recording, WIDE) as pilot:
        screen = main(pilot)
        await pilot.press("2", "o")
        await pilot.pause()
        assert "" in [screen.grids.activity.state_at(i) for i in range(8)]
        await pilot.press("6", "g")
        assert screen.session.cursor.state == "Connecting"
        await pilot.press("2", "o", "7")
        await pilot.pause()
        assert screen.grids.rain.states == ("Connecting", "Connected")
        assert len(screen.grids.activity) == 2


def crowded(path: Path) -> Path:
    """A machine of 100 states."""
    names = [f"State{i:02}" for i in range(100)]
    schema = DbgMsgStruct(
        id="crowd",
        states_index=names,
        states={name: StateDef(require=names[:1]) for name in names},
        instance="1" * 16,
        clocks=[0] * 100,
        time=START,
    )
    with RecordingWriter(path) as writer:
        machine = Recorded(writer, schema, [0] * 100)
        machine.write("DbgMsgStruct", encode(schema), START)
        for i in range(60):
            machine.tx(START + i * MS, names[i])
    return path


@pytest.mark.parametrize("size", SIZES)
async def test_a_hundred_states_scroll_both_ways(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(crowded(tmp_path / "crowd.mcap"), size) as pilot:
        screen = main(pilot)
        for key, name in (("7", "rain"), ("8", "matrix")):
            screen.moves.select_state("State50")
            await pilot.press(key)
            await pilot.pause()
            view = screen.grids.rain if name == "rain" else screen.grids.matrix
            first, end = view.shown(grid(pilot, name).columns)
            assert first <= 50 < end
            assert "more ›" in text_of(pilot)
            await pilot.press("greater_than_sign")
            await pilot.pause()
            view = screen.grids.rain if name == "rain" else screen.grids.matrix
            assert view.shown(grid(pilot, name).columns)[0] == first + 4
            await pilot.press("less_than_sign", "less_than_sign")
            screen.moves.select_state("State99")
            await pilot.pause()
            view = screen.grids.rain if name == "rain" else screen.grids.matrix
            assert view.shown(grid(pilot, name).columns)[1] == 100
        text = text_of(pilot)
        assert len(text.splitlines()) == size[1]


async def test_without_colour_everything_has_a_sign(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "NO_COLOR", "1")
    async with opened(recording, WIDE) as pilot:
        screen = main(pilot)
        screen.moves.go_to_pos(30)
        screen.moves.select_state("Connected")
        for key, name in KEYS:
            await pilot.press(key)
            await pilot.pause()
            pane = grid(pilot, name)
            for strip in pane.render_lines(pane.size.region):
                for segment in strip:
                    colour = segment.style.color if segment.style else None
                    assert colour is None or colour.is_default
            assert "▾" in text_of(pilot) or "│" in text_of(pilot)


@pytest.mark.parametrize("size", SIZES)
async def test_timelines_have_rows_for_signs_density_and_times(
    recording: Path, size: tuple[int, int]
) -> None:
    async with opened(recording, size) as pilot:
        screen = main(pilot)
        screen.moves.go_to_pos(30)
        await pilot.pause()
        rows = ["".join(span.text for span in row) for row in screen.timeline.rows]
        if size[1] < 30:
            assert len(rows) == 1
            assert "!" in rows[0]
            return
        signs, density, axis = rows
        assert "!" in signs
        assert "✗" in signs
        assert "!" not in density
        assert "┃" in density
        assert "tx 31/63" in density
        assert "┴00." in axis
        height = screen.area.size.height
        await pilot.press("shift+left")
        await pilot.pause()
        rows = ["".join(span.text for span in row) for row in screen.timeline.rows]
        assert len(rows) == 3
        assert "step" in rows[2]
        assert "┴" in rows[1]
        assert screen.area.size.height == height, "nothing jumps while stepping"


async def test_the_mouse_drags_and_turns_the_timeline(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        screen = main(pilot)
        bar = screen.timeline
        await pilot.mouse_down("#timeline", offset=(20, 1))
        first = screen.session.cursor.pos
        await pilot.hover("#timeline", offset=(60, 1))
        await until(pilot, lambda: screen.session.cursor.pos > first)
        second = screen.session.cursor.pos
        await pilot.hover("#timeline", offset=(90, 0))
        await until(pilot, lambda: screen.session.cursor.pos > second)
        await pilot.mouse_up("#timeline", offset=(90, 0))
        there = screen.session.cursor.pos
        await pilot.hover("#timeline", offset=(30, 1))
        await pilot.pause()
        assert screen.session.cursor.pos == there, "the button is up"
        await pilot._post_mouse_events([MouseScrollUp], bar, offset=(5, 1))
        await until(pilot, lambda: screen.session.cursor.pos == there - 5)


async def test_the_mouse_chooses_a_step(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        screen = main(pilot)
        screen.moves.go_to_pos(30)
        await pilot.press("shift+left")
        await pilot.pause()
        count = screen.session.cursor.step
        assert count is not None
        assert count > 1
        await pilot.click("#timeline", offset=(1, screen.timeline.steps_row))
        await until(pilot, lambda: screen.session.cursor.step == 1)
        await pilot._post_mouse_events([MouseScrollDown], screen.timeline, offset=(5, 2))
        await until(pilot, lambda: screen.session.cursor.step == 2)
