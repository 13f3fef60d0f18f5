"""How much of the interpreter the sender thread may take from the program it reports on.

Python runs one thread at a time. The sender works in short turns and is idle for at least four
times as long after each, so that a program that keeps its core busy loses a fifth to it at most.
Each system call of the sender lends the interpreter to the program for up to 5 ms: that is idling.
"""

from __future__ import annotations

import time

SHARE = 1 / 5
"""The sender's part of the time, working and idle together."""

LONGEST_TURN = 0.002
SHORTEST_TURN = 0.0005
"""Seconds of work at a time. The program waits as long in the worst case."""

HURRY_TURN = 0.05
"""Seconds of work at a time while the program itself waits for the sender."""


class Throttle:
    """Times turns of work: ``begin``, work until ``over``, ``end``; ``idle_for`` says when next."""

    def __init__(self) -> None:
        self.hurry = False
        """No idling: the program waits for us."""
        self._began = 0.0
        self._turn = LONGEST_TURN
        self._next = 0.0
        self._ended = 0.0

    def begin(self) -> None:
        """A turn of work begins."""
        self._began = time.perf_counter()
        if self.hurry:
            self._turn = HURRY_TURN
        else:
            allowed = (self._began - self._ended) * SHARE / (1 - SHARE)
            self._turn = min(max(allowed, SHORTEST_TURN), LONGEST_TURN)

    def over(self) -> bool:
        """Whether this turn has taken long enough."""
        return time.perf_counter() - self._began >= self._turn

    def end(self) -> None:
        """The turn ends."""
        self._ended = time.perf_counter()
        self._next = self._ended + (self._ended - self._began) * (1 - SHARE) / SHARE

    def idle_for(self) -> float:
        """Seconds until the next turn may begin, 0 if it may now."""
        return 0.0 if self.hurry else max(self._next - time.perf_counter(), 0.0)
