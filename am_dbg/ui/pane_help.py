"""What each pane is for and how it is read: the first lines of its help."""

from __future__ import annotations

PANE_HELP: dict[str, tuple[str, ...]] = {
    "machines": (
        "Every machine that reported, children below their parents.",
        "Signs and numbers are those of the moment; number: the sum of its clocks.",
        "A row is selected with arrows or a click: the moment stays.",
    ),
    "states": (
        "The states of the selected machine at the moment; number: its clock.",
        "Enter opens a state's relations, and follows one to the state it names.",
        "While stepping, lines show what the steps looked at.",
    ),
    "history": (
        "Every transition of the machine, as far as the filters (F) show them.",
        "Arrows up and down move in time, like left and right.",
    ),
    "log": (
        "The machine's log around the moment; the shown transition is marked.",
        "A click or enter on a line goes to its transition and state.",
        "An empty log: the program's AM_LOG decides what is sent.",
    ),
    "details": (
        "Everything about the shown transition; enter follows a link (↗).",
        "An empty section says which switch of the program would fill it.",
    ),
    "activity": (
        "A row a state, time from left to right: when it was active.",
        "A click goes to that moment and selects the state.",
    ),
    "rain": (
        "A row a transition, a column a state: what was active, what changed.",
        "A click goes to that transition and selects the state.",
    ),
    "matrix": (
        "States by states: relations, and which of them this transition looked at.",
        "A click selects the state.",
    ),
    "diagram": (
        "States or machines as boxes, with the active ones of the moment.",
        "Arrows scroll; a click selects.",
    ),
}
