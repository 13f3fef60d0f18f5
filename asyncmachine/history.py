"""An in-memory history of a machine: when was a state active, between when, together with what."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator
from itertools import starmap, zip_longest
from typing import TYPE_CHECKING, NamedTuple

from asyncmachine.clock import now_ns
from asyncmachine.tracer import Tracer

if TYPE_CHECKING:
    from asyncmachine.machine import Machine
    from asyncmachine.transition import Transition


class Interval(NamedTuple):
    """A stretch of time, Unix ns; ``end`` is None while it goes on."""

    start: int
    end: int | None


class Entry(NamedTuple):
    """One executed transition: Unix ns at its end, kind, states called, clock changes by state."""

    time: int
    type: str
    called: tuple[str, ...]
    changes: tuple[tuple[str, int], ...]
    auto: bool
    machine_time: int


class History(Tracer):
    """Remembers the last ``limit`` changing transitions and, by state, its last activations.

    ``History(machine)`` binds it; it counts from then on, and can be asked from any thread.
    """

    def __init__(self, machine: Machine, limit: int = 10_000) -> None:
        self._limit = limit
        self.entries: deque[Entry] = deque(maxlen=limit)
        self._starts: dict[str, list[int]] = {}
        self._ends: dict[str, list[int]] = {}
        self._lock = threading.Lock()
        self.since = now_ns()
        for state in machine.active_states():
            self._starts[state] = [self.since]
        machine.bind_tracer(self)

    def transition_end(self, tx: Transition) -> None:
        """Remember what changed."""
        changes = tx.changed
        if not changes:
            return
        names, ticks = tx.machine.state_names, tx.after
        at = tx.ended
        with self._lock:
            for state, added in changes:
                self._changed(names[state], ticks[state], added, at)
        self.entries.append(
            Entry(
                at,
                tx.mutation.type_name,
                tuple(tx.names(tx.called)),
                tuple((names[state], added) for state, added in changes),
                tx.auto,
                sum(ticks),
            )
        )

    def _changed(self, state: str, tick: int, added: int, at: int) -> None:
        starts, ends = self._starts.setdefault(state, []), self._ends.setdefault(state, [])
        was_active = (tick - added) & 1
        if was_active:
            ends.append(at)
        if tick & 1:
            starts.append(at)
        elif not was_active:  # came and was taken back within one transition
            starts.append(at)
            ends.append(at)
        if len(ends) > self._limit:
            del starts[0], ends[0]

    def intervals(
        self, state: str, since: int | None = None, until: int | None = None
    ) -> list[Interval]:
        """When ``state`` was active, oldest first; a re-entry begins a new one.

        since, until: Unix ns; only what touches that stretch.
        """
        return [
            interval
            for interval in self._all(state)
            if (until is None or interval.start <= until)
            and (since is None or interval.end is None or interval.end >= since)
        ]

    def _all(self, state: str) -> Iterator[Interval]:
        starts, ends = self._times(state)
        return starmap(Interval, zip_longest(starts, ends))

    def _times(self, state: str) -> tuple[list[int], list[int]]:
        with self._lock:
            return list(self._starts.get(state, ())), list(self._ends.get(state, ()))

    def was_active(self, state: str, at: int) -> bool:
        """Whether ``state`` was active at a moment, Unix ns."""
        starts, ends = self._times(state)
        i = bisect_right(starts, at) - 1
        return i >= 0 and (i >= len(ends) or ends[i] > at)

    def active_between(self, state: str, since: int, until: int) -> bool:
        """Whether ``state`` was active at any time between two moments, Unix ns."""
        return bool(self.intervals(state, since, until))

    def activated_between(self, state: str, since: int, until: int) -> bool:
        """Whether ``state`` became active between two moments, Unix ns, both included."""
        starts, _ends = self._times(state)
        return bisect_right(starts, until) > bisect_right(starts, since - 1)

    def together(
        self, *states: str, since: int | None = None, until: int | None = None
    ) -> list[Interval]:
        """When all ``states`` were active at once."""
        if not states:
            return []
        found = self.intervals(states[0], since, until)
        for state in states[1:]:
            found = _overlaps(found, self.intervals(state, since, until))
        return found

    def transitions(
        self,
        state: str | None = None,
        since: int | None = None,
        until: int | None = None,
        where: Callable[[Entry], bool] | None = None,
    ) -> list[Entry]:
        """Remembered transitions: those that changed ``state``, in a stretch of time, ``where``."""
        return [
            entry
            for entry in tuple(self.entries)
            if (since is None or entry.time >= since)
            and (until is None or entry.time <= until)
            and (state is None or any(name == state for name, _ in entry.changes))
            and (where is None or where(entry))
        ]


def _overlaps(some: list[Interval], others: list[Interval]) -> list[Interval]:
    """Stretches that are in both; each list is in order and without overlaps of its own."""
    found = []
    i = j = 0
    while i < len(some) and j < len(others):
        a, b = some[i], others[j]
        start = max(a.start, b.start)
        ends = [end for end in (a.end, b.end) if end is not None]
        end = min(ends, default=None)
        if end is None or end > start:
            found.append(Interval(start, end))
        if b.end is None or (a.end is not None and a.end <= b.end):
            i += 1
        else:
            j += 1
    return found
