"""Loops that live as long as an activation, and notice when they spin."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from asyncmachine.errors import LoopLimitError

if TYPE_CHECKING:
    from asyncmachine.machine import Machine
    from asyncmachine.subscription import StateContext


class StateLoop:
    """Goes round while one activation of ``state`` lasts, in a thread or in an async handler.

    ::

        for _ in StateLoop(machine, "Polling"):
            poll()  # ... something that takes time

    It ends with the activation (a re-entry ends it too). More than ``limit`` rounds within ``per``
    seconds are taken for a mistake: the loop ends, and the machine gets a LoopLimitError. Raises
    StateError for an unknown state.
    """

    def __init__(self, machine: Machine, state: str, *, limit: int = 500, per: float = 1.0) -> None:
        self._machine = machine
        self._ctx = machine.new_state_ctx(state)
        self._limit = limit
        self._per = per
        self._rounds = 0
        self._spun = False
        self._since = time.monotonic()

    @property
    def ctx(self) -> StateContext:
        """The context of the activation: for waits within the loop."""
        return self._ctx

    def goes_on(self) -> bool:
        """Whether there is another round; counts it."""
        if self._spun or self._ctx.done:
            return False
        now = time.monotonic()
        if now - self._since > self._per:
            self._rounds, self._since = 0, now
        self._rounds += 1
        if self._rounds <= self._limit:
            return True
        text = f"loop of {self._ctx.state}: over {self._limit} rounds within {self._per:g} s"
        self._spun = True
        self._machine.add_err(LoopLimitError(text))
        return False

    def __iter__(self) -> Iterator[int]:
        """Rounds, numbered from 0."""
        number = 0
        while self.goes_on():
            yield number
            number += 1
