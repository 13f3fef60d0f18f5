"""Playing a recording: how fast, which way, what comes next, and when it is over.

Two paces: so many transitions (or steps) a second, or by the recorded distances in time, so many
times as fast. Pure: a player asks ``next_beat`` how far to go and how long to wait, and moves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from am_dbg.model.cursor import Cursor, machine_of
from am_dbg.model.format import SECOND
from am_dbg.model.shown import See, see_all
from am_dbg.store import Store

RATES = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
"""Transitions or steps a second."""
FACTORS = (0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 100.0, 1000.0)
"""Times as fast as it was recorded."""
FRAME = 0.04
"""Seconds between two moves, at least, when playing by recorded time: what comes faster is passed
over together."""
SILENCE = 2.0
"""Seconds that a silence takes at most: nobody looks at a screen that stands still for an hour."""

FORWARD, BACK = 1, -1


@dataclass(frozen=True, slots=True)
class Pace:
    """How it plays: ``direction`` 1, -1, or 0 while paused; ``steps``: steps, not transitions.

    ``rate`` and ``factor`` are places in RATES and FACTORS; ``recorded`` says which one counts.
    """

    direction: int = 0
    steps: bool = False
    recorded: bool = False
    rate: int = 2
    factor: int = 3

    @property
    def playing(self) -> bool:
        """Whether it plays, either way."""
        return self.direction != 0


class Beat(NamedTuple):
    """What comes next: moves in one go, and seconds to wait before."""

    moves: int
    wait: float


def start(pace: Pace, direction: int, stepping: bool) -> Pace:
    """Play in a direction: steps while stepping, else transitions."""
    return replace(pace, direction=direction, steps=stepping)


def pause(pace: Pace) -> Pace:
    """Stand still."""
    return replace(pace, direction=0)


def faster(pace: Pace, by: int = 1) -> Pace:
    """A speed further in its row (-1: slower); at an end it stays."""
    if pace.recorded:
        return replace(pace, factor=min(max(pace.factor + by, 0), len(FACTORS) - 1))
    return replace(pace, rate=min(max(pace.rate + by, 0), len(RATES) - 1))


def other_clock(pace: Pace) -> Pace:
    """By recorded time instead of a steady rate, or back."""
    return replace(pace, recorded=not pace.recorded)


def speed_words(pace: Pace) -> str:
    """``2/s``, or ``×10`` of recorded time."""
    if pace.recorded and not pace.steps:
        return f"×{FACTORS[pace.factor]:g}"
    return f"{RATES[pace.rate]:g}/s"


def playing_words(pace: Pace) -> str:
    """``▶ PLAY 2/s``, ``◀ BACK ×10``; "" while paused."""
    if not pace.playing:
        return ""
    word = "▶ PLAY" if pace.direction > 0 else "◀ BACK"
    return f"{word} {'steps ' if pace.steps else ''}{speed_words(pace)}"


def moved_in_time(before: Cursor, after: Cursor) -> bool:
    """Whether a move went elsewhere in time; to choose a machine or a state does not."""
    if before.machine != after.machine and before.moment == after.moment:
        return False
    return (before.moment, before.pos, before.step) != (after.moment, after.pos, after.step)


def next_beat(store: Store, cursor: Cursor, pace: Pace, see: See | None = None) -> Beat:
    """How many moves come next, and in how many seconds.

    By recorded time, all that lies within a frame is one beat; steps have no time of their own,
    they go at the steady rate.
    """
    log = machine_of(store, cursor)
    if not pace.recorded or pace.steps or log is None or not len(log):
        return Beat(1, 1 / RATES[pace.rate])
    factor, direction = FACTORS[pace.factor], pace.direction
    pos, visible = cursor.pos, (see or see_all(store))(log.no)
    there = visible.next(pos) if direction > 0 else visible.previous(pos)
    if not (0 <= pos < len(log) and 0 <= there < len(log)):
        return Beat(1, FRAME)
    now = log.time_at(pos)
    wait = abs(log.time_at(there) - now) / SECOND / factor
    if wait >= FRAME:
        return Beat(1, min(wait, SILENCE))
    reach = int(FRAME * factor * SECOND)
    if direction > 0:
        end = log.pos_at(now + reach)
        return Beat(max(visible.rank(end + 1) - visible.rank(pos + 1), 1), FRAME)
    begin = max(log.pos_at(now - reach), 0)
    return Beat(max(visible.rank(pos) - visible.rank(begin), 1), FRAME)
