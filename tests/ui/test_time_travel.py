"""Playing, going to places, marks, back and forward, copying: in the real app."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from textual.pilot import Pilot

from am_dbg.model.playing import Pace
from am_dbg.ui.choices import ChoiceScreen
from am_dbg.ui.notes import notes_paths
from tests.ui.driving import MEDIUM, NARROW, SMALL, WIDE, main, opened, text_of, until
from tests.ui.sessions import small

pytestmark = pytest.mark.anyio
FAST = Pace(rate=6)
LAST = 62
SIZES = [WIDE, MEDIUM, NARROW, SMALL]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A recording whose notes may be written."""
    return small(tmp_path / "own.mcap")


def last_row(pilot: Pilot[None]) -> str:
    return text_of(pilot).splitlines()[-1]


async def go(pilot: Pilot[None], text: str) -> None:
    await pilot.press("at", *text, "enter")
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
async def test_it_plays_to_the_end_and_says_so(recording: Path, size: tuple[int, int]) -> None:
    async with opened(recording, size) as pilot:
        screen = main(pilot)
        screen.moves.go_to_pos(LAST - 8)
        await pilot.press("p")
        await pilot.pause()
        assert "▶ PLAY 2/s" in text_of(pilot).splitlines()[0]
        await pilot.press(*["right_parenthesis"] * 4)
        await until(pilot, lambda: not screen.session.pace.playing)
        assert screen.session.cursor.pos == LAST
        assert "the end: playing has stopped" in last_row(pilot)
        await pilot.press("p")  # at the end there is nothing to play
        assert not screen.session.pace.playing
        assert "the end" in last_row(pilot)


async def test_it_plays_backward_to_the_schema(recording: Path) -> None:
    async with opened(recording) as pilot:
        screen = main(pilot)
        screen.moves.go_to_pos(4)
        screen.session.pace = FAST
        await pilot.press("P")
        await until(pilot, lambda: not screen.session.pace.playing)
        assert screen.session.cursor.pos == -1
        assert "the beginning: playing has stopped" in last_row(pilot)


async def test_steps_are_played_while_stepping(recording: Path) -> None:
    async with opened(recording) as pilot:
        screen = main(pilot)
        screen.moves.go_to_pos(LAST - 4)
        await pilot.press("L", "p")
        await pilot.pause()
        assert "▶ PLAY steps 2/s" in text_of(pilot).splitlines()[0]
        assert screen.session.cursor.step is not None
        await pilot.press(*["right_parenthesis"] * 4)
        await until(pilot, lambda: not screen.session.pace.playing)
        assert screen.session.cursor.pos == LAST


async def test_by_recorded_time(recording: Path) -> None:
    async with opened(recording) as pilot:
        screen = main(pilot)
        screen.moves.go_to_pos(0)
        await pilot.press("R")
        assert "will play ×1 recorded time" in last_row(pilot)
        await pilot.press("p")
        await until(pilot, lambda: not screen.session.pace.playing)  # 0.46 s of recording
        assert screen.session.cursor.pos == LAST


@pytest.mark.parametrize("key", ["left", "home", "e", "H", "comma", "p", "escape"])
async def test_any_manual_move_pauses(recording: Path, key: str) -> None:
    async with opened(recording) as pilot:
        screen = main(pilot)
        screen.moves.go_to_pos(30)
        await pilot.press("p")
        await pilot.pause()
        assert screen.session.pace.playing
        await pilot.press(key)
        await pilot.pause()
        assert not screen.session.pace.playing


async def test_choosing_does_not_pause_and_speed_changes_at_once(recording: Path) -> None:
    async with opened(recording) as pilot:
        screen = main(pilot)
        screen.moves.go_to_pos(0)
        await pilot.press("p", "2", "down", "right_parenthesis")
        await pilot.pause()
        assert screen.session.pace.playing
        assert "5/s" in text_of(pilot).splitlines()[0]
        await pilot.press("p")


@pytest.mark.parametrize("size", SIZES)
async def test_go_to_tells_where_and_goes(recording: Path, size: tuple[int, int]) -> None:
    async with opened(recording, size) as pilot:
        screen = main(pilot)
        await pilot.press("at")
        assert last_row(pilot).strip().startswith("go to: █")
        await pilot.press("1", "2")
        assert "→ app tx 12 at 10:00:00." in last_row(pilot)
        await pilot.press("enter")
        await pilot.pause()
        assert screen.session.cursor.pos == 11
        assert "help" in last_row(pilot)


async def test_go_to_says_what_is_wrong_and_lets_one_correct_it(recording: Path) -> None:
    async with opened(recording) as pilot:
        screen = main(pilot)
        await go(pilot, "999")
        assert screen.prompt.asking
        assert "no transition 999: app has 63 transitions" in last_row(pilot)
        await pilot.press("backspace", "backspace", "enter")
        assert screen.session.cursor.pos == 8
        assert not screen.prompt.asking


async def test_go_to_offers_names(recording: Path) -> None:
    async with opened(recording) as pilot:
        screen = main(pilot)
        await pilot.press("at", *"work")
        assert "worker-1  worker-2" in last_row(pilot)
        await pilot.press("down", "enter")
        machine = screen.session.machine
        assert machine is not None
        assert machine.label == "worker-1"


async def test_go_to_by_distance_and_time(recording: Path) -> None:
    async with opened(recording) as pilot:
        screen = main(pilot)
        await go(pilot, "10")
        await go(pilot, "+5")
        assert screen.session.cursor.pos == 14
        moment = screen.session.cursor.moment
        await go(pilot, "-50ms")
        assert moment is not None
        assert screen.session.cursor.moment == moment - 50_000_000


async def test_an_address_with_state_and_group(recording: Path) -> None:
    async with opened(recording) as pilot:
        screen = main(pilot)
        await go(pilot, "mach://app?t=10&state=Message&group=Traffic")
        machine, session = screen.session.machine, screen.session
        assert machine is not None
        assert machine.time_sum(session.cursor.pos) == 10
        assert (session.cursor.state, session.group) == ("Message", "Traffic")


async def test_units_of_time(recording: Path) -> None:
    async with opened(recording) as pilot:
        screen = main(pilot)
        await pilot.press("U", "U")
        assert ", and . move by 10.0 ms" in last_row(pilot)
        await pilot.press("comma")
        assert "−10.0 ms: 10:00:00.390" in last_row(pilot)
        await pilot.press("full_stop", "full_stop")
        assert "the recording ends here" in last_row(pilot)
        assert screen.session.cursor.pos == LAST


async def test_back_and_forward_as_in_a_browser(recording: Path) -> None:
    async with opened(recording, WIDE) as pilot:
        screen = main(pilot)
        for text in ("5", "20", "worker-1", "8"):
            await go(pilot, text)
        await pilot.press("backspace")
        await pilot.press("ctrl+o")
        assert (screen.session.cursor.machine, screen.session.cursor.pos) == (0, 19)
        await pilot.click("#top", offset=(1, 0))  # ◀
        assert screen.session.cursor.pos == 4
        await pilot.click("#top", offset=(3, 0))  # ▶
        assert screen.session.cursor.pos == 19
        await pilot.press("right_curly_bracket")
        assert screen.session.cursor.machine == 1
        await pilot.press("left_curly_bracket")
        assert (screen.session.cursor.machine, screen.session.cursor.pos) == (0, 19)
        await pilot.press("backspace", "backspace", "backspace")
        assert "no earlier place" in last_row(pilot)


async def test_marks_are_kept_beside_the_recording(own: Path) -> None:
    async with opened(own) as pilot:
        await go(pilot, "7")
        await pilot.press("m", "a")
        assert "marked a" in last_row(pilot)
        await go(pilot, "30")
        await pilot.press("M", *"look", "enter")
        assert "marked b" in last_row(pilot)
    noted = json.loads(notes_paths(own)[0].read_text())["marks"]
    assert [noted[letter]["position"] for letter in "ab"] == [6, 29]
    assert noted["b"]["note"] == "look"
    async with opened(own) as pilot:
        screen = main(pilot)
        await pilot.press("apostrophe")
        assert "go to which mark?  a b" in last_row(pilot)
        await pilot.press("a")
        assert screen.session.cursor.pos == 6
        await pilot.press("apostrophe", "apostrophe")  # to before the jump
        assert screen.session.cursor.pos == LAST
        await pilot.press("apostrophe", "x")
        assert "no mark x" in last_row(pilot)
        await pilot.press("m", "exclamation_mark")
        assert "a letter or a digit" in last_row(pilot)
        await go(pilot, "'b")
        assert screen.session.cursor.pos == 29


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_of_marks(own: Path, size: tuple[int, int]) -> None:
    async with opened(own, size) as pilot:
        screen = main(pilot)
        await pilot.press("quotation_mark")
        assert "no marks yet" in last_row(pilot)
        await go(pilot, "7")
        await pilot.press("m", "a")
        await go(pilot, "9")
        await pilot.press("m", "b", "end", "quotation_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChoiceScreen))
        await pilot.pause()
        assert "app tx 7" in text_of(pilot)
        await pilot.press("down", "enter")
        await pilot.pause()
        assert screen.session.cursor.pos == 8
        await pilot.press("quotation_mark", "delete")
        await pilot.pause()
        assert "app tx 7" not in text_of(pilot)
        await pilot.press("escape")
        assert list(screen.session.marks) == ["b"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("key", "begins", "said"),
    [
        ("y", "mach://app/", "copied mach://app/"),
        ("t", "mach://app?t=", "copied mach://app?t="),
        ("h", "mach://app?ht=2026-01-05T", "copied mach://app?ht="),
        ("j", "{\n", "copied the transition as JSON"),
        ("l", "", "copied 2 log lines"),
        ("m", "sequenceDiagram", "copied the steps as a Mermaid diagram"),
        ("p", '"""', "copied a pytest case"),
    ],
)
async def test_the_copy_menu(
    recording: Path, size: tuple[int, int], key: str, begins: str, said: str
) -> None:
    async with opened(recording, size) as pilot:
        await go(pilot, "2" if key != "l" else "1")
        await pilot.press("y")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChoiceScreen))
        await pilot.pause()
        assert "a pytest case" in text_of(pilot)
        await pilot.press(key)
        await pilot.pause()
        assert pilot.app.clipboard.startswith(begins)
        assert said[:40] in last_row(pilot)


async def test_the_menu_by_mouse_and_by_arrows(recording: Path) -> None:
    async with opened(recording) as pilot:
        await pilot.press("y", "down", "enter")
        await pilot.pause()
        assert pilot.app.clipboard.startswith("mach://app?t=")
        await pilot.press("y")
        await pilot.pause()
        await pilot.click("#choices", offset=(5, 4))
        await pilot.pause()
        assert pilot.app.clipboard.startswith("{")
        await pilot.press("y", "escape")
        await pilot.pause()
        assert pilot.app.screen is main(pilot)


async def test_a_click_on_the_address_copies_all_of_it(recording: Path) -> None:
    async with opened(recording, WIDE) as pilot:
        await pilot.click("#top", offset=(12, 0))
        assert pilot.app.clipboard.startswith("mach://app/")
        assert pilot.app.clipboard in text_of(pilot).splitlines()[0]


async def test_lines_join_states_while_stepping_and_rows_stay(recording: Path) -> None:
    async with opened(recording, WIDE) as pilot:
        screen = main(pilot)
        await go(pilot, "2")
        before = [row.line[2].text for row in screen.states.visible_rows() if len(row.line) > 2]
        assert "requires" not in states_text(pilot)
        await pilot.press("right", "L", "L")
        assert screen.session.cursor.step == 2
        assert "• requires" in states_text(pilot).replace("•╯", "•").replace("•╮", "•")
        assert "◂" in states_text(pilot)
        after = [row.line[2].text for row in screen.states.visible_rows() if len(row.line) > 2]
        assert before == after
        await pilot.press("escape")
        assert "◂" not in states_text(pilot)


def states_text(pilot: Pilot[None]) -> str:
    rows = main(pilot).states.visible_rows()
    return "\n".join("".join(span.text for span in row.line) for row in rows)


async def test_the_last_position_and_step_are_restored(own: Path) -> None:
    from am_dbg.commands.view import replay_session
    from am_dbg.ui.notes import restore_position, save_position

    session = replay_session([own], follow=False)
    async with opened(own) as pilot:
        await go(pilot, "12")
        await pilot.press("L", "L")
        save_position(own, main(pilot).session)
        left = main(pilot).session.cursor
    assert restore_position(own, session)
    assert (session.cursor.pos, session.cursor.step) == (left.pos, left.step)
