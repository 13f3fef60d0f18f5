"""The log pane and the searches, driven by keys and mouse."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from am_dbg.recording import RecordingWriter
from am_dbg.ui.screen import MainScreen
from tests.ui.driving import MEDIUM, NARROW, SMALL, WIDE, main, opened, text_of, until
from tests.ui.sessions import MS, START, machine

pytestmark = pytest.mark.anyio
TRACE = '[error] disk full\n  File "store.py", line 7\n    write(chunk)'
LONG = "[exter] " + " ".join(f"word{i}" for i in range(60))


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two machines; every 10th transition of the first has a stack trace."""
    path = tmp_path_factory.mktemp("log") / "logged.mcap"
    with RecordingWriter(path) as writer:
        app = machine(writer, "app", 1)
        worker = machine(writer, "worker", 2, "app")
        for i in range(200):
            log = [(3, f"[add] Message (id=msg-{i})")]
            log += [(2, TRACE)] if i % 10 == 5 else []
            log += [(1, LONG)] if i % 50 == 7 else []
            app.tx(START + i * 100 * MS, "Message", log=tuple(log), args={"id": f"msg-{i}"})
            if i % 20 == 0:
                worker.tx(START + (i * 100 + 1) * MS, "Connecting", args={"addr": f"10.0.0.{i}"})
    return path


async def at_log(pilot: Pilot[None], pos: int) -> MainScreen:
    screen = main(pilot)
    screen.moves.go_to_pos(pos)
    screen.bring_to_front("log")
    await pilot.pause()
    return screen


def log_text(screen: MainScreen) -> str:
    return "\n".join("".join(s.text for s in row.line) for row in screen.log_pane.log_rows)


@pytest.mark.parametrize("size", [WIDE, MEDIUM, NARROW, SMALL])
async def test_a_stack_trace_unfolds_by_key(logged: Path, size: tuple[int, int]) -> None:
    async with opened(logged, size) as pilot:
        screen = await at_log(pilot, 45)
        await pilot.press("down")
        assert "disk full" in log_text(screen)
        assert "store.py" not in log_text(screen)
        await pilot.press("x")
        assert log_text(screen).count("store.py") == 1
        await pilot.press("x", "X")
        assert log_text(screen).count("store.py") >= 1
        assert "write(chunk)" in log_text(screen)
        await pilot.press("X")
        assert "store.py" not in log_text(screen)


async def test_a_click_on_the_count_unfolds_that_one(logged: Path) -> None:
    async with opened(logged, WIDE) as pilot:
        screen = await at_log(pilot, 45)
        lines = log_text(screen).splitlines()
        row, text = next((i, line) for i, line in enumerate(lines) if "disk" in line)
        await pilot.click("#log", offset=(2 + text.index("▸"), row + 1))
        await pilot.pause()
        assert screen.session.cursor.pos == 45
        assert log_text(screen).count("store.py") == 1


async def test_long_lines_wrap_and_stay_in_the_pane(logged: Path) -> None:
    async with opened(logged, MEDIUM) as pilot:
        screen = await at_log(pilot, 57)
        assert "word59" not in log_text(screen)
        await pilot.press("W")
        assert "word59" in log_text(screen)
        assert "wrap" in text_of(pilot)
        await pilot.press("W")
        assert "word59" not in log_text(screen)


async def test_the_log_is_walked_by_lines_and_enter_goes_there(logged: Path) -> None:
    async with opened(logged, MEDIUM) as pilot:
        screen = await at_log(pilot, 100)
        await pilot.press(*["down"] * 4)
        assert screen.session.cursor.pos == 100
        place = screen.log_pane.cursor
        top = screen.log_pane.place
        assert place.pos > 100
        await pilot.press("enter")
        assert screen.session.cursor.pos == place.pos
        assert screen.session.cursor.state == "Message"
        assert (screen.log_pane.cursor, screen.log_pane.place) == (place, top)  # nothing jumps
        await pilot.press("g")
        assert screen.log_pane.cursor.pos == -1
        await pilot.press("G")
        assert screen.log_pane.cursor.pos == 199
        assert "msg-199" in log_text(screen)


async def test_a_click_in_the_log_goes_to_its_transition_and_state(logged: Path) -> None:
    async with opened(logged, WIDE) as pilot:
        screen = await at_log(pilot, 100)
        row = screen.log_pane.log_rows[2]
        await pilot.click("#log", offset=(6, 3))
        assert screen.session.cursor.pos == row.place.pos
        assert screen.session.cursor.state == "Message"


async def test_the_log_search_jumps_counts_and_marks(logged: Path) -> None:
    async with opened(logged, WIDE) as pilot:
        screen = await at_log(pilot, 100)
        await pilot.press("slash", *"DISK", "enter")
        await until(pilot, lambda: screen.session.cursor.pos == 105)
        await until(pilot, lambda: "/DISK 11/20" in text_of(pilot))
        assert "disk" in log_text(screen).splitlines()[line_of(screen)]
        await pilot.press("n")
        await until(pilot, lambda: screen.session.cursor.pos == 115)
        await pilot.press("N", "N")
        await until(pilot, lambda: screen.session.cursor.pos == 95)
        assert "/DISK 10/20" in text_of(pilot)
        for _ in range(10):
            await pilot.press("N")
            await pilot.pause(0.02)
        await until(pilot, lambda: screen.session.cursor.pos == 195)  # round the end
        await pilot.press("escape")
        await pilot.pause()
        assert "/DISK" not in text_of(pilot)


def line_of(screen: MainScreen) -> int:
    places = [row.place for row in screen.log_pane.log_rows]
    return places.index(screen.log_pane.cursor)


async def test_a_search_for_nothing_says_so(logged: Path) -> None:
    async with opened(logged, MEDIUM) as pilot:
        screen = await at_log(pilot, 10)
        await pilot.press("slash", *"zzzz", "enter")
        await until(pilot, lambda: "zzzz is nowhere in this log" in text_of(pilot))
        assert screen.session.cursor.pos == 10


async def test_the_history_is_searched_by_letters_of_names_when_nothing_has_the_text(
    logged: Path,
) -> None:
    async with opened(logged, MEDIUM) as pilot:
        screen = main(pilot)
        screen.moves.go_to_pos(3)
        screen.bring_to_front("history")
        await pilot.press("slash", *"msge", "enter")
        await until(pilot, lambda: "/msge 4/200" in text_of(pilot))


async def test_everything_is_searched_from_one_box(logged: Path) -> None:
    async with opened(logged, MEDIUM) as pilot:
        screen = main(pilot)
        screen.moves.go_to_pos(100)
        await pilot.press("S")
        await pilot.press(*"10.0.0.16")
        await until(pilot, lambda: "Found 1 transition" in text_of(pilot))
        text = text_of(pilot)
        assert "worker" in text
        assert "addr=10.0.0.160" in text
        await pilot.press("down", "up", "enter")
        await pilot.pause()
        assert pilot.app.screen is screen
        machine = screen.session.machine
        assert machine is not None
        assert machine.label == "worker"
        args = screen.session.store.message(machine.n(screen.session.cursor.pos)).args
        assert "10.0.0.16" in args["addr"]


async def test_machines_and_states_are_found_by_their_letters(logged: Path) -> None:
    async with opened(logged, NARROW) as pilot:
        screen = main(pilot)
        screen.bring_to_front("machines")
        screen.moves.select_machine(0)
        await pilot.press("S", *"wrkr")
        await until(pilot, lambda: "worker" in text_of(pilot))
        await pilot.press("enter")
        await pilot.pause()
        assert screen.session.machine is not None
        assert screen.session.machine.label == "worker"
        await pilot.press("S", *["backspace"] * 4, *"cnctg")
        await until(pilot, lambda: "Connecting" in text_of(pilot))
        await pilot.press("enter")
        await pilot.pause()
        assert screen.session.cursor.state == "Connecting"


@pytest.mark.parametrize("size", [WIDE, MEDIUM, NARROW, SMALL])
async def test_the_box_fits_and_escape_leaves_everything_as_it_was(
    logged: Path, size: tuple[int, int]
) -> None:
    async with opened(logged, size) as pilot:
        screen = main(pilot)
        before = screen.session.cursor
        await pilot.press("S", *"zzzz")
        await until(pilot, lambda: "nothing has it" in text_of(pilot))
        found, dialog = pilot.app.screen.query_one("#found"), pilot.app.screen.query_one("#dialog")
        assert found.region.right <= dialog.region.right <= size[0]
        await pilot.press("escape")
        await pilot.pause()
        assert screen.session.cursor == before
        assert pilot.app.screen is screen


async def test_a_result_is_chosen_with_the_mouse(logged: Path) -> None:
    async with opened(logged, MEDIUM) as pilot:
        screen = main(pilot)
        await pilot.press("S", *"msg-77")
        await until(pilot, lambda: "Found 1 transition" in text_of(pilot))
        await pilot.click("#found", offset=(10, 1))
        await until(pilot, lambda: screen.session.cursor.pos == 77)


async def test_the_reader_tells_of_other_moments(logged: Path) -> None:
    async with opened(logged, WIDE) as pilot:
        screen = main(pilot)
        screen.moves.go_to_pos(20)
        screen.bring_to_front("details")
        await pilot.press("z")
        await until(pilot, lambda: "AM_LOG_STATE_CTX" in text_of(pilot))
        await pilot.press("X")
        assert "▸ Steps" in text_of(pilot)
        await pilot.press("right")
        assert "▸ Steps" in text_of(pilot)  # by name, on whatever transition
        await pilot.press("X")
        row = next(
            i for i in range(len(screen.presenter.details)) if screen.presenter.details.state_at(i)
        )
        screen.presenter.details_row = row - 1
        screen.refresh_views()
        await pilot.press("down")
        assert screen.session.cursor.state == screen.presenter.details.state_at(row)
