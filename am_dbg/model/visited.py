"""Places that were visited, to go back and forward among them as in a browser.

A place is a cursor, distinct by machine and transition. A jump (another machine, or further than
the next transition) leaves an entry behind and cuts what lay forward; walking leaves one only where
the user stayed, and cuts nothing. The newest 100 are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from am_dbg.model.cursor import Cursor

KEPT = 100
"""Places kept, the present one included."""
STAYED = 1.5
"""Seconds after which a place that one walks on from is worth coming back to."""


@dataclass(frozen=True, slots=True)
class Visited:
    """Where the user is, what lies back (newest last), what lies forward (nearest first)."""

    here: Cursor | None = None
    back: tuple[Cursor, ...] = ()
    forward: tuple[Cursor, ...] = ()


def moved(visited: Visited, after: Cursor, stayed: float) -> Visited:
    """After a move to ``after``; ``stayed``: seconds spent at the place that was left."""
    here = visited.here
    if here is None or after.machine < 0 or _place(here) == _place(after):
        return replace(visited, here=after)
    jumped = here.machine != after.machine or abs(here.pos - after.pos) > 1
    if jumped:
        return _bounded(Visited(after, _with(visited.back, here)))
    if stayed >= STAYED:
        return _bounded(Visited(after, _with(visited.back, here), visited.forward))
    return replace(visited, here=after)


def go_back(visited: Visited, machine: bool = False) -> Visited | None:
    """At the place before, or the nearest one of another machine; None when there is none."""
    here = visited.here
    if here is None:
        return None
    for at in range(len(visited.back) - 1, -1, -1):
        if _counts(visited.back[at], here, machine):
            passed = visited.back[at + 1 :]
            return Visited(visited.back[at], visited.back[:at], (*passed, here, *visited.forward))
    return None


def go_forward(visited: Visited, machine: bool = False) -> Visited | None:
    """At the place after, or the nearest one of another machine; None when there is none."""
    here = visited.here
    if here is None:
        return None
    for at, place in enumerate(visited.forward):
        if _counts(place, here, machine):
            passed = visited.forward[:at]
            return Visited(place, (*visited.back, here, *passed), visited.forward[at + 1 :])
    return None


def _place(cursor: Cursor) -> tuple[int, int]:
    return cursor.machine, cursor.pos


def _counts(place: Cursor, here: Cursor, machine: bool) -> bool:
    return place.machine != here.machine if machine else _place(place) != _place(here)


def _with(back: tuple[Cursor, ...], here: Cursor) -> tuple[Cursor, ...]:
    return back if back and _place(back[-1]) == _place(here) else (*back, here)


def _bounded(visited: Visited) -> Visited:
    back = visited.back[-(KEPT - 1) :]
    return replace(visited, back=back, forward=visited.forward[: KEPT - 1 - len(back)])
