"""Ticks and clocks: one unsigned counter a state; odd is active, even is inactive."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

ANCHOR = time.time_ns() - time.monotonic_ns()
"""Unix ns at the zero of the monotonic clock: what turns one into the other."""


def now_ns() -> int:
    """Unix ns that never step back: the monotonic clock, anchored once to the wall clock."""
    return ANCHOR + time.monotonic_ns()


def is_active_tick(tick: int) -> bool:
    """Whether a state with this tick is active."""
    return tick & 1 == 1


def next_active(tick: int) -> int:
    """The tick of the state's next activation after ``tick``: 2 later from an active state."""
    return tick + 1 + (tick & 1)


def next_inactive(tick: int) -> int:
    """The tick at which the state is inactive next: 2 later from an inactive one."""
    return tick + 2 - (tick & 1)


def activations(tick: int) -> int:
    """How often a state with this tick has been activated."""
    return (tick + 1) // 2


class Time(tuple[int, ...]):
    """The ticks of all states, in the order of ``Machine.state_names``: a tuple of ints."""

    __slots__ = ()

    def sum(self, indexes: Iterable[int] | None = None) -> int:
        """Sum of the ticks, of all states or of those at ``indexes``."""
        return sum(self) if indexes is None else sum(self.tick(i) for i in indexes)

    def tick(self, index: int) -> int:
        """Tick of one state, 0 out of range."""
        return self[index] if 0 <= index < len(self) else 0

    def is_(self, indexes: Sequence[int]) -> bool:
        """Whether all of ``indexes`` are active; false for none, and for an index out of range."""
        return bool(indexes) and all(self.tick(i) & 1 for i in indexes)

    def not_(self, indexes: Iterable[int]) -> bool:
        """Whether none of ``indexes`` is active."""
        return not any(self.tick(i) & 1 for i in indexes)

    def any_(self, indexes: Iterable[int]) -> bool:
        """Whether at least one of ``indexes`` is active."""
        return any(self.tick(i) & 1 for i in indexes)

    def active(self) -> tuple[int, ...]:
        """Indexes of the active states, ascending."""
        return tuple(i for i, tick in enumerate(self) if tick & 1)

    def diff_since(self, before: Sequence[int]) -> Time:
        """Ticks added since ``before``, state by state; states it lacks count from 0."""
        known = len(before)
        return Time(tick - (before[i] if i < known else 0) for i, tick in enumerate(self))

    def added(self, changes: Iterable[tuple[int, int]]) -> Time:
        """This time with (index, ticks) pairs added."""
        ticks = list(self)
        for index, count in changes:
            ticks[index] += count
        return Time(ticks)

    def is_after(self, other: Sequence[int], or_equal: bool = False) -> bool:
        """Whether every tick, up to the shorter length, is greater (or equal) than the other's."""
        pairs = zip(self, other, strict=False)
        return all(a >= b for a, b in pairs) if or_equal else all(a > b for a, b in pairs)

    def is_before(self, other: Sequence[int], or_equal: bool = False) -> bool:
        """Whether every tick, up to the shorter length, is less (or equal) than the other's."""
        return Time(other).is_after(self, or_equal)

    def filter(self, indexes: Iterable[int]) -> Time:
        """The ticks at ``indexes``, in that order; 0 out of range."""
        return Time(self.tick(i) for i in indexes)

    def non_zero(self) -> tuple[int, ...]:
        """Indexes of the states that were active at least once, ascending."""
        return tuple(i for i, tick in enumerate(self) if tick)

    def __str__(self) -> str:
        return " ".join(map(str, self))
