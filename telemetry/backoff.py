"""When to try again: exponential backoff with jitter."""

from __future__ import annotations

from random import Random

FIRST = 0.1
LONGEST = 3.0
"""Seconds. A debugger started later shows the machines within this time."""


_dice = Random()  # of its own: a program that seeds the shared one must not notice the exporter


class Backoff:
    """Delays that double from ``FIRST`` to ``LONGEST``, each shortened at random by up to half."""

    def __init__(self) -> None:
        self._failures = 0

    def next(self) -> float:
        """Seconds until the next attempt."""
        delay = min(FIRST * float(1 << min(self._failures, 16)), LONGEST)
        self._failures += 1
        return delay * _dice.uniform(0.5, 1.0)

    def reset(self) -> None:
        """An attempt was a success."""
        self._failures = 0
