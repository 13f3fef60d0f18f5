"""What an action is called in the palette: what it is about, then what it would do now."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from am_dbg.model.filters import CHOICE
from am_dbg.model.states import groups
from am_dbg.ui.keymap import FIND, GENERAL, LAYOUT, PLACE, TIME, VIEW, KeyAction
from am_dbg.ui.themes import DARK

if TYPE_CHECKING:
    from am_dbg.ui.screen import MainScreen

SECTION_VERBS = {
    TIME: "go",
    PLACE: "row",
    VIEW: "view",
    FIND: "find",
    LAYOUT: "layout",
    GENERAL: "am-dbg",
}
NAME_VERBS = {
    "focus_": "focus",
    "filter": "filter",
    "diagram": "diagram",
    "log_": "log",
    "play": "play",
    "mark": "mark",
    "go_to_mark": "mark",
    "copy": "copy",
}
"""How names of actions begin -> the verb of those."""
FOCUS, FILTER = "focus_", "filter_"


def verb(action: KeyAction) -> str:
    """What comes before the colon."""
    for begin, word in NAME_VERBS.items():
        if action.name.startswith(begin):
            return word
    if len(action.scope) == 1 and action.section == VIEW:
        return action.scope[0]
    return SECTION_VERBS.get(action.section, action.section.lower())


def entry(action: KeyAction, screen: MainScreen) -> str | None:
    """The entry of an action as things are; None when it would do nothing."""
    words: str | None = action.words
    if action.name in NOW:
        words = NOW[action.name](screen)
    elif action.name.startswith(FOCUS):
        words = _focus(action, screen)
    elif action.name.removeprefix(FILTER) in CHOICE:
        words = _filter(action.name.removeprefix(FILTER), screen)
    if words is None:
        return None
    before = verb(action)
    return f"{before}: {words.removeprefix(f'{before}: ').removeprefix(f'{before} ')}"


def _focus(action: KeyAction, screen: MainScreen) -> str:
    pane = action.name.removeprefix(FOCUS)
    return f"{action.words} (hidden now)" if pane in screen.layouts.hidden() else action.words


def _filter(name: str, screen: MainScreen) -> str:
    """A filter, and what it is now."""
    session, choice = screen.session, CHOICE[name]
    machine = session.machine
    value = getattr(session.filters.of(machine.label if machine is not None else None), name)
    return f"{choice.words} (now: {choice.value_words(value)})"


def _searching(words: str) -> Callable[[MainScreen], str | None]:
    return lambda screen: words if screen.session.search.get(screen.pane) else None


def _groups(screen: MainScreen) -> str | None:
    session = screen.session
    return "states by group" if groups(session.store, session.cursor) else None


def _quit(screen: MainScreen) -> str:
    return "quit, and end the recording" if screen.recording else "quit"


def _theme(screen: MainScreen) -> str | None:
    if not screen.palette.colour:
        return None
    return "light theme" if screen.palette.name == DARK else "dark theme"


NOW: dict[str, Callable[[MainScreen], str | None]] = {
    "follow": lambda s: (
        "stop following the end" if s.session.cursor.following else "follow the end"
    ),
    "zoom": lambda s: f"{s.maximised} back to its size" if s.maximised else f"maximise {s.pane}",
    "hide_pane": lambda s: f"hide {s.pane}",
    "reset_layout": lambda s: "all panes, at their usual sizes" if s.layouts.changed else None,
    "toggle_timeline": lambda s: f"{'hide' if s.layouts.timeline else 'show'} the timeline",
    "log_times": lambda s: f"{'hide' if s.session.log_times else 'show'} times",
    "log_wrap": lambda s: "cut long lines" if s.session.log_wrap else "break long lines",
    "play": lambda s: "stop" if s.session.pace.playing else "forward",
    "play_back": lambda s: "stop" if s.session.pace.playing else "backward",
    "search_next": _searching("next match"),
    "search_previous": _searching("previous match"),
    "groups": _groups,
    "theme": _theme,
    "quit": _quit,
}
"""Actions whose words depend on what is shown."""
