"""Every key of the table does what it says, and no two actions of a pane share a key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.events import Key

from am_dbg.model.diagram.graph import Kind
from am_dbg.ui.bars import Bar
from am_dbg.ui.choices import ChoiceScreen
from am_dbg.ui.everywhere import EverywhereScreen
from am_dbg.ui.export_screen import ExportScreen
from am_dbg.ui.filter_screen import FilterScreen
from am_dbg.ui.help import HelpScreen, TextScreen
from am_dbg.ui.keymap import BY_NAME, KEYMAP, applies
from am_dbg.ui.layout import PANES, arrange
from am_dbg.ui.recordings_screen import RecordingsScreen
from am_dbg.ui.screen import MainScreen
from tests.ui.driving import main, opened, text_of

pytestmark = pytest.mark.anyio

MIDDLE = 30
"""The position that a test begins at."""

Check = Callable[[MainScreen, dict[str, Any]], bool]


def snapshot(screen: MainScreen) -> dict[str, Any]:
    session, cursor = screen.session, screen.session.cursor
    return {
        "pos": cursor.pos,
        "moment": cursor.moment,
        "pace": session.pace,
        "step": cursor.step,
        "machine": cursor.machine,
        "state": cursor.state,
        "following": cursor.following,
        "pane": screen.pane,
        "maximised": screen.maximised,
        "collapsed": set(session.collapsed),
        "expanded": set(session.expanded),
        "folded": set(session.folded),
        "level": session.log_level,
        "times": session.log_times,
        "wrap": session.log_wrap,
        "traces": session.log_traces,
        "turned": set(session.log_turned),
        "headings": session.headings,
        "theme": screen.palette.name,
        "zoom": screen.grids.activity.columns(screen.panes["activity"].columns).unit,
        "history_top": screen.history.top,
    }


def text_of_bar(bar: Bar) -> str:
    return "".join(span.text for row in bar.rows for span in row)


def pos(by: int) -> Check:
    return lambda screen, before: screen.session.cursor.pos == before["pos"] + by


def flagged(sign: str, forward: bool) -> Check:
    def check(screen: MainScreen, before: dict[str, Any]) -> bool:
        at = screen.session.cursor.pos
        row = screen.presenter.history.line(at + 1, 80)
        moved = at > before["pos"] if forward else at < before["pos"]
        return moved and sign in "".join(span.text for span in row)

    return check


def changed(name: str, value: Any) -> Check:
    return lambda screen, before: snapshot(screen)[name] == value != before[name]


def over(kind: type) -> Check:
    return lambda screen, before: isinstance(screen.app.screen, kind)


def zoomed(compare: Callable[[int, int], bool]) -> Check:
    return lambda screen, before: compare(snapshot(screen)["zoom"], before["zoom"])


def noticed(screen: MainScreen) -> str:
    return "".join(span.text for row in screen.footer.rows for span in row)


def moment(by: int) -> Check:
    return lambda screen, before: screen.session.cursor.moment == before["moment"] + by


def waits_for_key(screen: MainScreen, before: dict[str, Any]) -> bool:
    return screen.take_key(Key("escape", None))


def connected_changed(screen: MainScreen, before: dict[str, Any]) -> bool:
    machine = screen.session.machine
    assert machine is not None
    at = screen.session.cursor.pos
    return at != before["pos"] and any(
        machine.states[state] == "Connected" for state, _, _ in machine.changes(at)
    )


def grown(pane: str, wider: int, taller: int) -> Check:
    """Whether a pane has grown (1), shrunk (-1) or stayed (0) in each direction."""

    def check(screen: MainScreen, before: dict[str, Any]) -> bool:
        assert screen.arrangement is not None
        usual = arrange(screen.area.size.width, screen.area.size.height, states=6).boxes[pane]
        box = screen.arrangement.boxes[pane]
        changes = (box.width - usual.width, box.height - usual.height)
        return all((c > 0) - (c < 0) == w for c, w in zip(changes, (wider, taller), strict=True))

    return check


CASES: dict[str, tuple[str, list[str], Check]] = {
    # action: pane, keys before, what must be so afterwards
    "previous": ("machines", [], pos(-1)),
    "next": ("machines", [], pos(1)),
    "step_back": ("machines", [], lambda s, b: s.session.cursor.step is not None),
    "step_forward": (
        "machines",
        [],
        lambda s, b: s.session.cursor.pos == b["pos"] + 1 and s.session.cursor.step == 1,
    ),
    "previous_change": ("machines", [], connected_changed),
    "next_change": ("machines", [], connected_changed),
    "back_10": ("machines", [], pos(-10)),
    "forward_10": ("machines", [], pos(10)),
    "first": ("machines", [], changed("pos", -1)),
    "last": ("machines", [], changed("pos", 62)),
    "next_error": ("machines", [], flagged("!", True)),
    "previous_error": ("machines", [], flagged("!", False)),
    "next_canceled": ("machines", [], flagged("✗", True)),
    "previous_canceled": ("machines", [], flagged("✗", False)),
    "follow": ("machines", [], changed("following", True)),
    "play": ("machines", [], lambda s, b: s.session.pace.direction == 1),
    "play_back": ("machines", [], lambda s, b: s.session.pace.direction == -1),
    "play_faster": ("machines", [], lambda s, b: s.session.pace.rate == b["pace"].rate + 1),
    "play_slower": ("machines", [], lambda s, b: s.session.pace.rate == b["pace"].rate - 1),
    "play_clock": ("machines", [], lambda s, b: s.session.pace.recorded),
    "go_to": ("machines", [], lambda s, b: s.prompt.asking and s.prompt.label == "go to:"),
    "earlier": ("machines", ["U", "U"], moment(-10_000_000)),
    "later": ("machines", ["U", "U"], moment(10_000_000)),
    "longer_unit": ("machines", [], lambda s, b: s.session.time_unit == 4),
    "shorter_unit": ("machines", [], lambda s, b: s.session.time_unit == 2),
    "go_back": ("machines", ["home"], changed("pos", MIDDLE)),
    "go_forward": ("machines", ["home", "backspace"], changed("pos", -1)),
    "back_machine": ("machines", ["down", "end"], changed("machine", 0)),
    "forward_machine": ("machines", ["down", "end", "left_curly_bracket"], changed("machine", 1)),
    "mark": ("machines", [], waits_for_key),
    "mark_note": ("machines", [], lambda s, b: s.prompt.asking and "note" in s.prompt.label),
    "go_to_mark": ("machines", [], waits_for_key),
    "marks": ("machines", ["m", "a"], over(ChoiceScreen)),
    "up": ("history", [], pos(-1)),
    "down": ("history", [], pos(1)),
    "page_up": ("history", [], lambda s, b: s.session.cursor.pos < b["pos"] - 5),
    "page_down": ("history", [], lambda s, b: s.session.cursor.pos > b["pos"] + 5),
    "row_first": ("history", [], changed("pos", -1)),
    "row_last": ("history", [], changed("pos", 62)),
    "enter": ("details", [], lambda s, b: s.session.folded == {"Transition"}),
    "expand": ("machines", [], lambda s, b: len(s.session.collapsed) == 1),
    "focus_machines": ("states", [], changed("pane", "machines")),
    "focus_states": ("machines", [], changed("pane", "states")),
    "focus_history": ("machines", [], changed("pane", "history")),
    "focus_log": ("machines", [], changed("pane", "log")),
    "focus_details": ("machines", [], changed("pane", "details")),
    "next_pane": ("machines", [], changed("pane", "states")),
    "previous_pane": ("machines", [], changed("pane", "diagram")),
    "focus_activity": ("machines", [], changed("pane", "activity")),
    "focus_rain": ("machines", [], changed("pane", "rain")),
    "focus_matrix": ("machines", [], changed("pane", "matrix")),
    "next_view": ("rain", [], changed("pane", "matrix")),
    "zoom_in": ("activity", ["minus", "minus"], zoomed(lambda now, before: now < before)),
    "zoom_out": ("activity", [], zoomed(lambda now, before: now > before)),
    # all columns are in sight there: they say so
    "columns_left": ("matrix", [], lambda s, b: "the first column" in noticed(s)),
    "columns_right": ("matrix", [], lambda s, b: "the last column" in noticed(s)),
    "why": (
        "machines",
        [],
        lambda s, b: s.details.has_focus and s.presenter.section == "Why",
    ),
    "zoom": ("states", [], changed("maximised", "states")),
    "groups": ("states", [], changed("headings", True)),
    "log_more": ("log", [], changed("level", 4)),
    "log_less": ("log", [], changed("level", 2)),
    "log_times": ("log", [], changed("times", True)),
    "log_wrap": ("log", [], changed("wrap", True)),
    "log_traces": ("log", [], changed("traces", True)),
    "log_fold": ("log", [], lambda s, b: "nothing is folded" in text_of_bar(s.footer)),
    "fold_sections": ("details", [], lambda s, b: len(s.session.folded) > 10),
    "filters": ("machines", [], over(FilterScreen)),
    **{
        f"filter_{name}": ("machines", [], changed("filters", None))
        for name in (
            *("canceled", "queued", "auto", "empty", "health", "checks", "group"),
            *("disconnected", "nothing", "defaults"),
        )
    },
    "focus_diagram": ("machines", [], changed("pane", "diagram")),
    "diagram": ("machines", [], changed("maximised", "diagram")),
    "diagram_kind": ("diagram", [], lambda s, b: s.diagrams.wanted.kind == "network"),
    "diagram_wider": ("diagram", ["minus"] * 9, lambda s, b: s.diagrams.wanted.within == 1),
    "diagram_narrower": ("diagram", [], lambda s, b: s.diagrams.wanted.within == 8),
    "diagram_lines": ("diagram", [], lambda s, b: s.diagrams.wanted.only is Kind.REQUIRE),
    # all of it is in sight here, and that is said; tests/ui/test_diagrams.py scrolls a larger one
    "diagram_left": ("diagram", [], lambda s, b: "first column" in text_of_bar(s.footer)),
    "diagram_right": ("diagram", [], lambda s, b: "last column" in text_of_bar(s.footer)),
    "export": ("machines", [], over(ExportScreen)),
    "recordings": ("machines", [], over(RecordingsScreen)),
    "copy_diagram": ("diagram", [], lambda s, b: "flowchart TD" in s.app.clipboard),
    "sizes": ("states", [], lambda s, b: s.layouts.asking),
    "wider": ("states", [], grown("states", 1, 0)),
    "narrower": ("states", [], grown("states", -1, 0)),
    "taller": ("history", [], grown("history", 0, 1)),
    "shorter": ("history", [], grown("history", 0, -1)),
    "hide_pane": ("states", [], lambda s, b: not s.states.display and s.pane == "history"),
    "reset_layout": (
        "states",
        ["Z"],
        lambda s, b: s.states.display and not s.layouts.chosen,
    ),
    "toggle_timeline": ("states", [], lambda s, b: not s.timeline.display),
    "connections": ("machines", [], over(TextScreen)),
    "theme": ("machines", [], changed("theme", "light")),
    "search": ("machines", [], lambda s, b: s.prompt.asking),
    "search_everywhere": ("machines", [], over(EverywhereScreen)),
    "search_next": (
        "history",
        ["slash", *"Exception", "enter"],
        lambda s, b: s.session.cursor.pos > b["pos"],
    ),
    "search_previous": (
        "history",
        ["slash", *"Exception", "enter"],
        lambda s, b: s.session.cursor.pos != b["pos"],
    ),
    "leave": ("states", ["z"], changed("maximised", "")),
    "copy": ("machines", [], over(ChoiceScreen)),
    "copy_address": ("machines", [], lambda s, b: s.app.clipboard.startswith("mach://app/")),
    "palette": ("machines", [], over(CommandPalette)),
    "help": ("machines", [], over(HelpScreen)),
    "quit": ("machines", [], lambda s, b: s.app._exit),
}


@pytest.mark.parametrize(
    ("name", "key"), [(action.name, key) for action in KEYMAP for key in action.keys]
)
async def test_key_does_what_it_says(recording: Path, name: str, key: str) -> None:
    pane, keys, check = CASES[name]
    async with opened(recording) as pilot:
        screen = main(pilot)
        screen.moves.go_to_pos(MIDDLE)
        screen.moves.select_state("Connected")
        screen.bring_to_front(pane)
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause(0.05)
        before = snapshot(screen)
        await pilot.press(key)
        await pilot.pause(0.05)
        assert check(screen, before), f"{key} had no effect:\n{text_of(pilot)}"


def test_every_action_has_a_check() -> None:
    assert set(CASES) == set(BY_NAME)


@pytest.mark.parametrize("pane", PANES)
def test_no_key_means_two_things_in_a_pane(pane: str) -> None:
    keys = [key for action in KEYMAP if applies(action, pane) for key in action.keys]
    assert len(keys) == len(set(keys))


def test_every_action_is_a_command(recording: Path) -> None:
    from am_dbg.commands.view import replay_session
    from am_dbg.ui.app import DebuggerApp

    app = DebuggerApp(replay_session([recording], follow=False))
    assert set(app.main.commands) == set(BY_NAME)
