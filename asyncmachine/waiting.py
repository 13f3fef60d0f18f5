"""``when_*`` and state contexts: the machine's face for waiting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from asyncmachine.clock import next_active
from asyncmachine.core import MachineCore, StateName
from asyncmachine.errors import MachineError
from asyncmachine.states import EXCEPTION
from asyncmachine.subscription import StateContext, Subscription
from asyncmachine.subscriptions import Condition, Subscriptions, Waiter, clock_query, never


class Waiting(MachineCore):
    """Waits of all kinds. Each takes ``ctx``, a state context whose end cancels the wait."""

    _when_disposed: Subscription

    def _waiting(self) -> Subscriptions:
        found = self._subscriptions
        if found is None:
            with self._lock:
                found = self._subscriptions
                if found is None:
                    found = self._subscriptions = Subscriptions(self._self)
        elif found.dropped:
            found.bury()
        return found

    def when(self, *states: StateName, ctx: StateContext | None = None) -> Subscription:
        """Resolves when all ``states`` are active at once; now if they are. Raises StateError."""
        return self._wait_for_states("when", self._called(states).indexes, None, _all_active, ctx)

    def when_not(self, *states: StateName, ctx: StateContext | None = None) -> Subscription:
        """Resolves when none of ``states`` is active; now if so. Raises StateError."""
        return self._wait_for_states(
            "when_not", self._called(states).indexes, None, _none_active, ctx
        )

    def when_err(self, *, ctx: StateContext | None = None) -> Subscription:
        """Resolves when ``Exception`` is active."""
        return self.when(EXCEPTION, ctx=ctx)

    def when_time(
        self,
        states: Sequence[StateName] | StateName,
        ticks: Sequence[int] | int,
        *,
        ctx: StateContext | None = None,
    ) -> Subscription:
        """Resolves when each state's tick is at least the one given; now if so.

        Raises StateError for an unknown state, MachineError for unequal numbers of the two.
        """
        names = (states,) if isinstance(states, str) else tuple(states)
        wanted = (ticks,) if isinstance(ticks, int) else tuple(ticks)
        if not names or len(names) != len(wanted):
            raise MachineError(f"{len(names)} states with {len(wanted)} ticks to wait for")
        indexes = tuple(self._index_of(name) for name in names)

        def condition(at: tuple[int, ...]) -> Condition:
            pairs = tuple(zip(at, wanted, strict=True))
            return lambda _mask, now: all(now[index] >= tick for index, tick in pairs)

        return self._wait_for_states("when_time", indexes, wanted, condition, ctx)

    def when_ticks(
        self, state: StateName, ticks: int, *, ctx: StateContext | None = None
    ) -> Subscription:
        """Resolves when the state's clock has moved by ``ticks`` from now."""
        with self._lock:
            return self.when_time(state, self._ticks[self._index_of(state)] + ticks, ctx=ctx)

    def when_next_active(
        self, state: StateName, *, ctx: StateContext | None = None
    ) -> Subscription:
        """Resolves at the state's next activation, a re-entry of a multi state included."""
        with self._lock:
            return self.when_time(state, next_active(self._ticks[self._index_of(state)]), ctx=ctx)

    def when_query(
        self,
        query: Callable[[dict[str, int]], bool],
        *,
        at_once: bool = False,
        ctx: StateContext | None = None,
    ) -> Subscription:
        """Resolves after the first accepted transition for which ``query(clock)`` is true.

        The clock is ticks by state name. A query that raises cancels its subscription. at_once: it
        is asked now, too (in the caller, who gets what it raises).
        """
        subscription = Subscription()
        with self._lock:
            if self._gone(subscription, ctx):
                return subscription
            waiting = self._waiting()
            met = clock_query(self._self, query)
            if at_once and met(self._node.mask, self._ticks):
                subscription._resolve()
                return subscription
            waiter = Waiter(waiting, "when_query", (), None, met, subscription)
            waiting.add(waiter, subscription, waiting.query_registry(), ctx)
        return subscription

    def when_args(
        self, state: StateName, args: Mapping[str, Any], *, ctx: StateContext | None = None
    ) -> Subscription:
        """Resolves when ``state`` is entered with these arguments (equal values, others allowed).

        That is right after its State handlers, before the transition ends.
        """
        index = self._index_of(state)
        subscription = Subscription()
        with self._lock:
            if self._gone(subscription, ctx):
                return subscription
            waiting = self._waiting()
            waiter = Waiter(waiting, "when_args", (index,), dict(args), never, subscription)
            waiting.add(waiter, subscription, waiting.args_registry(index), ctx)
        return subscription

    def when_queue(self, tick: int, *, ctx: StateContext | None = None) -> Subscription:
        """Resolves when the mutation with this queue tick (``Result.tick``) is done, however.

        Resolves at once when that is so; cancel()ed when the machine is disposed.
        """
        subscription = Subscription()
        with self._lock:
            running = self._draining and self.queue_tick == tick
            if not self._disposed and self.queue_tick >= tick and not running:
                subscription._resolve()
            elif not self._gone(subscription, ctx):
                waiting = self._waiting()
                waiter = Waiter(waiting, "when_queue", (), tick, never, subscription)
                waiting.add(waiter, subscription, waiting.queue_registry(), ctx)
        return subscription

    def when_queue_ends(self, *, ctx: StateContext | None = None) -> Subscription:
        """Resolves when the queue has been drained; now if nothing is running."""
        subscription = Subscription()
        with self._lock:
            if not self._disposed and not self._draining:
                subscription._resolve()
            elif not self._gone(subscription, ctx):
                waiting = self._waiting()
                waiter = Waiter(waiting, "when_queue_ends", (), None, never, subscription)
                waiting.add(waiter, subscription, waiting.queue_end_registry(), ctx)
        return subscription

    def when_disposed(self) -> Subscription:
        """Resolves when the machine is gone."""
        return self._when_disposed

    def new_state_ctx(self, state: StateName) -> StateContext:
        """The context of the state's current activation; one that is over if it isn't active.

        Contexts end right after clocks change, before final handlers run. Raises StateError.
        """
        index = self._index_of(state)
        with self._lock:
            if self._disposed or not self._ticks[index] & 1:
                over = StateContext(self.id, state, self._ticks[index])
                over.cancel()
                return over
            return self._waiting().scope(index)

    def _wait_for_states(
        self,
        kind: str,
        states: tuple[int, ...],
        data: Any,
        condition: Callable[[tuple[int, ...]], Condition],
        ctx: StateContext | None,
    ) -> Subscription:
        subscription = Subscription()
        with self._lock:
            met = condition(states)
            if not self._disposed and met(self._node.mask, self._ticks):
                subscription._resolve()
            elif not self._gone(subscription, ctx):
                waiting = self._waiting()
                waiter = Waiter(waiting, kind, states, data, met, subscription, condition)
                waiting.add(waiter, subscription, waiting.registries(states), ctx)
        return subscription

    def _gone(self, subscription: Subscription, ctx: StateContext | None) -> bool:
        """Whether there is nothing to wait for, because the machine or ``ctx`` is over."""
        over = self._disposed or (ctx is not None and ctx.done)
        if over:
            subscription.cancel()
        return over


def _all_active(states: tuple[int, ...]) -> Condition:
    wanted = sum(1 << state for state in states)
    return lambda mask, _ticks: mask & wanted == wanted


def _none_active(states: tuple[int, ...]) -> Condition:
    unwanted = sum(1 << state for state in states)
    return lambda mask, _ticks: not mask & unwanted
