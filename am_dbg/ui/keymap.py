"""The one key table: every action of the debugger, its keys, where it applies, what it does.

Bindings, footer, help screen and command palette are made from it; no other key does anything.
"""

from __future__ import annotations

from typing import NamedTuple

from am_dbg.ui.keynames import shown

ANYWHERE = ""
"""Scope of an action that applies whatever pane has the focus."""
LISTS = ("machines", "states", "history", "log", "details", "activity", "rain", "matrix")


class KeyAction(NamedTuple):
    """An action: its name (a method of a controller), keys as Textual names them, and words for it.

    ``scope`` names the panes in which the keys work (none: all of them). ``footer`` is the text in
    the footer, empty for none; ``rank`` orders the footer, lowest first to be seen.
    """

    name: str
    keys: tuple[str, ...]
    words: str
    section: str
    scope: tuple[str, ...] = ()
    footer: str = ""
    rank: int = 99


TIME, PLACE, VIEW, FIND, GENERAL = "Time", "Panes and rows", "View", "Find", "General"
LAYOUT = "Layout"
SECTIONS = (TIME, PLACE, VIEW, FIND, LAYOUT, GENERAL)

KEYMAP: tuple[KeyAction, ...] = (
    KeyAction("previous", ("left", "h"), "previous transition of the machine", TIME),
    KeyAction("next", ("right", "l"), "next transition of the machine", TIME, (), "tx", 1),
    KeyAction("step_back", ("shift+left", "H"), "a step back within the transition", TIME),
    KeyAction(
        "step_forward",
        ("shift+right", "L"),
        "a step forward within the transition",
        TIME,
        (),
        "step",
        4,
    ),
    KeyAction("previous_change", ("alt+left", "alt+h"), "previous change of the state", TIME),
    KeyAction(
        "next_change", ("alt+right", "alt+l"), "next change of the state", TIME, (), "change", 5
    ),
    KeyAction("back_10", ("ctrl+left", "left_square_bracket"), "10 transitions back", TIME),
    KeyAction("forward_10", ("ctrl+right", "right_square_bracket"), "10 transitions forward", TIME),
    KeyAction("first", ("home",), "before the first transition: the schema", TIME),
    KeyAction("last", ("end",), "last transition of the machine", TIME),
    KeyAction("next_error", ("e",), "next error of the machine", TIME, (), "error", 6),
    KeyAction("previous_error", ("E",), "previous error of the machine", TIME),
    KeyAction("next_canceled", ("c",), "next canceled transition", TIME, (), "canceled", 8),
    KeyAction("previous_canceled", ("C",), "previous canceled transition", TIME),
    KeyAction("follow", ("f",), "follow the end, or stop following", TIME, (), "follow", 3),
    KeyAction("play", ("p",), "play, or pause; steps while stepping", TIME, (), "play", 8),
    KeyAction("play_back", ("P",), "play backward, or pause", TIME),
    KeyAction("play_faster", ("right_parenthesis",), "play faster", TIME),
    KeyAction("play_slower", ("left_parenthesis",), "play slower", TIME),
    KeyAction("play_clock", ("R",), "play by recorded time, or at a steady rate", TIME),
    KeyAction(
        "go_to",
        ("at", "ctrl+g"),
        "go to a number, time, tick, machine, address",
        TIME,
        (),
        "go to",
        7,
    ),
    KeyAction("earlier", ("comma",), "a unit of time back", TIME),
    KeyAction("later", ("full_stop",), "a unit of time forward", TIME),
    KeyAction("longer_unit", ("u",), "a longer unit of time for , and .", TIME),
    KeyAction("shorter_unit", ("U",), "a shorter unit of time for , and .", TIME),
    KeyAction("go_back", ("backspace", "ctrl+o"), "back to the place visited before", TIME),
    KeyAction("go_forward", ("backslash", "ctrl+f"), "forward again", TIME),
    KeyAction("back_machine", ("left_curly_bracket",), "back to a place in another machine", TIME),
    KeyAction(
        "forward_machine", ("right_curly_bracket",), "forward to one in another machine", TIME
    ),
    KeyAction("mark", ("m",), "mark this place: m and a letter", TIME),
    KeyAction("mark_note", ("M",), "mark this place with a note", TIME),
    KeyAction("go_to_mark", ("apostrophe",), "go to a mark: ' and its letter", TIME),
    KeyAction("marks", ("quotation_mark",), "list of marks", TIME),
    KeyAction("up", ("up", "k"), "row up: another machine, state, transition", PLACE),
    KeyAction("down", ("down", "j"), "row down", PLACE, (), "select", 2),
    KeyAction("page_up", ("pageup", "ctrl+u"), "a page up in the focused pane", PLACE),
    KeyAction("page_down", ("pagedown", "ctrl+d"), "a page down in the focused pane", PLACE),
    KeyAction("row_first", ("g",), "first row of the focused pane", PLACE),
    KeyAction("row_last", ("G",), "last row of the focused pane", PLACE),
    KeyAction(
        "enter",
        ("enter",),
        "open the row: fold it, or go where it leads",
        PLACE,
        ("machines", "states", "log", "details"),
        "open",
        7,
    ),
    KeyAction(
        "expand",
        ("space",),
        "fold or unfold what the row belongs to",
        PLACE,
        ("machines", "states", "details"),
        "expand",
        7,
    ),
    KeyAction("focus_machines", ("1",), "machines", PLACE),
    KeyAction("focus_states", ("2",), "states", PLACE),
    KeyAction("focus_history", ("3",), "history", PLACE),
    KeyAction("focus_log", ("4",), "log", PLACE),
    KeyAction("focus_details", ("5",), "details", PLACE),
    KeyAction("focus_activity", ("6",), "activity: a row a state, over time", PLACE),
    KeyAction("focus_rain", ("7",), "rain: a row a transition, a column a state", PLACE),
    KeyAction("focus_matrix", ("8",), "matrix: relations, states by states", PLACE),
    KeyAction("focus_diagram", ("9",), "diagram", PLACE),
    KeyAction("next_view", ("v",), "next view in the shared place", PLACE, (), "view", 9),
    KeyAction("next_pane", ("tab",), "next pane", PLACE, (), "pane", 9),
    KeyAction("previous_pane", ("shift+tab",), "previous pane", PLACE),
    KeyAction("why", ("w",), "why it came to this: its causes, in the details", VIEW, (), "why", 4),
    KeyAction("zoom", ("z",), "maximise the focused pane, or put it back", VIEW, (), "zoom", 10),
    KeyAction(
        "groups",
        ("o",),
        "states by group, then one group after another",
        VIEW,
        ("states",),
        "group",
        7,
    ),
    KeyAction("log_more", ("plus",), "a log level more", VIEW, ("log",), "level", 3),
    KeyAction("log_less", ("minus",), "a log level less", VIEW, ("log",)),
    KeyAction("log_times", ("t",), "times in the log", VIEW, ("log",), "times", 3),
    KeyAction("log_wrap", ("W",), "break long lines, or cut them", VIEW, ("log",), "wrap", 6),
    KeyAction("log_fold", ("x",), "fold or unfold the line's stack trace", VIEW, ("log",)),
    KeyAction("log_traces", ("X",), "all stack traces, or none", VIEW, ("log",), "traces", 8),
    KeyAction("zoom_in", ("plus",), "less time in a column", VIEW, ("activity",), "zoom", 3),
    KeyAction("zoom_out", ("minus",), "more time in a column", VIEW, ("activity",)),
    KeyAction("columns_left", ("less_than_sign",), "columns to the left", VIEW, ("rain", "matrix")),
    KeyAction(
        "columns_right",
        ("greater_than_sign",),
        "columns to the right",
        VIEW,
        ("rain", "matrix"),
        "columns",
        3,
    ),
    KeyAction("fold_sections", ("X",), "fold all sections, or unfold them", VIEW, ("details",)),
    KeyAction(
        "filters",
        ("F",),
        "filters: what is shown, of this machine or of all",
        VIEW,
        (),
        "filters",
        7,
    ),
    KeyAction("filter_canceled", (), "canceled transitions: show or hide", VIEW),
    KeyAction("filter_queued", (), "queued records: only not executed, all, none", VIEW),
    KeyAction("filter_auto", (), "automatic transitions: only accepted, all, none", VIEW),
    KeyAction("filter_empty", (), "transitions without change: show or hide", VIEW),
    KeyAction("filter_health", (), "Healthcheck, Heartbeat: show or hide", VIEW),
    KeyAction("filter_checks", (), "checks: show or hide", VIEW),
    KeyAction("filter_group", (), "what is outside the group: hide or show", VIEW),
    KeyAction("filter_disconnected", (), "machines not connected: show or hide", VIEW),
    KeyAction("filter_nothing", (), "filters: show everything", VIEW),
    KeyAction("filter_defaults", (), "filters: as at first", VIEW),
    KeyAction("diagram", ("D",), "diagram over all panes, or back", VIEW, (), "diagram", 10),
    KeyAction(
        "diagram_kind",
        ("space",),
        "diagram of the schema, the network of machines, the steps",
        VIEW,
        ("diagram",),
        "next",
        3,
    ),
    KeyAction(
        "diagram_wider", ("plus",), "more around the middle", VIEW, ("diagram",), "around", 3
    ),
    KeyAction("diagram_narrower", ("minus",), "less around the middle", VIEW, ("diagram",)),
    KeyAction(
        "diagram_lines", ("r",), "one kind of line, then all", VIEW, ("diagram",), "lines", 3
    ),
    KeyAction("diagram_left", ("less_than_sign",), "columns further left", VIEW, ("diagram",)),
    KeyAction(
        "diagram_right",
        ("greater_than_sign",),
        "columns further right",
        VIEW,
        ("diagram",),
        "columns",
        3,
    ),
    KeyAction("copy_diagram", ("ctrl+y",), "copy the diagram as Mermaid", VIEW, ("diagram",)),
    KeyAction("sizes", ("s",), "change the size of the focused pane with arrows", LAYOUT),
    KeyAction("wider", ("ctrl+shift+right",), "the focused pane wider", LAYOUT),
    KeyAction("narrower", ("ctrl+shift+left",), "the focused pane narrower", LAYOUT),
    KeyAction("taller", ("ctrl+shift+up", "alt+up", "K"), "the focused pane taller", LAYOUT),
    KeyAction("shorter", ("ctrl+shift+down", "alt+down", "J"), "the focused pane shorter", LAYOUT),
    KeyAction("hide_pane", ("Z",), "hide the focused pane; its number shows it again", LAYOUT),
    KeyAction("reset_layout", ("0",), "all panes, at their usual sizes", LAYOUT),
    KeyAction("toggle_timeline", ("b",), "the timeline, or its rows for the panes", LAYOUT),
    KeyAction("connections", ("i",), "who is connected, what was received, lost, rejected", VIEW),
    KeyAction("theme", ("T",), "dark or light", VIEW),
    KeyAction("search", ("slash",), "search in the focused pane", FIND, (), "search", 4),
    KeyAction(
        "search_everywhere",
        ("S", "ctrl+t"),
        "search machines, states, transitions of all machines, their log and arguments",
        FIND,
        (),
        "find all",
        12,
    ),
    KeyAction("search_next", ("n",), "next match", FIND),
    KeyAction("search_previous", ("N",), "previous match", FIND),
    KeyAction("leave", ("escape",), "leave the search, the steps, the maximised pane", FIND),
    KeyAction("copy", ("y",), "copy: address, JSON, log, diagram, test", GENERAL, (), "copy", 11),
    KeyAction("copy_address", ("Y",), "copy the address of what is shown", GENERAL),
    KeyAction(
        "export", ("ctrl+s", "A"), "save a part, or a diagram, as a file", GENERAL, (), "save", 11
    ),
    KeyAction("recordings", ("O",), "open recordings, close them", GENERAL, (), "open file", 12),
    KeyAction("palette", ("colon", "ctrl+p"), "command palette", GENERAL, (), "command", 5),
    KeyAction("help", ("question_mark", "f1"), "this help", GENERAL, (), "help", 0),
    KeyAction("quit", ("q", "ctrl+q", "ctrl+c"), "quit", GENERAL, (), "quit", 0),
)

BY_NAME = {action.name: action for action in KEYMAP}

FOOTER_KEYS = {
    "next": "←→",
    "down": "↑↓",
    "step_forward": "⇧←→",
    "next_change": "⌥←→",
    "log_more": "+ -",
    "zoom_in": "+ -",
    "columns_right": "< >",
    "diagram_wider": "+ -",
    "diagram_right": "< >",
}
"""What the footer writes for pairs of actions, instead of the key of one of them."""


def keys_shown(action: KeyAction) -> str:
    """All keys of an action, for the help."""
    return " ".join(shown(key) for key in action.keys)


def applies(action: KeyAction, pane: str) -> bool:
    """Whether the action's keys work while that pane has the focus."""
    return not action.scope or pane in action.scope
