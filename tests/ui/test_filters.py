"""Filters in the app: the menu by keys and mouse, what moves say, what is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from am_dbg.model.filters import Filters, FilterSet
from am_dbg.ui.remembered import recall, remember, remembered_path
from tests.store.recordings import Tape
from tests.ui.driving import MEDIUM, NARROW, SMALL, WIDE, main, opened, text_of

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _as_at_first(state_home: Path) -> None:
    remembered_path("filters").unlink()


def everywhere(pilot: Pilot[None]) -> Filters:
    return main(pilot).session.filters.everywhere


@pytest.mark.parametrize("size", [WIDE, MEDIUM, NARROW, SMALL])
async def test_f_opens_the_menu_and_its_keys_change_what_is_shown(
    recording: Path, size: tuple[int, int]
) -> None:
    async with opened(recording, size) as pilot:
        session = main(pilot).session
        before = len(session.lens.visible(0))
        await pilot.press("F")
        await pilot.pause()
        assert "FilterScreen" in repr(pilot.app.screen)
        assert "1 [✓] canceled" in text_of(pilot)
        await pilot.press("6")
        await pilot.pause()
        assert everywhere(pilot).checks
        assert len(session.lens.visible(0)) == before + 8
        await pilot.press("up", "up", "space")
        await pilot.pause()
        assert not everywhere(pilot).empty
        await pilot.press("left")
        assert everywhere(pilot).empty
        await pilot.press("escape")
        await pilot.pause()
        assert pilot.app.screen is main(pilot)
        await pilot.press("escape")
        assert everywhere(pilot).checks


async def test_a_click_changes_a_filter(recording: Path) -> None:
    async with opened(recording) as pilot:
        await pilot.press("F")
        await pilot.pause()
        row = text_of(pilot).splitlines()
        y = next(i for i, line in enumerate(row) if "6 [ ] checks" in line)
        await pilot.click(offset=(40, y))
        await pilot.pause()
        assert main(pilot).session.filters.everywhere.checks
        assert "6 [✓] checks" in text_of(pilot)


async def test_a_click_on_what_is_hidden_opens_the_menu(recording: Path) -> None:
    async with opened(recording, WIDE) as pilot:
        top = text_of(pilot).splitlines()[0]
        await pilot.click(offset=(top.index("⌕"), 0))
        await pilot.pause()
        assert "FilterScreen" in repr(pilot.app.screen)


async def test_one_machine_may_have_its_own(recording: Path) -> None:
    async with opened(recording) as pilot:
        session = main(pilot).session
        await pilot.press("F", "s", "6")
        await pilot.pause()
        assert "only app" in text_of(pilot)
        assert session.filters.of("app").checks
        assert not everywhere(pilot).checks
        await pilot.press("d")
        assert session.filters == FilterSet()
        await pilot.press("s", "a")
        await pilot.pause()
        assert everywhere(pilot).checks
        assert session.lens.visible(0).hidden == 0


async def test_what_is_hidden_is_counted_where_one_looks(recording: Path) -> None:
    async with opened(recording, WIDE) as pilot:
        shown = text_of(pilot)
        assert "History 55 of 63, 8 hidden" in shown
        assert "⌕ 8 hidden" in shown
        assert "tx 62/63" in shown


async def test_moves_say_what_they_passed_over(recording: Path) -> None:
    async with opened(recording) as pilot:
        screen = main(pilot)
        await pilot.press("home")
        for _ in range(5):
            await pilot.press("right")
        assert "hidden skipped" not in text_of(pilot)
        while screen.session.cursor.pos < 7:
            await pilot.press("right")
        await pilot.pause()
        assert screen.session.cursor.pos == 7
        assert "1 hidden skipped" in text_of(pilot)
        await pilot.press("left")
        await pilot.pause()
        assert screen.session.cursor.pos == 5
        assert "1 hidden skipped" in text_of(pilot)
        await pilot.press("left")
        await pilot.pause()
        assert "hidden skipped" not in text_of(pilot)


async def test_who_goes_to_a_hidden_one_sees_it_and_is_told(recording: Path) -> None:
    async with opened(recording) as pilot:
        screen = main(pilot)
        machine = screen.session.machine
        assert machine is not None
        tx_id = screen.session.store.message(machine.n(6)).id
        screen.moves.go(f"mach://app/{tx_id}")
        await pilot.pause()
        assert screen.session.cursor.pos == 6
        shown = text_of(pilot)
        assert "filters hide this one (check)" in shown
        assert "⊘" in shown
        await pilot.press("right", "left")
        await pilot.pause()
        assert screen.session.cursor.pos == 5


async def test_choices_are_kept_across_runs(recording: Path) -> None:
    async with opened(recording) as pilot:
        await pilot.press("F", "1")
        await pilot.press("escape", "4", "plus")
    kept = recall("filters", FilterSet).everywhere
    assert (kept.canceled, kept.log_level) == (False, 4)
    async with opened(recording) as pilot:
        assert not main(pilot).session.filters.everywhere.canceled
        assert "⌕ 11 hidden" in text_of(pilot)


async def test_garbage_in_the_state_folder_is_no_trouble(recording: Path) -> None:
    remember("filters", FilterSet())
    remembered_path("filters").write_bytes(b'{"everywhere": {"auto": "perhaps"}}')
    async with opened(recording) as pilot:
        assert main(pilot).session.filters == FilterSet()


async def test_a_selected_group_narrows_the_history(recording: Path) -> None:
    async with opened(recording) as pilot:
        screen = main(pilot)
        await pilot.press("2", "o", "o")
        await pilot.pause()
        assert screen.session.group == "Network"
        assert "group Network" in text_of(pilot) or "of 63" in text_of(pilot)
        shown = len(screen.session.lens.visible(0))
        await pilot.press("F", "7", "escape")
        await pilot.pause()
        assert len(screen.session.lens.visible(0)) > shown


async def test_machines_not_connected_can_be_hidden(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "two.mcap")
    for name, conn in (("stays", "1"), ("gone", "2")):
        tape.event("connected", conn=conn)
        tape.schema(name, instance=f"i{conn}", conn=conn)
        tape.tx(name, f"i{conn}")
    tape.event("disconnected", conn="2")
    tape.tx("stays", "i1")
    tape.now += 10_000_000
    tape.tx("stays", "i1")
    tape.writer.close()
    async with opened(tape.path) as pilot:
        screen = main(pilot)
        assert "gone" in text_of(pilot)
        await pilot.press("F", "9", "escape")
        await pilot.pause()
        assert "Machines 2, 1 hidden" in text_of(pilot)
        assert "gone" not in text_of(pilot)
        assert recall("filters", FilterSet).disconnected is False
        screen.filtering.filter_disconnected()
        await pilot.pause()
        assert "machines not connected: shown" in text_of(pilot)
