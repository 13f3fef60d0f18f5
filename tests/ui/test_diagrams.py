"""The diagram pane: kinds, region, scrolling, mouse; it follows the moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from am_dbg.model.diagram.graph import Graph
from am_dbg.recording import RecordingWriter
from am_dbg.ui.strips import plain
from telemetry.messages import DbgMsgStruct, StateDef, encode
from tests.ui.driving import MEDIUM, NARROW, SMALL, WIDE, main, opened, text_of
from tests.ui.sessions import MS, START, Recorded

pytestmark = pytest.mark.anyio


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A machine with 60 states, each of which requires the one before."""
    names = [f"State{i:02}" for i in range(60)]
    states = {name: StateDef(require=[names[max(0, i - 1)]]) for i, name in enumerate(names)}
    schema = DbgMsgStruct("large", names, states, instance=f"{7:016x}", clocks=[0] * 60)
    path = tmp_path / "large.mcap"
    with RecordingWriter(path) as writer:
        made = Recorded(writer, schema, [0] * 60)
        made.write("DbgMsgStruct", encode(schema), START)
        for i, name in enumerate(names):
            made.tx(START + i * MS, name)
    return path


@pytest.mark.parametrize("size", [WIDE, MEDIUM, NARROW, SMALL])
async def test_the_diagram_opens_over_all_panes_and_goes_back(
    recording: Path, size: tuple[int, int]
) -> None:
    async with opened(recording, size) as pilot:
        screen = main(pilot)
        await pilot.press("2", "D")
        await pilot.pause()
        assert screen.panes["diagram"].has_focus
        text = text_of(pilot)
        assert "Diagram schema 6 states" in text
        assert "● Connected" in text or "○ Connected" in text
        assert "▲ requires" in text
        await pilot.press("D")
        await pilot.pause()
        assert screen.states.has_focus
        assert not screen.maximised


async def test_it_follows_the_moment(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        screen = main(pilot)
        await pilot.press("D", "home")
        await pilot.pause()
        assert "○ Start" in text_of(pilot)
        await pilot.press("right")
        await pilot.pause()
        assert "● Start" in text_of(pilot)
        assert screen.session.cursor.pos == 0


async def test_space_shows_network_and_steps(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        screen = main(pilot)
        screen.moves.go_to_pos(3)
        await pilot.press("D", "space")
        await pilot.pause()
        assert "Diagram network 4 machines" in text_of(pilot)
        assert "worker-1" in text_of(pilot)
        assert "▲ child of" in text_of(pilot)
        await pilot.press("space", "shift+right", "shift+right")
        await pilot.pause()
        text = text_of(pilot)
        assert "Diagram steps" in text
        assert "requires" in text
        row = screen.panes["diagram"].selected
        assert row == screen.session.cursor.step or row == (screen.session.cursor.step or 0) - 1


async def test_a_large_schema_is_shown_around_the_selected_state(large: Path) -> None:
    async with opened(large, MEDIUM) as pilot:
        screen = main(pilot)
        screen.moves.select_state("State30")
        await pilot.press("D")
        await pilot.pause()
        text = text_of(pilot)
        assert "5 of 60 states" in text
        assert "within 2 relations of State30" in text
        assert "State28" in text
        await pilot.press("plus")
        await pilot.pause()
        graph = screen.diagrams.view.diagram
        assert isinstance(graph, Graph)
        assert len(graph.nodes) == 7
        await pilot.press("minus", "minus", "minus", "minus")
        await pilot.pause()
        assert "1 of 60 states" in text_of(pilot)


async def test_one_kind_of_line_after_another(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        await pilot.press("D")
        seen = []
        for _ in range(5):
            await pilot.press("r")
            await pilot.pause()
            seen.append(plain(main(pilot).panes["diagram"].title_line) and text_of(pilot))
        assert "▲ requires" in seen[0]
        assert "✗ removes" not in seen[0]
        assert "✗ removes" in seen[2]
        assert "▲ requires" in seen[4]


async def test_the_steps_scroll_sideways_under_their_words(recording: Path) -> None:
    async with opened(recording, (34, 20)) as pilot:
        screen = main(pilot)
        screen.moves.go_to_pos(6)
        await pilot.press("D", "space", "space")
        await pilot.pause()
        before = text_of(pilot)
        await pilot.press("greater_than_sign")
        await pilot.pause()
        assert screen.diagrams.view.left > 0
        assert text_of(pilot) != before
        await pilot.press("less_than_sign")
        await pilot.pause()
        assert screen.diagrams.view.left == 0


async def test_a_click_selects_the_state_and_the_machine(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        screen = main(pilot)
        await pilot.press("D")
        await pilot.pause()
        lines = text_of(pilot).splitlines()
        y = next(i for i, line in enumerate(lines) if "Message" in line)
        x = lines[y].index("Message")
        await pilot.click(offset=(x + 1, y))
        await pilot.pause()
        assert screen.session.cursor.state == "Message"
        assert "┏" in text_of(pilot)
        await pilot.press("space")
        await pilot.pause()
        lines = text_of(pilot).splitlines()
        y = next(i for i, line in enumerate(lines) if "worker-2" in line)
        await pilot.click(offset=(lines[y].index("worker-2"), y))
        await pilot.pause()
        machine = screen.session.machine
        assert machine is not None
        assert machine.label == "worker-2"


async def test_the_rows_scroll(large: Path) -> None:
    async with opened(large, NARROW) as pilot:
        screen = main(pilot)
        screen.moves.select_state("State30")
        await pilot.press("D", *["plus"] * 5)
        await pilot.pause()
        pane = screen.panes["diagram"]
        await pilot.press("g")
        assert pane.top == 0
        await pilot.press("down", "pagedown")
        assert pane.top > 1
        await pilot.press("G")
        bottom = pane.top
        await pilot.press("up")
        assert pane.top == bottom - 1
