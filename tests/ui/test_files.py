"""Exporting from the screen, and opening and closing recordings."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from textual.events import Key, Paste
from textual.pilot import Pilot

from am_dbg.recording import RecordingWriter
from am_dbg.store import Store
from am_dbg.ui.export_form import PARTS
from am_dbg.ui.export_screen import ExportScreen
from am_dbg.ui.recordings_screen import RecordingsScreen
from am_dbg.ui.strips import plain
from tests.ui.driving import MEDIUM, NARROW, SMALL, WIDE, main, opened, text_of, until
from tests.ui.sessions import machine, play, small

pytestmark = pytest.mark.anyio

REAL = Path("../shared/data/am-dbg-sim.gob.br")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


async def dialog(pilot: Pilot[None], key: str = "ctrl+s") -> ExportScreen:
    await pilot.press(key)
    await pilot.pause()
    screen = pilot.app.screen
    assert isinstance(screen, ExportScreen)
    return screen


async def saved(pilot: Pilot[None]) -> str:
    """Save, and what is said of it."""
    await pilot.press("enter")
    await until(pilot, lambda: pilot.app.screen is main(pilot))
    await pilot.pause()
    return text_of(pilot).splitlines()[-1].strip()


def names() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


def read(name: str) -> str:
    return Path(name).read_text()


def front(pilot: Pilot[None]) -> object:
    """The screen in front."""
    return pilot.app.screen


def another(path: Path, rounds: int = 2) -> Path:
    """A recording of other machines than the small one's."""
    with RecordingWriter(path) as writer:
        play(machine(writer, "lamp", 91), machine(writer, "fan", 92), rounds)
    return path


@pytest.mark.parametrize("size", [WIDE, MEDIUM, NARROW, SMALL])
async def test_a_moment_is_saved_and_that_is_said(recording: Path, size: tuple[int, int]) -> None:
    async with opened(recording, size) as pilot:
        main(pilot).moves.go_to_pos(30)
        await dialog(pilot)
        assert "this moment" in text_of(pilot)
        assert "app-tx31-moment.mcap" in text_of(pilot)
        said = await saved(pilot)
        assert said.startswith("saved app-tx31-moment.mcap: 3 transitions of 4"[: size[0] - 3])
    with Store.open([Path("app-tx31-moment.mcap")], cache=False) as store:
        while store.feed():
            pass
        assert len(store) == 3
        assert len(store.machines) == 4


@pytest.mark.parametrize("part", PARTS)
async def test_every_part_can_be_saved(recording: Path, part: str) -> None:
    async with opened(recording, MEDIUM) as pilot:
        screen = await dialog(pilot)
        await pilot.press("right", "down")
        while screen.form.part != part:
            await pilot.press("right")
        await saved(pilot)
        (name,) = names()
        count = read(name).count("\n- machine: ")
        assert (
            count
            == {
                "transition": 1,
                "moment": 3,
                "machine": 63,
                "screen": count,
                "shown": count,
                "all": 72,
            }[part]
        )
        assert count


async def test_filters_decide_what_is_saved(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        main(pilot).commands["filter_checks"]()
        screen = await dialog(pilot)
        screen.form.format, screen.form.part = "jsonl", "shown"
        hidden = main(pilot).session.lens.visible(0).hidden
        await saved(pilot)
        (name,) = names()
        lines = read(name).splitlines()
        assert len(lines) == 4 + 72 - hidden


@pytest.mark.parametrize("form", ["md", "log", "jsonl", "mermaid", "svg"])
async def test_the_name_ends_as_the_format_says(recording: Path, form: str) -> None:
    async with opened(recording, MEDIUM) as pilot:
        screen = await dialog(pilot)
        while screen.form.format != form:
            await pilot.press("right")
        suffix = ".mmd" if form == "mermaid" else f".{form}"
        assert screen.form.editor.text.endswith(suffix)
        await pilot.press("ctrl+u", *"mine")
        await saved(pilot)
        assert names() == [f"mine{suffix}"]


async def test_no_key_reaches_the_screen_below(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        below = main(pilot)
        below.moves.go_to_pos(30)
        before = below.session.cursor
        theme = below.palette.name
        await dialog(pilot)
        keys = "left right home end space q f T h l e G g z 3 shift+left alt+right ctrl+p colon"
        await pilot.press(*keys.split())
        await pilot.pause()
        assert isinstance(pilot.app.screen, ExportScreen)
        assert below.session.cursor == before
        assert (below.palette.name, below.maximised) == (theme, "")
        assert pilot.app.is_running
        await pilot.press("escape")
        await pilot.pause()
        assert front(pilot) is below
        assert names() == []


async def test_an_existing_file_is_asked_about(recording: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.md").write_text("mine")
    async with opened(recording, MEDIUM) as pilot:
        screen = await dialog(pilot)
        await pilot.press("right", "ctrl+u", *"mine.md", "enter")
        await pilot.pause()
        assert "exists; enter again replaces it" in plain(screen.said)
        assert read("mine.md") == "mine"
        await pilot.press("x", "backspace")
        assert screen.said == ()
        await saved(pilot)
        assert read("mine.md").startswith("## ")


async def test_what_is_wrong_is_said_in_the_dialog(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        screen = await dialog(pilot)
        await pilot.press("ctrl+u", "enter")
        assert "type the name of a file" in plain(screen.said)
        await pilot.press(*"no/such/folder.mcap", "enter")
        await until(pilot, lambda: "No such file" in plain(screen.said))
        await pilot.press("ctrl+u")
        pilot.app.post_message(Paste(str(recording)))
        await until(pilot, lambda: screen.form.editor.text == str(recording))
        await pilot.press("enter", "enter")
        await until(pilot, lambda: "is the recording that is open" in plain(screen.said))
        assert isinstance(pilot.app.screen, ExportScreen)
        assert names() == []


async def test_writing_can_be_stopped(tmp_path: Path) -> None:
    large = small(tmp_path / "large.mcap", rounds=1500)
    async with opened(large, MEDIUM) as pilot:
        await until(pilot, lambda: len(main(pilot).session.store) > 10_000)
        screen = await dialog(pilot)
        screen.form.format, screen.form.part = "jsonl", "all"
        pilot.app.post_message(Key("enter", "\r"))
        await until(pilot, lambda: "writing" in plain(screen.said))
        pilot.app.post_message(Key("escape", None))
        await until(pilot, lambda: "stopped" in plain(screen.said))
        await pilot.pause()
        assert names() == ["large.mcap"]
        await pilot.press("escape")
        await pilot.pause()
        assert front(pilot) is main(pilot)


async def test_the_diagram_is_saved_as_it_is_shown(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        await pilot.press("D", "space")
        await dialog(pilot)
        assert "network diagram" in text_of(pilot)
        said = await saved(pilot)
        assert said.startswith("saved network.svg: network")
        ET.fromstring(read("network.svg").encode())


async def test_the_mouse_changes_the_fields(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        screen = await dialog(pilot)
        lines = text_of(pilot).splitlines()
        y = next(i for i, line in enumerate(lines) if "format" in line)
        await pilot.click(offset=(lines[y].index("mcap"), y))
        await pilot.pause()
        assert screen.form.format == "md"
        await pilot.click(offset=(lines[y].index("mcap"), y + 1))
        await pilot.pause()
        assert (screen.form.selected, screen.form.format) == (1, "md")


# -- recordings ------------------------------------------------------------------------------------


async def recordings(pilot: Pilot[None]) -> RecordingsScreen:
    await pilot.press("O")
    await pilot.pause()
    screen = pilot.app.screen
    assert isinstance(screen, RecordingsScreen)
    return screen


@pytest.mark.parametrize("size", [WIDE, NARROW, SMALL])
async def test_another_recording_is_opened_and_closed_again(
    recording: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    another(tmp_path / "other.mcap")
    async with opened(recording, size) as pilot:
        below = main(pilot)
        below.moves.go_to_pos(20)
        below.moves.select_state("Connected")
        before = below.session.cursor
        screen = await recordings(pilot)
        assert "small.mcap" in text_of(pilot)
        await pilot.press(*"oth", "tab", "enter")
        await until(pilot, lambda: "opened" in plain(screen.said))
        assert len(below.session.recordings) == 2
        await pilot.press("escape")
        await pilot.pause()
        cursor = below.session.cursor
        shown = below.session.machine
        assert shown is not None
        assert (shown.label, cursor.pos, cursor.moment) == ("app", before.pos, before.moment)
        assert cursor.state == "Connected"
        assert below.session.files == "small.mcap +1"
        if size == WIDE:
            assert "small.mcap +1" in text_of(pilot)
        assert [path.name for path in below.session.recordings] == ["small.mcap", "other.mcap"]

        screen = await recordings(pilot)
        await pilot.press("down", "delete")
        await until(pilot, lambda: "closed" in plain(screen.said))
        assert below.session.recordings == [recording]
        assert below.session.files == "small.mcap"
        assert below.session.cursor.pos == before.pos


async def test_the_screen_goes_on_with_both(recording: Path, tmp_path: Path) -> None:
    another(tmp_path / "other.mcap")
    async with opened(recording, MEDIUM) as pilot:
        below = main(pilot)
        screen = await recordings(pilot)
        await pilot.press(*"other.mcap", "enter")
        await until(pilot, lambda: "opened" in plain(screen.said))
        await pilot.press("escape")
        for key in ("1", "g", "down", "down", "end", "left", "3", "up", "4", "5", "D", "space"):
            await pilot.press(key)
            await pilot.pause()
        assert below.session.machine is not None
        assert len(below.session.store) > 72


async def test_what_is_no_recording_is_one_line_and_all_stays(
    recording: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.mcap").write_text("not a recording")
    async with opened(recording, MEDIUM) as pilot:
        below = main(pilot)
        store, cursor = below.session.store, below.session.cursor
        screen = await recordings(pilot)
        for path, said in (
            ("broken.mcap", "not a recording"),
            ("nothing.mcap", "No such file"),
            (str(recording), "open already"),
        ):
            await pilot.press("ctrl+u")
            pilot.app.post_message(Paste(path))
            await until(pilot, lambda path=path: screen.editor.text == path)  # type: ignore[misc]
            await pilot.press("enter")
            await until(pilot, lambda said=said: said in plain(screen.said))  # type: ignore[misc]
        assert below.session.store is store
        assert below.session.cursor == cursor
        assert below.session.recordings == [recording]


async def test_the_last_recording_stays(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        screen = await recordings(pilot)
        await pilot.press("delete")
        await pilot.pause()
        assert "the last recording stays open" in plain(screen.said)


async def test_folders_are_gone_into(recording: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    another(tmp_path / "folder" / "inner.mcap")
    async with opened(recording, MEDIUM) as pilot:
        screen = await recordings(pilot)
        await pilot.press("f", "down", "enter")
        assert screen.editor.text == "folder/"
        await pilot.press("down", "enter")
        await until(pilot, lambda: "opened" in plain(screen.said))


async def test_a_session_of_the_go_debugger_is_opened(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = (Path(__file__).parents[2] / REAL).resolve()
    if not real.exists():
        pytest.skip(f"{REAL} is not at hand")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    async with opened(recording, MEDIUM) as pilot:
        screen = await recordings(pilot)
        pilot.app.post_message(Paste(str(real)))
        await until(pilot, lambda: screen.editor.text == str(real))
        await pilot.press("enter")
        await until(pilot, lambda: "opened" in plain(screen.said))
        assert len(main(pilot).session.store.machines) == 111
        assert main(pilot).session.files == "small.mcap +1"


async def test_no_key_of_the_recordings_reaches_the_screen_below(recording: Path) -> None:
    async with opened(recording, MEDIUM) as pilot:
        below = main(pilot)
        before = below.session.cursor
        await recordings(pilot)
        await pilot.press(*"qfThelzG", "left", "right", "home", "end", "space")
        await pilot.pause()
        assert isinstance(pilot.app.screen, RecordingsScreen)
        assert below.session.cursor == before
        await pilot.press("escape")
        await pilot.pause()
        assert front(pilot) is below
