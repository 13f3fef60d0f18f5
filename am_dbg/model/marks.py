"""Marks: a letter for a place in a recording, as they are kept in its notes.

A place is found again by the id of its transition; by its number or its time where ids are absent
or the recording has grown before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from am_dbg.model.cursor import Cursor, Move, go_to, go_to_time, machine_of, select_machine
from am_dbg.model.format import LineBuilder, clean, clock_time, thousands
from am_dbg.model.history import outcome_spans
from am_dbg.model.text import Line, Token
from am_dbg.model.transition import transition_at
from am_dbg.store import MachineLog, Store

LETTERS = "abcdefghijklmnopqrstuvwxyz"
"""Letters that a mark with a note takes by itself, in this order."""
BEFORE_JUMP = "'"
"""Goes to where one was before the last jump."""


class Mark(NamedTuple):
    """A place: machine label, transition id, its position (-1: schema), step, moment (Unix ns)."""

    machine: str
    transition: str
    position: int
    step: int | None
    moment: int
    state: str = ""
    note: str = ""


def is_letter(character: str | None) -> bool:
    """Whether a mark may have that name: a letter or a digit."""
    return character is not None and len(character) == 1 and character.isalnum()


def mark_of(store: Store, cursor: Cursor, note: str = "") -> Mark | None:
    """The cursor's place, None without a machine."""
    log = machine_of(store, cursor)
    if log is None:
        return None
    tx = store.message(log.n(cursor.pos)).id if 0 <= cursor.pos < len(log) else ""
    moment = cursor.moment if cursor.moment is not None else store.last_time
    return Mark(log.label, tx, cursor.pos, cursor.step, moment or 0, cursor.state, note)


def go_to_mark(store: Store, cursor: Cursor, mark: Mark) -> Move:
    """To the place; a message when the recording has no such machine."""
    log = store.machine_by(mark.machine)
    if log is None:
        return Move(cursor, f"no machine {clean(mark.machine)} in this recording")
    pos = _position(store, log, mark)
    if pos is None:
        there = select_machine(store, cursor, log.no).cursor
        return Move(go_to_time(store, there, mark.moment).cursor, "its transition is gone")
    return go_to(store, cursor, log.no, pos, mark.step)


def _position(store: Store, log: MachineLog, mark: Mark) -> int | None:
    """Where its transition is now, None when it isn't there."""
    if mark.position < 0:
        return -1
    if mark.position < len(log) and mark.transition in (
        "",
        store.message(log.n(mark.position)).id,
    ):
        return mark.position
    found = store.find_tx(mark.machine, mark.transition) if mark.transition else None
    return store.pos(found) if found is not None else None


def free_letter(marks: Mapping[str, Mark]) -> str:
    """The first letter without a mark; the last one when all have one."""
    return next((letter for letter in LETTERS if letter not in marks), LETTERS[-1])


def mark_line(store: Store, letter: str, mark: Mark, width: int) -> Line:
    """``a  13:29:41.786  sim-p26 tx 9  +TopicJoined  the note``."""
    builder = LineBuilder(width).cells(letter, 3, Token.KEY)
    builder.add(clock_time(mark.moment) + "  ", Token.TIME)
    builder.add(clean(mark.machine), Token.STRONG)
    place = f" tx {thousands(mark.position + 1)}" if mark.position >= 0 else " schema"
    builder.add(place + (f" step {mark.step}" if mark.step is not None else "") + "  ")
    if mark.note:
        builder.add(clean(mark.note) + "  ", Token.WARNING)
    log = store.machine_by(mark.machine)
    pos = _position(store, log, mark) if log is not None else None
    if log is None or pos is None:
        return builder.add("no longer there", Token.DIM).line()
    if pos >= 0:
        for span in outcome_spans(transition_at(store, log, pos), builder.room):
            builder.add(span.text, span.token)
    return builder.line()


def to_notes(marks: Mapping[str, Mark]) -> dict[str, dict[str, Any]]:
    """Marks as plain data for the notes of a recording."""
    return {letter: mark._asdict() for letter, mark in sorted(marks.items())}


def from_notes(notes: object) -> dict[str, Mark]:
    """Marks out of the notes; what isn't one is left out."""
    if not isinstance(notes, dict):
        return {}
    found = {letter: _read(value) for letter, value in notes.items() if is_letter(letter)}
    return {letter: mark for letter, mark in found.items() if mark is not None}


def _read(value: object) -> Mark | None:
    if not isinstance(value, dict):
        return None
    try:
        step = value.get("step")
        return Mark(
            str(value["machine"]),
            str(value.get("transition", "")),
            int(value["position"]),
            None if step is None else int(step),
            int(value.get("moment", 0)),
            str(value.get("state", "")),
            str(value.get("note", "")),
        )
    except (KeyError, TypeError, ValueError):
        return None
