"""Callbacks beside handlers and tracers: on every change, on every error, and breakpoints."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from asyncmachine.clock import Time
from asyncmachine.core import LOGGER, MachineCore, StateName
from asyncmachine.mutation import ADD, REMOVE, Called, Mutation
from asyncmachine.semlog import CHANGES

if TYPE_CHECKING:
    from asyncmachine.machine import Machine
    from asyncmachine.transition import Transition

OnChange = Callable[["Machine", Time, Time], Any]
"""Called with the machine, all ticks before and all ticks after."""

OnError = Callable[["Machine", BaseException], Any]
"""Called with the machine and the error that ``err`` now is."""


class Breakpoint:
    """Mutations to stop at: adding exactly ``added``, or removing exactly ``removed``."""

    def __init__(
        self,
        added: Called | None,
        removed: Called | None,
        strict: bool,
        action: Callable[[], Any] | None,
    ) -> None:
        self._wanted = {ADD: added, REMOVE: removed}
        self._strict = strict
        self._action = action

    def meets(self, mutation: Mutation, active: int) -> bool:
        """Whether this mutation is one of those; active: bit set of the active states."""
        wanted = self._wanted.get(mutation.type)
        if wanted is None or mutation.check or mutation.called != wanted.indexes:
            return False
        if not self._strict:
            return True
        left = wanted.mask & (active if mutation.type == REMOVE else ~active)
        return left != 0

    def hit(self, machine: MachineCore) -> None:
        """Log where the mutation comes from, then call the action."""
        # The last two frames are this one and its caller within the kernel.
        trace = "".join(traceback.format_stack()[:-2])
        machine._log(CHANGES, "breakpoint", f"Machine.breakpoint\n{trace}")
        if self._action is not None:
            self._action()


class Watching(MachineCore):
    """Callbacks. Each registration returns a function that takes it back."""

    def on_change(self, callback: OnChange) -> Callable[[], None]:
        """Call ``callback(machine, ticks before, ticks after)`` near the end of each transition.

        That is on the draining thread, after all handlers and before tracers' transition_end; for
        canceled transitions too (the times are equal then), never for checks. What it raises is
        logged. Returns a function that ends it.
        """
        with self._lock:
            self._on_change = (*self._on_change, callback)
            self._set_plain()

        def stop() -> None:
            with self._lock:
                self._on_change = tuple(c for c in self._on_change if c is not callback)
                self._set_plain()

        return stop

    def on_error(self, callback: OnError) -> Callable[[], None]:
        """Call ``callback(machine, error)`` for each error, as soon as ``err`` is set.

        That is on the thread where it happened, before ``Exception`` is added. What it raises is
        logged. Returns a function that ends it.
        """
        with self._lock:
            self._on_error = (*self._on_error, callback)

        def stop() -> None:
            with self._lock:
                self._on_error = tuple(c for c in self._on_error if c is not callback)

        return stop

    def add_breakpoint(
        self,
        added: Iterable[StateName] = (),
        removed: Iterable[StateName] = (),
        *,
        strict: bool = False,
        action: Callable[[], Any] | None = None,
    ) -> Callable[[], None]:
        """Stop at mutations that add exactly ``added``, or remove exactly ``removed``, in order.

        The stack is logged (``[breakpoint]``, level 2), then ``action`` is called, ``breakpoint``
        for instance; the queue is locked meanwhile. strict: not when all of them are active
        (removed: inactive) already. Returns a function that takes it away. Raises StateError.
        """
        names = tuple(added), tuple(removed)
        called = [self._called(states) if states else None for states in names]
        point = Breakpoint(called[0], called[1], strict, action)
        with self._lock:
            self._breakpoints = (*self._breakpoints, point)
            self._set_plain()

        def take_away() -> None:
            with self._lock:
                self._breakpoints = tuple(p for p in self._breakpoints if p is not point)
                self._set_plain()

        return take_away

    def _tell_change(self, tx: Transition) -> None:
        before, after = tx.before, Time(self._ticks)
        for callback in self._on_change:
            try:
                callback(self._self, before, after)
            except Exception as error:
                LOGGER.error("[%s] on_change callback failed", self.id[:5], exc_info=error)
