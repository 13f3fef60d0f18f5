"""Go to: what may be typed to name a place in time, and where that is.

=====================================  =====================================================
``mach://ID/TX/STEP``, ``mach://ID?t=``  an address
``123``, ``#123``                      the machine's transition of that number (0: its schema)
``+50``, ``-50``                       so many transitions further
``/3``                                 step 3 of the shown transition
``25%``                                that share of the machine's transitions
``t120``                               the machine's transition at machine time 120
``q45``                                the machine's transition at queue tick 45
``13:29:41.5``                         that time of day
``2026-01-05T13:29:41Z``               that moment
``+2s``, ``-500ms``, ``+1m30s``        so much later or earlier
``'a``                                 mark a
``first``, ``last``                    the machine's schema, its last transition
``sim-p2``, ``sim-p2 12``              a machine, its transition of that number
``4f1c…``                              the machine's transition of that id
``Ready``                              a state of the machine, to be selected
=====================================  =====================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import NamedTuple

from am_dbg.model import cursor as moves
from am_dbg.model.addresses import SCHEME, Address, parse_address, parse_moment
from am_dbg.model.cursor import Cursor, Move, machine_of
from am_dbg.model.format import SECOND, clean, clock_time, plural, thousands
from am_dbg.model.machines import natural_key
from am_dbg.model.marks import Mark, go_to_mark
from am_dbg.model.search import matching
from am_dbg.model.shown import See
from am_dbg.store import Flag, MachineLog, Store

EXAMPLES = "123  +50  t120  q45  13:29:41.5  +2s  machine  mach://…"
UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": SECOND,
    "sec": SECOND,
    "m": 60 * SECOND,
    "min": 60 * SECOND,
    "h": 3600 * SECOND,
    "d": 86400 * SECOND,
}
SUGGESTED = 6
"""Names offered while typing."""
LOOK = 64
"""Messages without a queue tick that are passed over to find one with."""

_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*(ns|us|µs|μs|ms|sec|s|min|m|h|d)", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?", re.ASCII)
_NUMBER = re.compile(r"#?(\d{1,15})", re.ASCII)
_MARKED = re.compile(r"([tq/])\s*(\d{1,15})", re.ASCII)
_BY = re.compile(r"([+-])(\d{1,15})", re.ASCII)
_SHARE = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%", re.ASCII)
_MARKED_KINDS = {"t": "machine time", "q": "queue tick", "/": "step"}


class Target(NamedTuple):
    """What was typed: ``kind``, and a number or a text as the kind has it.

    Kinds: address, transition, by, step, share (of 1000), machine time, queue tick, clock (ns of
    the day), moment (Unix ns), later (ns), mark, first, last, name.
    """

    kind: str
    number: int = 0
    text: str = ""


def parse_target(text: str) -> Target:
    """What a text means. Raises ValueError saying what can be typed."""
    text = text.strip()
    if not text:
        raise ValueError(f"type where to go: {EXAMPLES}")
    if text.startswith(SCHEME):
        parse_address(text)
        return Target("address", text=text)
    if match := _NUMBER.fullmatch(text):
        return Target("transition", int(match.group(1)))
    if match := _BY.fullmatch(text):
        return Target("by", int(match.group(1) + match.group(2)))
    if match := _MARKED.fullmatch(text):
        return Target(_MARKED_KINDS[match.group(1)], int(match.group(2)))
    if match := _SHARE.fullmatch(text):
        return Target("share", round(min(float(match.group(1)), 100.0) * 10))
    if match := _CLOCK.fullmatch(text):
        return Target("clock", _time_of_day(match))
    if (moment := parse_moment(text)) is not None:
        return Target("moment", moment)
    if text[0] in "+-−":
        return Target("later", _amount(text))
    if text[0] == "'" and len(text) == 2:
        return Target("mark", text=text[1])
    if text in ("first", "last"):
        return Target(text)
    return Target("name", text=text)


def _time_of_day(match: re.Match[str]) -> int:
    hour, minute, second = (int(part or 0) for part in match.groups()[:3])
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(f"{match.group()} is no time of day; like 13:29:41.5")
    fraction = int((match.group(4) or "").ljust(9, "0"))
    return (hour * 3600 + minute * 60 + second) * SECOND + fraction


def _amount(text: str) -> int:
    """``+1m30s`` in ns, signed."""
    sign, rest = text[0], text[1:].strip()
    total, at = 0, 0
    for match in _AMOUNT.finditer(rest):
        if rest[at : match.start()].strip():
            break
        number, unit = match.groups()
        whole, _, part = number.partition(".")
        total += int(whole) * UNITS[unit] + int(int(part or 0) * UNITS[unit] / 10 ** len(part))
        at = match.end()
    if not at or rest[at:].strip():
        raise ValueError(f"{clean(text)}: how much? like +2s, -500ms, +1m30s, +50 (transitions)")
    return total if sign == "+" else -total


def go_to_text(
    store: Store,
    cursor: Cursor,
    text: str,
    marks: Mapping[str, Mark] | None = None,
    see: See | None = None,
) -> Move:
    """Where a text leads; the same cursor and a message when it leads nowhere."""
    try:
        target = parse_target(text)
    except ValueError as error:
        return Move(cursor, clean(str(error)))
    log = machine_of(store, cursor)
    if log is None:
        return Move(cursor, moves.NO_MACHINE)
    number = target.number
    match target.kind:
        case "address":
            return go_to_address(store, cursor, target.text, see)
        case "transition":
            return _numbered(store, cursor, log, number)
        case "by":
            forward = number >= 0
            move = moves.next_transition if forward else moves.previous_transition
            return move(store, cursor, max(abs(number), 1), see)
        case "step":
            return moves.go_to_step(store, cursor, number)
        case "share":
            return moves.go_to(store, cursor, log.no, len(log) * number // 1000 - 1)
        case "machine time":
            return go_to_machine_time(store, cursor, log, number)
        case "queue tick":
            return go_to_queue_tick(store, cursor, log, number)
        case "clock":
            return moves.go_to_time(store, cursor, _moment_of_day(store, cursor, number), see)
        case "moment":
            return moves.go_to_time(store, cursor, number, see)
        case "later":
            return moves.by_time(store, cursor, number, see)
        case "mark":
            return _marked(store, cursor, target.text, marks or {})
        case "first":
            return moves.first(store, cursor, see)
        case "last":
            return moves.last(store, cursor, see)
        case _:
            return _named(store, cursor, log, target.text, see)


def go_to_address(store: Store, cursor: Cursor, address: str, see: See | None = None) -> Move:
    """What a ``mach://`` address names; a message when there is no such thing."""
    try:
        wanted = parse_address(address)
    except ValueError as error:
        return Move(cursor, clean(str(error)))
    log = store.machine_by(wanted.machine) or store.machine_at(wanted.machine, cursor.moment)
    if log is None:
        near = _near(store, wanted.machine)
        return Move(cursor, f"no machine {clean(wanted.machine)} in this recording{near}")
    if wanted.state:
        if wanted.state not in log.index:
            return Move(cursor, f"{clean(log.label)} has no state {clean(wanted.state)}")
        cursor = moves.select_state(store, cursor, wanted.state).cursor
    if wanted.tx:
        return _transition(store, cursor, wanted)
    cursor = moves.select_machine(store, cursor, log.no, see).cursor
    if wanted.time is not None:
        return go_to_machine_time(store, cursor, log, wanted.time)
    if wanted.queue is not None:
        return go_to_queue_tick(store, cursor, log, wanted.queue)
    if wanted.moment is not None:
        return moves.go_to_time(store, cursor, wanted.moment, see)
    return Move(cursor)


def group_in(address: str) -> str:
    """The group that an address asks for, "" for none (and for what is no address)."""
    try:
        return parse_address(address).group
    except ValueError:
        return ""


def _transition(store: Store, cursor: Cursor, wanted: Address) -> Move:
    here = machine_of(store, cursor)
    near = here.n(cursor.pos) if here is not None and 0 <= cursor.pos < len(here) else None
    found = store.find_tx(wanted.machine, wanted.tx, near)
    if found is None:
        name = f"{clean(wanted.tx)} of {clean(wanted.machine)}"
        return Move(cursor, f"transition {name} is not in this recording")
    return moves.go_to(store, cursor, store.machine[found], store.pos(found), wanted.step)


def go_to_machine_time(store: Store, cursor: Cursor, log: MachineLog, time: int) -> Move:
    """The machine's first transition after which its machine time was so much, or more."""
    if not len(log):
        return Move(cursor, f"{clean(log.label)} has no transitions yet")
    pos = _first(len(log), lambda at: log.time_sum(at) >= time)
    if time <= log.time_sum(-1):
        return moves.go_to(store, cursor, log.no, -1)
    if pos == len(log):
        last = thousands(log.time_sum(len(log) - 1))
        return Move(cursor, f"{clean(log.label)} comes only as far as t{last}")
    reached = log.time_sum(pos)
    move = moves.go_to(store, cursor, log.no, pos)
    if reached == time:
        return move
    return Move(
        move.cursor, f"no transition ends at t{thousands(time)}; t{thousands(reached)} is next"
    )


def go_to_queue_tick(store: Store, cursor: Cursor, log: MachineLog, tick: int) -> Move:
    """The machine's transition at that queue tick, or the next one: a few messages are read."""

    def tick_at(pos: int) -> int:
        return store.message(log.n(pos)).queue_tick

    def at_least(pos: int) -> bool:
        near = (tick_at(at) for at in range(pos, min(pos + LOOK, len(log))))
        return next((found for found in near if found), 0) >= tick

    pos = _first(len(log), at_least)
    # a record of its being queued is not it yet, and some messages have no tick
    near = (at for at in range(pos, min(pos + LOOK, len(log))) if tick_at(at) >= tick)
    pos = next((at for at in near if not log.flags_at(at) & Flag.QUEUED), len(log))
    reached = tick_at(pos) if pos < len(log) else 0
    if not reached:
        known = any(tick_at(at) for at in range(min(LOOK, len(log))))
        why = f"no queue tick q{tick} or later" if known else "no queue ticks are recorded"
        return Move(cursor, f"{why} in {clean(log.label)}")
    move = moves.go_to(store, cursor, log.no, pos)
    return move if reached == tick else Move(move.cursor, f"no q{tick}; q{reached} is next")


def _first(size: int, there: Callable[[int], bool]) -> int:
    """The first place for which ``there`` is true, when it stays so from there; else ``size``."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        if there(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _numbered(store: Store, cursor: Cursor, log: MachineLog, number: int) -> Move:
    if number > len(log):
        count = plural(len(log), "transition")
        return Move(cursor, f"no transition {thousands(number)}: {clean(log.label)} has {count}")
    return moves.go_to(store, cursor, log.no, number - 1)


def _marked(store: Store, cursor: Cursor, letter: str, marks: Mapping[str, Mark]) -> Move:
    mark = marks.get(letter)
    if mark is None:
        known = f"; there are {' '.join(sorted(marks))}" if marks else "; m and a letter sets one"
        return Move(cursor, f"no mark {clean(letter)}{known}")
    return go_to_mark(store, cursor, mark)


def _moment_of_day(store: Store, cursor: Cursor, of_day: int) -> int:
    """That time of the day nearest to the moment that is within the recording, local time."""
    start, end = store.first_time or 0, store.last_time or 0
    moment = cursor.moment if cursor.moment is not None else end
    seconds, rest = divmod(of_day, SECOND)
    found: list[int] = []
    for days in (-1, 0, 1):
        day = datetime.fromtimestamp(moment // SECOND) + timedelta(days=days)
        begin = day.replace(hour=0, minute=0, second=0, microsecond=0)
        clock = begin.replace(hour=seconds // 3600, minute=seconds // 60 % 60, second=seconds % 60)
        found.append(int(clock.timestamp()) * SECOND + rest)
    inside = [each for each in found if start <= each <= end]
    return min(inside or found, key=lambda each: abs(each - moment))


def _named(store: Store, cursor: Cursor, log: MachineLog, text: str, see: See | None) -> Move:
    """A machine, ``machine number``, a transition's id, or a state."""
    named = store.machine_by(text)
    if named is not None:
        return moves.select_machine(store, cursor, named.no, see)
    name, _, number = text.rpartition(" ")
    other = store.machine_by(name.strip()) if name else None
    if other is not None and (match := _NUMBER.fullmatch(number)):
        return _numbered(store, cursor, other, int(match.group(1)))
    found = store.find_tx(log.label, text)
    if found is not None:
        return moves.go_to(store, cursor, log.no, store.pos(found))
    if text in log.index:
        return moves.select_state(store, cursor, text)
    return Move(cursor, f"nothing is called {clean(text)}{_near(store, text, log)}")


def _near(store: Store, text: str, log: MachineLog | None = None) -> str:
    """``; did you mean sim-p2?``"""
    names = [machine.label for machine in store.machines] + list(log.states if log else ())
    close = get_close_matches(text, names, 2, 0.6)
    close = close or [names[i] for i in matching(names, text)[:2]] if text else []
    return f"; did you mean {' or '.join(clean(name) for name in close)}?" if close else ""


def suggestions(store: Store, cursor: Cursor, text: str) -> list[str]:
    """Names of machines, then states of the machine, that what is typed may become."""
    text = text.strip()
    if not text or text.startswith(SCHEME) or not any(char.isalpha() for char in text):
        return []
    log = machine_of(store, cursor)
    labels = [machine.label for machine in store.machines]
    found = [labels[i] for i in matching(labels, text)]
    folded = text.casefold()
    found.sort(key=lambda name: (not name.casefold().startswith(folded), natural_key(name)))
    if log is not None:
        found += [log.states[i] for i in matching(log.states, text)]
    return [name for name in found if name != text][:SUGGESTED]


def arrival(store: Store, before: Cursor, move: Move) -> str:
    """Where a move would lead, in words: ``sim-p26 tx 12 at 13:29:41.786``; "" for nowhere."""
    after = move.cursor
    log = machine_of(store, after)
    if log is None or after == before:
        return ""
    if after.state != before.state and (after.machine, after.pos) == (before.machine, before.pos):
        return f"state {clean(after.state)}"
    place = f"tx {thousands(after.pos + 1)}" if after.pos >= 0 else "schema"
    step = f" step {after.step}" if after.step is not None else ""
    time = f" at {clock_time(after.moment)}" if after.moment is not None else ""
    return f"{clean(log.label)} {place}{step}{time}"
