"""Where the user is: machine, moment, transition, step; and the moves between such places.

One cursor is all that changes on screen apart from the store. The *moment* (Unix ns) is common to all
machines: each shows its last transition at or before it. ``moment`` is None while following: then it is
the end, wherever that is. It changes only by moving in time, never by choosing a machine.

Moves are pure: ``move(store, cursor, ...) -> Move(cursor, message)``. At a border the cursor comes back
unchanged, and the message says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from am_dbg.store import Store


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place: ``pos`` is the machine's transition that is shown (-1: before the first, its schema).

    ``step`` is None when the transition is shown whole, else the number of its steps done so far
    (1 to n). ``anchor`` is the (machine, pos) that set the moment: coming back to that machine comes
    back to that very transition, even if others carry the same time. ``state`` is the name of the
    selected state, kept across machines.
    """

    machine: int = -1
    moment: int | None = None
    pos: int = -1
    step: int | None = None
    state: str = ""
    anchor: tuple[int, int] = (-1, -1)

    @property
    def following(self) -> bool:
        """True while the moment is the end of what has been recorded."""
        return self.moment is None


class Move(NamedTuple):
    """Outcome of a move; ``message`` is for the user: why nothing moved, or what was reached."""

    cursor: Cursor
    message: str = ""


def opening_cursor(store: Store, live: bool) -> Cursor:
    """Replay: the last transition of the recording, and its machine; live: following the first machine."""
    raise NotImplementedError


def refresh(store: Store, cursor: Cursor) -> Cursor:
    """The cursor after the store has grown: at the end while following, else unmoved.

    Without a machine (nothing had connected) it takes the first one.
    """
    raise NotImplementedError


def select_machine(store: Store, cursor: Cursor, machine: int) -> Move:
    """Another machine at the same moment: its last transition at or before it."""
    raise NotImplementedError


def select_state(store: Store, cursor: Cursor, state: str) -> Move:
    """Another selected state ("" for none); time stands still."""
    raise NotImplementedError


def next_transition(store: Store, cursor: Cursor, count: int = 1) -> Move:
    """``count`` transitions forward in the machine, at most to its last."""
    raise NotImplementedError


def previous_transition(store: Store, cursor: Cursor, count: int = 1) -> Move:
    """``count`` transitions back in the machine, at most to before its first (its schema)."""
    raise NotImplementedError


def first(store: Store, cursor: Cursor) -> Move:
    """Before the machine's first transition: its initial schema."""
    raise NotImplementedError


def last(store: Store, cursor: Cursor) -> Move:
    """The machine's last transition."""
    raise NotImplementedError


def next_change(store: Store, cursor: Cursor) -> Move:
    """The next transition in which the selected state changed its clock."""
    raise NotImplementedError


def previous_change(store: Store, cursor: Cursor) -> Move:
    """The previous transition in which the selected state changed its clock."""
    raise NotImplementedError


def next_error(store: Store, cursor: Cursor) -> Move:
    """The machine's next transition with an error."""
    raise NotImplementedError


def previous_error(store: Store, cursor: Cursor) -> Move:
    """The machine's previous transition with an error."""
    raise NotImplementedError


def next_canceled(store: Store, cursor: Cursor) -> Move:
    """The machine's next canceled transition."""
    raise NotImplementedError


def previous_canceled(store: Store, cursor: Cursor) -> Move:
    """The machine's previous canceled transition."""
    raise NotImplementedError


def step_forward(store: Store, cursor: Cursor) -> Move:
    """One step further: within the transition, then into the next one."""
    raise NotImplementedError


def step_back(store: Store, cursor: Cursor) -> Move:
    """One step back: into the end of a transition shown whole, then to the one before, shown whole."""
    raise NotImplementedError


def go_to_step(store: Store, cursor: Cursor, step: int | None) -> Move:
    """A step of the shown transition (None: whole)."""
    raise NotImplementedError


def go_to(store: Store, cursor: Cursor, machine: int, pos: int, step: int | None = None) -> Move:
    """A transition of any machine; the moment becomes its time."""
    raise NotImplementedError


def go_to_time(store: Store, cursor: Cursor, moment: int) -> Move:
    """A moment; the machine stays, and shows its last transition at or before it."""
    raise NotImplementedError


def by_time(store: Store, cursor: Cursor, delta: int) -> Move:
    """The moment moved by ``delta`` ns (negative: back), within the recording."""
    raise NotImplementedError


def follow(store: Store, cursor: Cursor, on: bool) -> Move:
    """Follow the end, or stop at the moment that is the end now."""
    raise NotImplementedError


def go_to_address(store: Store, cursor: Cursor, address: str) -> Move:
    """What a ``mach://ID[/TX[/STEP]]`` address names; a message when there is no such thing."""
    raise NotImplementedError
