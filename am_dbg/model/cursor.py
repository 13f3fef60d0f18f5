"""Where the user is: machine, moment, transition, step; and the moves between such places.

One cursor is all that changes on screen apart from the store. The *moment* (Unix ns) is common to
all machines: each shows its last transition at or before it. ``moment`` is None while following:
then it is the end, wherever that is. It changes only by moving in time, never by choosing a
machine.

Moves are pure: ``move(store, cursor, ...) -> Move(cursor, message)``. At a border the cursor comes
back unchanged, and the message says why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from am_dbg.model.format import plural
from am_dbg.store import Flag, MachineLog, Store

AT_LAST = "already at the last transition"
AT_FIRST = "already before the first transition"
NO_MACHINE = "no machine yet"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place: ``pos`` is the machine's shown transition (-1: before the first, its schema).

    ``step`` is None when the transition is shown whole, else the number of its steps done so far (1
    to n). ``anchor`` is the (machine, pos) that set the moment: coming back to that machine comes
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


def machine_of(store: Store, cursor: Cursor) -> MachineLog | None:
    """The selected machine, None when there is none yet."""
    return store.machines[cursor.machine] if 0 <= cursor.machine < len(store.machines) else None


def pos_in(store: Store, cursor: Cursor, machine: int) -> int:
    """Position that a machine shows: its last transition at or before the moment (-1: none).

    Of several at the very moment, it is the one from which the moment was set.
    """
    if machine == cursor.machine:
        return cursor.pos
    return _pos_at(store, cursor, machine)


def opening_cursor(store: Store, live: bool) -> Cursor:
    """Replay: the recording's last transition and its machine; live: follow the first machine."""
    if live or not len(store.time):
        return refresh(store, Cursor())
    newest = max(
        (log for log in store.machines if len(log)),
        key=lambda log: (log.time_at(len(log) - 1), log.n(len(log) - 1)),
    )
    return _at(store, Cursor(), newest.no, len(newest) - 1)


def refresh(store: Store, cursor: Cursor) -> Cursor:
    """The cursor after the store has grown: at the end while following, else at its moment.

    Without a machine (nothing had connected) it takes the first one.
    """
    if not store.machines:
        return cursor
    if cursor.machine < 0:
        cursor = replace(cursor, machine=0, pos=store.machines[0].pos_at(cursor.moment))
    # while paused too, what comes late may belong before the moment
    pos = _pos_at(store, cursor, cursor.machine)
    return cursor if pos == cursor.pos else replace(cursor, pos=pos, step=None)


def select_machine(store: Store, cursor: Cursor, machine: int) -> Move:
    """Another machine at the same moment: its last transition at or before it."""
    if not 0 <= machine < len(store.machines):
        return Move(cursor, "no such machine")
    if machine == cursor.machine:
        return Move(cursor)
    return Move(replace(cursor, machine=machine, pos=pos_in(store, cursor, machine), step=None))


def select_state(store: Store, cursor: Cursor, state: str) -> Move:
    """Another selected state ("" for none); time stands still."""
    return Move(replace(cursor, state=state))


def next_transition(store: Store, cursor: Cursor, count: int = 1) -> Move:
    """``count`` transitions forward in the machine, at most to its last."""
    log = machine_of(store, cursor)
    if log is None:
        return Move(cursor, NO_MACHINE)
    if cursor.pos >= len(log) - 1:
        if cursor.step is not None:
            return Move(replace(cursor, step=None))
        return Move(cursor, _nothing_after(log))
    return Move(_at(store, cursor, log.no, min(cursor.pos + count, len(log) - 1)))


def previous_transition(store: Store, cursor: Cursor, count: int = 1) -> Move:
    """``count`` transitions back in the machine, at most to before its first (its schema)."""
    log = machine_of(store, cursor)
    if log is None:
        return Move(cursor, NO_MACHINE)
    if cursor.pos < 0:
        return Move(cursor, AT_FIRST)
    return Move(_at(store, cursor, log.no, max(cursor.pos - count, -1)))


def first(store: Store, cursor: Cursor) -> Move:
    """Before the machine's first transition: its initial schema."""
    return previous_transition(store, cursor, max(cursor.pos + 1, 1))


def last(store: Store, cursor: Cursor) -> Move:
    """The machine's last transition."""
    log = machine_of(store, cursor)
    return next_transition(store, cursor, max(len(log) if log is not None else 1, 1))


def next_change(store: Store, cursor: Cursor) -> Move:
    """The next transition in which the selected state changed its clock."""
    return _change(store, cursor, forward=True)


def previous_change(store: Store, cursor: Cursor) -> Move:
    """The previous transition in which the selected state changed its clock."""
    return _change(store, cursor, forward=False)


def next_error(store: Store, cursor: Cursor) -> Move:
    """The machine's next transition with an error."""
    return _flagged(store, cursor, Flag.ERROR, "error", forward=True)


def previous_error(store: Store, cursor: Cursor) -> Move:
    """The machine's previous transition with an error."""
    return _flagged(store, cursor, Flag.ERROR, "error", forward=False)


def next_canceled(store: Store, cursor: Cursor) -> Move:
    """The machine's next canceled transition."""
    return _flagged(store, cursor, Flag.CANCELED, "canceled transition", forward=True)


def previous_canceled(store: Store, cursor: Cursor) -> Move:
    """The machine's previous canceled transition."""
    return _flagged(store, cursor, Flag.CANCELED, "canceled transition", forward=False)


def step_count(store: Store, cursor: Cursor) -> int:
    """How many steps the shown transition has."""
    log = machine_of(store, cursor)
    if log is None or not 0 <= cursor.pos < len(log):
        return 0
    return len(store.message(log.n(cursor.pos)).steps)


def step_forward(store: Store, cursor: Cursor) -> Move:
    """One step further: within the transition, then into the next one."""
    count = step_count(store, cursor)
    if cursor.step is not None and cursor.step < count:
        return go_to_step(store, cursor, cursor.step + 1)
    log = machine_of(store, cursor)
    if cursor.step is None and log is not None and 0 <= cursor.pos == len(log) - 1 and count:
        return Move(cursor, AT_LAST + "; step back to see its steps")
    move = next_transition(store, cursor)
    if move.message or not step_count(store, move.cursor):
        return move
    return go_to_step(store, move.cursor, 1)


def step_back(store: Store, cursor: Cursor) -> Move:
    """One step back: into the end of a transition shown whole, at last to the one before."""
    if cursor.step is None:
        count = step_count(store, cursor)
        return go_to_step(store, cursor, count) if count else previous_transition(store, cursor)
    if cursor.step > 1:
        return go_to_step(store, cursor, cursor.step - 1)
    return previous_transition(store, cursor)


def go_to_step(store: Store, cursor: Cursor, step: int | None) -> Move:
    """A step of the shown transition (None: whole)."""
    log = machine_of(store, cursor)
    if log is None:
        return Move(cursor, NO_MACHINE)
    count = step_count(store, cursor)
    if step is not None and not 1 <= step <= count:
        return Move(cursor, f"this transition has {plural(count, 'step')}")
    if step is None:
        return Move(replace(cursor, step=None))
    # stepping in what is being followed stops at its moment
    return Move(_at(store, cursor, log.no, cursor.pos, step))


def go_to(store: Store, cursor: Cursor, machine: int, pos: int, step: int | None = None) -> Move:
    """A transition of any machine; the moment becomes its time."""
    if not 0 <= machine < len(store.machines):
        return Move(cursor, "no such machine")
    count = len(store.machines[machine])
    if not -1 <= pos < count:
        return Move(cursor, f"{store.machines[machine].label} has {plural(count, 'transition')}")
    there = _at(store, cursor, machine, pos)
    return go_to_step(store, there, step) if step is not None else Move(there)


def go_to_time(store: Store, cursor: Cursor, moment: int) -> Move:
    """A moment; the machine stays, and shows its last transition at or before it."""
    log = machine_of(store, cursor)
    start, end = store.first_time, store.last_time
    if log is None or start is None or end is None:
        return Move(cursor, NO_MACHINE if log is None else "nothing recorded yet")
    held = min(max(moment, start - 1), end)
    message = ""
    if held < moment:
        message = "the recording ends here"
    elif held > moment:
        message = "the recording begins here"
    pos = log.pos_at(held)
    return Move(replace(cursor, moment=held, pos=pos, step=None, anchor=(log.no, pos)), message)


def by_time(store: Store, cursor: Cursor, delta: int) -> Move:
    """The moment moved by ``delta`` ns (negative: back), within the recording."""
    moment = cursor.moment if cursor.moment is not None else store.last_time
    return go_to_time(store, cursor, (moment or 0) + delta)


def follow(store: Store, cursor: Cursor, on: bool) -> Move:
    """Follow the end, or stop at the moment that is the end now."""
    if on:
        return Move(refresh(store, replace(cursor, moment=None, step=None, anchor=(-1, -1))))
    if not cursor.following:
        return Move(cursor)
    if store.last_time is None:
        return Move(cursor, "nothing recorded yet")
    anchor = (cursor.machine, cursor.pos)
    return Move(replace(cursor, moment=store.last_time, anchor=anchor))


def _at(store: Store, cursor: Cursor, machine: int, pos: int, step: int | None = None) -> Cursor:
    log = store.machines[machine]
    if pos >= 0:
        moment: int | None = log.time_at(pos)
    elif len(log):
        moment = log.time_at(0) - 1
    else:
        moment = cursor.moment  # a machine without transitions has no time of its own
    return replace(
        cursor, machine=machine, moment=moment, pos=pos, step=step, anchor=(machine, pos)
    )


def _pos_at(store: Store, cursor: Cursor, machine: int) -> int:
    log = store.machines[machine]
    anchor, pos = cursor.anchor
    if machine == anchor and 0 <= pos < len(log) and log.time_at(pos) == cursor.moment:
        return pos
    return log.pos_at(cursor.moment)


def _nothing_after(log: MachineLog) -> str:
    return AT_LAST if len(log) else f"{log.label} has no transitions yet"


def _change(store: Store, cursor: Cursor, forward: bool) -> Move:
    log = machine_of(store, cursor)
    if log is None:
        return Move(cursor, NO_MACHINE)
    state = log.index.get(cursor.state)
    if state is None:
        wanted = (
            f"{log.label} has no state {cursor.state}" if cursor.state else "select a state first"
        )
        return Move(cursor, wanted)
    search: Callable[[int, int], int | None] = log.next_change if forward else log.prev_change
    found = search(state, cursor.pos)
    if found is None:
        return Move(cursor, f"no {'later' if forward else 'earlier'} change of {cursor.state}")
    return Move(_at(store, cursor, log.no, found))


def _flagged(store: Store, cursor: Cursor, flag: Flag, noun: str, forward: bool) -> Move:
    log = machine_of(store, cursor)
    if log is None:
        return Move(cursor, NO_MACHINE)
    search: Callable[[Flag, int], int | None] = log.next_with if forward else log.prev_with
    found = search(flag, cursor.pos)
    if found is None:
        return Move(cursor, f"no {'later' if forward else 'earlier'} {noun} in {log.label}")
    return Move(_at(store, cursor, log.no, found))
