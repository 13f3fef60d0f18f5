"""Steps: what the resolver looked at and what it decided, in the exact form of the wire.

A step is ``(kind, from, to, flags, data)``. From and to: a state's index, -1 for none, a name for
what has no index (``Any``, unknown states). Data: for a relation which one, for a handler the
number of its set (None when several sets have it), else None.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

Step = tuple[int, int | str, int | str, int, int | None]

RELATION: Final = 1
HANDLER: Final = 2
ACTIVATE: Final = 4
DEACTIVATE: Final = 8
DEACTIVATE_PASSIVE: Final = 16
CALLED: Final = 32
CANCEL: Final = 64

REL_AFTER: Final = 0
REL_ADD: Final = 1
REL_REQUIRE: Final = 2
REL_REMOVE: Final = 3

FINAL: Final = 1
SELF: Final = 2
ENTER: Final = 4

ANY: Final = "Any"

_KINDS: Final = {
    ACTIVATE: "activate",
    DEACTIVATE: "deactivate",
    DEACTIVATE_PASSIVE: "deactivate-passive",
    CALLED: "called",
    CANCEL: "cancel",
}
_RELATIONS: Final = ("after", "add", "require", "remove")


def step_text(step: Step, names: Sequence[str]) -> str:
    """A step in words, such as ``**A** require **B**`` or ``handler **A**State``."""
    kind, source, target, flags, data = step
    here, there = _bold(source, names), _bold(target, names)
    if kind == RELATION and data is not None:
        return f"{here} {_RELATIONS[data]} {there}"
    if kind == HANDLER:
        return f"handler {here}{there if here != there else ''}{_suffix(source, target, flags)}"
    return f"{_KINDS[kind]} {there or here}"


def _bold(end: int | str, names: Sequence[str]) -> str:
    if isinstance(end, str):
        return f"**{end}**"
    return f"**{names[end]}**" if 0 <= end < len(names) else ""


def _suffix(source: int | str, target: int | str, flags: int) -> str:
    if flags & SELF:
        return " to itself"
    if flags & FINAL:
        return "State" if flags & ENTER else "End"
    if flags & ENTER:
        return "Enter"
    return "" if source != -1 and target != -1 else "Exit"
