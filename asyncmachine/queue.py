"""The mutation queue: one drainer, whatever threads mutations come from.

The first caller to find the queue idle drains it; others, nested in a handler or on another thread,
leave their mutation in it and get a ``queued`` result. A mutation that nothing watches and no
handler follows is committed at once, under the queue's lock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from asyncmachine.core import LOGGER, StateName
from asyncmachine.errors import MachineError, is_cancellation
from asyncmachine.lifecycle import Lifecycle
from asyncmachine.mutation import (
    ADD,
    CANCELED,
    EXECUTED,
    MUTATION_NAMES,
    NO_ARGS,
    QUEUED,
    REMOVE,
    SET,
    Called,
    Mutation,
    Result,
)
from asyncmachine.plans import Plan
from asyncmachine.semlog import OPS, LogRecord
from asyncmachine.states import EXCEPTION
from asyncmachine.transition import current_event

Args = Mapping[str, Any]
OnChecked = Callable[[Result], Any]


class Mutations(Lifecycle):
    """Everything that changes a machine."""

    def add(self, *states: StateName, args: Args | None = None) -> Result:
        """Activate ``states``. Raises StateError for an unknown one."""
        return self._mutate(ADD, states, args)

    def remove(self, *states: StateName, args: Args | None = None) -> Result:
        """Deactivate ``states``. Raises StateError for an unknown one."""
        return self._mutate(REMOVE, states, args)

    def set(self, *states: StateName, args: Args | None = None) -> Result:
        """Make ``states``, and what they imply, the only active ones. Raises StateError."""
        return self._mutate(SET, states, args)

    def toggle(self, *states: StateName, args: Args | None = None) -> Result:
        """Remove ``states`` if all of them are active, else add them. Raises StateError."""
        called = self._called(states)
        if self._disposing:
            return CANCELED
        if not called.mask & ~self._node.mask:
            return self.remove(*states, args=args)
        return self.add(*states, args=args)

    def can_add(
        self, *states: StateName, args: Args | None = None, on_done: OnChecked | None = None
    ) -> Result:
        """Whether ``add`` would be accepted: relations and negotiation handlers, nothing changed.

        Within a handler the answer is ``queued``: the check runs right after the transition.
        ``on_done`` is called with the answer as soon as there is one, on the draining thread.
        """
        return self._check(ADD, states, args, on_done)

    def can_remove(
        self, *states: StateName, args: Args | None = None, on_done: OnChecked | None = None
    ) -> Result:
        """Whether ``remove`` would be accepted; see ``can_add``."""
        return self._check(REMOVE, states, args, on_done)

    def add_err(
        self, error: BaseException | str | None, *states: StateName, args: Args | None = None
    ) -> Result:
        """Add ``Exception``, and ``states`` before it, for ``error``, which ``err`` then remembers.

        The arguments carry ``err``. None, and the cancellation of a task (asyncio's or trio's), are
        no errors: they change nothing and are answered with canceled. Raises StateError for an
        unknown state.
        """
        called = self._called(tuple(dict.fromkeys((*states, EXCEPTION))))
        if error is None or self._refused_flatly() or len(self._queue) >= self.queue_limit:
            return CANCELED
        if not isinstance(error, BaseException):
            error = MachineError(error)
        if is_cancellation(error):
            return CANCELED
        self._failed(error)
        return self._enqueue(ADD, called, {**(args or NO_ARGS), "err": error})

    def _report(self, error: Exception) -> None:
        """An error beside the machine becomes its error; one that it refuses is logged at least."""
        if self.add_err(error).canceled:
            LOGGER.error("[%s] error refused", self.id[:5], exc_info=error)

    def _mutate(self, kind: int, states: tuple[StateName, ...], args: Args | None) -> Result:
        """Commit at once if nothing watches and nothing follows, else queue and drain."""
        try:
            called = self._called_by_states[states]
        except (KeyError, TypeError):
            called = self._called(states)
        if not self._plain:
            return self._enqueue(kind, called, args or NO_ARGS)
        with self._lock:
            plan = self._node.plans[kind].get(called)
            if plan is None or self._draining or self._queue or not self._plain:
                direct = False
            elif plan.fast:
                self.queue_tick += 1
                if plan.changes:
                    ticks = self._ticks.copy()
                    for state, added in plan.changes:
                        ticks[state] += added
                    self._ticks = ticks
                self._node = plan.next
                return plan.result
            else:
                direct = plan.direct is not None and self._plain_handlers
                if direct:
                    self._draining = True
                    tick = self.queue_tick = self.queue_tick + 1
        if not direct:
            return self._enqueue(kind, called, args or NO_ARGS)
        mutation = Mutation(kind, called, args or NO_ARGS, current_event.get())
        mutation.queue_tick = tick
        mutation.queue_tick_now = tick - 1
        return self._drain(mutation, mutation, plan)

    # -- queueing

    def _refused_flatly(self) -> bool:
        """Disposing, or backing off after a handler's deadline."""
        if self._disposing:
            return True
        return bool(self._backoff_until) and self.backoff()

    def backoff(self) -> bool:
        """Whether mutations are refused for now, after a handler missed its deadline."""
        if not self._backoff_until:
            return False
        if time.monotonic() < self._backoff_until:
            return True
        self._backoff_until = 0.0
        self._set_plain()
        return False

    def _refused(self, kind: int, called: Called) -> bool:
        if self._refused_flatly():
            return True
        if len(self._queue) < self.queue_limit:
            return False
        exception = self._exception
        if exception < 0 or not called.mask >> exception & 1:
            return True
        active = self._node.mask >> exception & 1
        return not ((kind == ADD and not active) or (kind == REMOVE and active))

    def _enqueue(self, kind: int, called: Called, args: Args) -> Result:
        if (self._disposing or self._backoff_until or self._queue) and self._refused(kind, called):
            return CANCELED
        mutation = Mutation(kind, called, args, current_event.get())
        with self._lock:
            queue = self._queue
            idle = not (self._draining or queue)
            if not idle:
                if kind == REMOVE and not queue and not called.mask & self._node.mask:
                    return EXECUTED
                if queue and not args and not called.any_multi and self._is_duplicate(kind, called):
                    return EXECUTED
            tick = self.queue_tick
            mutation.queue_tick_now = tick
            mutation.queue_tick = tick + self._pending + 1
            mutation.queue_len = len(queue) + 1
            if self._level or self._hooks.mutation_queued or self._breakpoints:
                self._announce(mutation)
            if idle:
                self._draining = True
                self.queue_tick = tick + 1
            else:
                self._pending += 1
                queue.append(mutation)
                if self._draining:
                    return self._postponed(mutation)
                self._draining = True
        return self._drain(mutation, mutation if idle else None)

    def _postponed(self, mutation: Mutation) -> Result:
        if self._level >= OPS:
            self._keep(LogRecord(OPS, "postpone", len(self._queue)))
        return Result(2, mutation.queue_tick) if mutation.queue_tick else QUEUED

    def _is_duplicate(self, kind: int, called: Called) -> bool:
        for waiting in self._queue:
            if (
                waiting.type == kind
                and not waiting.check
                and not waiting.args
                and waiting._called.mask == called.mask
                and waiting._eval is None
            ):
                if self._level >= OPS:
                    data = (MUTATION_NAMES[kind], self._names(called.indexes))
                    self._keep(LogRecord(OPS, "queue:skipped", data))
                return True
        return False

    def _check(
        self,
        kind: int,
        states: tuple[StateName, ...],
        args: Args | None,
        on_done: OnChecked | None,
    ) -> Result:
        called = self._called(states)
        if self._refused_flatly():
            if on_done is not None:
                on_done(CANCELED)
            return CANCELED
        mutation = Mutation(kind, called, args or NO_ARGS, current_event.get())
        mutation.check = True
        mutation._on_checked = on_done
        with self._lock:
            self._prepend(mutation)
            if self._draining:
                return self._postponed(mutation)
            self._draining = True
        return self._drain(mutation, None)

    def _drain(self, own: Mutation, first: Mutation | None, direct: Plan | None = None) -> Result:
        """Carry out ``first`` and everything in the queue; the answer is the one to ``own``.

        direct: the plan of ``first``, when nothing watches it.
        """
        queue, lock = self._queue, self._lock
        mutation = first
        try:
            while True:
                if direct is not None:
                    own._result = self._run_direct(own, direct)
                    direct = None
                elif mutation is not None:
                    if mutation._eval is not None:
                        mutation._eval()
                    else:
                        if self._stale:
                            self._refresh()
                        mutation._result = self._run(mutation)
                if self._subscriptions is not None:
                    self._subscriptions.queue_moved(self.queue_tick)
                if not queue:
                    self._tx = None
                    self._draining = False
                    if not queue:
                        break
                    # Somebody appended just before that, and left it to us unless it drains now.
                    with lock:
                        if self._draining:
                            break
                        self._draining = True
                with lock:
                    if not queue:  # cleared by a deadline or by disposal
                        mutation = None
                        continue
                    mutation = queue.popleft()
                    if mutation.queue_tick:
                        self._pending -= 1
                        self.queue_tick += 1
        except BaseException:
            # KeyboardInterrupt and the like: the machine stays usable, the caller gets it.
            with lock:
                self._abandon()
            raise
        self._failures = 0
        if self._hooks.queue_end or self._subscriptions is not None or self._dispose_asked:
            self._after_drain()
        result = own._result
        return CANCELED if result is None else result

    def _after_drain(self) -> None:
        if self._hooks.queue_end:
            self._fire(self._hooks.queue_end, self)
        if self._subscriptions is not None:
            self._subscriptions.queue_ended()
        if self._dispose_asked:
            self._drained()

    def _abandon(self) -> None:
        tx = self._tx
        if tx is not None:
            tx.accepted = False
            tx.completed = True
        self._tx = None
        self._draining = False

    def _drained(self) -> None:
        """The queue is empty; what was put off until then, disposal adds."""
