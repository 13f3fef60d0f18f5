"""Where the user is: machine, moment, transition, step; and the moves between such places.

One cursor is all that changes on screen apart from the store. The *moment* (Unix ns) is common to
all machines: each shows its last transition at or before it. ``moment`` is None while following:
then it is the end, wherever that is. It changes only by moving in time, never by choosing a
machine.

Moves are pure: ``move(store, cursor, ...) -> Move(cursor, message)``. At a border the cursor comes
back unchanged, and the message says why. Moves that look for a place take ``see``, which says what
filters show of a machine (without it: everything): they pass over what is hidden, and say how many.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from am_dbg.model.format import plural, thousands
from am_dbg.model.shown import See, see_all, settled
from am_dbg.store import Flag, MachineLog, Store
from am_dbg.store.filtered import Found

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
    """Outcome of a move; ``message`` is for the user: why nothing moved, or what was reached.

    ``skipped``: how many hidden transitions, of the kind that was looked for, it passed over.
    """

    cursor: Cursor
    message: str = ""
    skipped: int = 0


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


def opening_cursor(store: Store, live: bool, see: See | None = None) -> Cursor:
    """Replay: the recording's last transition and its machine; live: follow the first machine."""
    if live or not len(store.time):
        return refresh(store, Cursor(), see)
    newest = max(
        (log for log in store.machines if len(log)),
        key=lambda log: (log.time_at(len(log) - 1), log.n(len(log) - 1)),
    )
    visible = (see or see_all(store))(newest.no)
    return _at(store, Cursor(), newest.no, settled(newest, len(newest) - 1, visible))


def refresh(store: Store, cursor: Cursor, see: See | None = None) -> Cursor:
    """The cursor after the store has grown: at the end while following, else at its moment.

    Without a machine (nothing had connected) it takes the first one.
    """
    if not store.machines:
        return cursor
    if cursor.machine < 0:
        cursor = replace(cursor, machine=0, pos=store.machines[0].pos_at(cursor.moment))
    # while paused too, what comes late may belong before the moment
    pos = _pos_at(store, cursor, cursor.machine, see)
    return cursor if pos == cursor.pos else replace(cursor, pos=pos, step=None)


def select_machine(store: Store, cursor: Cursor, machine: int, see: See | None = None) -> Move:
    """Another machine at the same moment: its last transition at or before it."""
    if not 0 <= machine < len(store.machines):
        return Move(cursor, "no such machine")
    if machine == cursor.machine:
        return Move(cursor)
    pos = _pos_at(store, cursor, machine, see)
    return Move(replace(cursor, machine=machine, pos=pos, step=None))


def select_state(store: Store, cursor: Cursor, state: str) -> Move:
    """Another selected state ("" for none); time stands still."""
    return Move(replace(cursor, state=state))


def next_transition(store: Store, cursor: Cursor, count: int = 1, see: See | None = None) -> Move:
    """``count`` transitions forward in the machine, at most to its last."""
    log = machine_of(store, cursor)
    if log is None:
        return Move(cursor, NO_MACHINE)
    visible = (see or see_all(store))(log.no)
    before = visible.rank(cursor.pos + 1)
    if before >= len(visible):
        if cursor.step is not None:
            return Move(replace(cursor, step=None))
        return Move(cursor, _nothing_after(log, len(log) - 1 - cursor.pos))
    row = min(before + count, len(visible)) - 1
    pos = visible.at(row)
    skipped = pos - cursor.pos - (row + 1 - before)
    return Move(_at(store, cursor, log.no, pos), skipped=skipped)


def previous_transition(
    store: Store, cursor: Cursor, count: int = 1, see: See | None = None
) -> Move:
    """``count`` transitions back in the machine, at most to before its first (its schema)."""
    log = machine_of(store, cursor)
    if log is None:
        return Move(cursor, NO_MACHINE)
    if cursor.pos < 0:
        return Move(cursor, AT_FIRST)
    visible = (see or see_all(store))(log.no)
    before = visible.rank(cursor.pos)
    pos = visible.at(before - count) if count <= before else -1
    passed = min(count, before + 1)
    return Move(_at(store, cursor, log.no, pos), skipped=cursor.pos - pos - passed)


def first(store: Store, cursor: Cursor, see: See | None = None) -> Move:
    """Before the machine's first transition: its initial schema."""
    return previous_transition(store, cursor, max(cursor.pos + 1, 1), see)


def last(store: Store, cursor: Cursor, see: See | None = None) -> Move:
    """The machine's last transition."""
    log = machine_of(store, cursor)
    return next_transition(store, cursor, max(len(log) if log is not None else 1, 1), see)


def next_change(store: Store, cursor: Cursor, see: See | None = None) -> Move:
    """The next transition in which the selected state changed its clock."""
    return _change(store, cursor, see, forward=True)


def previous_change(store: Store, cursor: Cursor, see: See | None = None) -> Move:
    """The previous transition in which the selected state changed its clock."""
    return _change(store, cursor, see, forward=False)


def next_error(store: Store, cursor: Cursor, see: See | None = None) -> Move:
    """The machine's next transition with an error."""
    return _flagged(store, cursor, Flag.ERROR, "error", see, forward=True)


def previous_error(store: Store, cursor: Cursor, see: See | None = None) -> Move:
    """The machine's previous transition with an error."""
    return _flagged(store, cursor, Flag.ERROR, "error", see, forward=False)


def next_canceled(store: Store, cursor: Cursor, see: See | None = None) -> Move:
    """The machine's next canceled transition."""
    return _flagged(store, cursor, Flag.CANCELED, "canceled transition", see, forward=True)


def previous_canceled(store: Store, cursor: Cursor, see: See | None = None) -> Move:
    """The machine's previous canceled transition."""
    return _flagged(store, cursor, Flag.CANCELED, "canceled transition", see, forward=False)


def step_count(store: Store, cursor: Cursor) -> int:
    """How many steps the shown transition has."""
    log = machine_of(store, cursor)
    if log is None or not 0 <= cursor.pos < len(log):
        return 0
    return len(store.message(log.n(cursor.pos)).steps)


def step_forward(store: Store, cursor: Cursor, see: See | None = None) -> Move:
    """One step further: within the transition, then into the next one."""
    count = step_count(store, cursor)
    if cursor.step is not None and cursor.step < count:
        return go_to_step(store, cursor, cursor.step + 1)
    move = next_transition(store, cursor, 1, see)
    if move.message and cursor.step is None and cursor.pos >= 0 and count:
        return Move(cursor, move.message + "; step back to see its steps")
    if move.message or move.cursor.pos == cursor.pos or not step_count(store, move.cursor):
        return move  # behind the last step of the last transition it is shown whole
    return go_to_step(store, move.cursor, 1)._replace(skipped=move.skipped)


def step_back(store: Store, cursor: Cursor, see: See | None = None) -> Move:
    """One step back: into the end of a transition shown whole, at last to the one before."""
    if cursor.step is None:
        count = step_count(store, cursor)
        if count:
            return go_to_step(store, cursor, count)
    elif cursor.step > 1:
        return go_to_step(store, cursor, cursor.step - 1)
    return previous_transition(store, cursor, 1, see)


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


def go_to_time(store: Store, cursor: Cursor, moment: int, see: See | None = None) -> Move:
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
    pos = settled(log, log.pos_at(held), (see or see_all(store))(log.no))
    return Move(replace(cursor, moment=held, pos=pos, step=None, anchor=(log.no, pos)), message)


def by_time(store: Store, cursor: Cursor, delta: int, see: See | None = None) -> Move:
    """The moment moved by ``delta`` ns (negative: back), within the recording."""
    moment = cursor.moment if cursor.moment is not None else store.last_time
    return go_to_time(store, cursor, (moment or 0) + delta, see)


def follow(store: Store, cursor: Cursor, on: bool, see: See | None = None) -> Move:
    """Follow the end, or stop at the moment that is the end now."""
    if on:
        there = replace(cursor, moment=None, step=None, anchor=(-1, -1))
        return Move(refresh(store, there, see))
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


def _pos_at(store: Store, cursor: Cursor, machine: int, see: See | None = None) -> int:
    log = store.machines[machine]
    anchor, pos = cursor.anchor
    if machine == anchor and 0 <= pos < len(log) and log.time_at(pos) == cursor.moment:
        return pos
    pos = log.pos_at(cursor.moment)
    return settled(log, pos, see(machine)) if see is not None else pos


def _nothing_after(log: MachineLog, hidden: int) -> str:
    if not len(log):
        return f"{log.label} has no transitions yet"
    if hidden <= 0:
        return AT_LAST
    return f"{AT_LAST} that is shown; {thousands(hidden)} hidden after it (F: filters)"


def _change(store: Store, cursor: Cursor, see: See | None, forward: bool) -> Move:
    log = machine_of(store, cursor)
    if log is None:
        return Move(cursor, NO_MACHINE)
    state = log.index.get(cursor.state)
    if state is None:
        wanted = (
            f"{log.label} has no state {cursor.state}" if cursor.state else "select a state first"
        )
        return Move(cursor, wanted)
    changes = log.logs[state]
    found = Found(None, 0)
    if changes is not None:
        visible = (see or see_all(store))(log.no)
        search = visible.next_of if forward else visible.previous_of
        found = search(changes.pos, cursor.pos)
    return _found(store, cursor, log, found, f"change of {cursor.state}", forward)


def _flagged(
    store: Store, cursor: Cursor, flag: Flag, noun: str, see: See | None, forward: bool
) -> Move:
    log = machine_of(store, cursor)
    if log is None:
        return Move(cursor, NO_MACHINE)
    visible = (see or see_all(store))(log.no)
    search = visible.next_flagged if forward else visible.previous_flagged
    found = search(flag, cursor.pos)
    return _found(store, cursor, log, found, noun, forward, f" in {log.label}")


def _found(
    store: Store,
    cursor: Cursor,
    log: MachineLog,
    found: Found,
    noun: str,
    forward: bool,
    where: str = "",
) -> Move:
    if found.pos is not None:
        return Move(_at(store, cursor, log.no, found.pos), skipped=found.skipped)
    which = "later" if forward else "earlier"
    if found.skipped:
        return Move(
            cursor,
            f"no {which} {noun}{where} is shown; {thousands(found.skipped)} hidden (F: filters)",
        )
    return Move(cursor, f"no {which} {noun}{where}")
