"""All pending waits of one machine: who waits for what, and who is released when.

Waits for states are indexed by state, so that a transition asks only those its changes concern.
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from asyncmachine.core import LOGGER
from asyncmachine.semlog import OPS
from asyncmachine.subscription import StateContext, Subscription, taken
from asyncmachine.transition import Note, Transition

if TYPE_CHECKING:
    from asyncmachine.machine import Machine
    from asyncmachine.plans import Plan

Condition = Callable[[int, list[int]], bool]
"""Asked with the bit set of active states and all ticks."""


class Waiter:
    """A registered subscription: its condition, and what the log says of it.

    It holds its subscription weakly, unless that has callbacks.
    """

    __slots__ = ("_kept", "_weak", "ctx", "data", "kind", "met", "owner", "rebuild", "states")

    def __init__(
        self,
        owner: Subscriptions,
        kind: str,
        states: tuple[int, ...],
        data: Any,
        met: Condition,
        subscription: Subscription,
        rebuild: Callable[[tuple[int, ...]], Condition] | None = None,
    ) -> None:
        self.owner = owner
        self.kind = kind
        self.states = states
        self.data = data
        self.met = met
        self.rebuild = rebuild
        self.ctx: StateContext | None = None
        self._weak = weakref.ref(subscription)
        self._kept: Subscription | None = None

    def resolve(self, matched: bool = True) -> None:
        """Release whoever waits, if anybody is left."""
        subscription = self._weak()
        if subscription is not None:
            subscription._resolve(matched)

    def cancel(self) -> None:
        """The context that the wait is bound to is over."""
        subscription = self._weak()
        if subscription is not None:
            subscription.cancel()

    def forget(self) -> None:
        """See Registered."""
        self.owner.forget(self)

    def keep(self, subscription: Subscription | None) -> None:
        """See Registered."""
        self._kept = subscription

    def dropped(self) -> None:
        """See Registered."""
        self.owner.dropped.append(self)

    def stuck(self) -> bool:
        """See Registered."""
        return self.owner.in_handler()


LOG_NAMES = {
    "when": "when",
    "when_not": "whenNot",
    "when_time": "whenTime",
    "when_args": "whenArgs",
    "when_queue": "whenQueue",
    "when_query": "whenQuery",
    "ctx": "ctx",
}


class Subscriptions:
    """All pending waits of one machine, indexed by what can end them."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._by_state: dict[int, dict[Waiter, None]] = {}
        self._args: dict[int, dict[Waiter, None]] = {}
        self._queries: dict[Waiter, None] = {}
        self._queue: dict[Waiter, None] = {}
        self._queue_ends: dict[Waiter, None] = {}
        self._scopes: dict[int, StateContext] = {}
        self._count = 0
        self.dropped: deque[Waiter] = deque()
        """Waiters whose subscriptions nobody holds any more; taken out when there is time."""

    @property
    def busy(self) -> bool:
        """Whether anything waits."""
        return self._count > 0

    @property
    def waits_for_args(self) -> bool:
        """Whether a ``when_args`` waits."""
        return bool(self._args)

    def __len__(self) -> int:
        self.bury()
        return self._count

    # -- registering; all under the machine's lock

    def _counted(self, by: int) -> None:
        before = self._count
        self._count += by
        if (before == 0) != (self._count == 0):
            self._machine._set_plain()

    def add(
        self,
        waiter: Waiter,
        subscription: Subscription,
        registries: list[dict[Waiter, None]],
        ctx: StateContext | None = None,
    ) -> None:
        """Keep a waiter until it is met or forgotten, or ``ctx`` is over."""
        for registry in registries:
            registry[waiter] = None
        self._counted(1)
        subscription._registered = waiter
        self._tell(waiter, "new")
        if ctx is not None:
            waiter.ctx = ctx
            ctx.on_done(waiter.cancel)

    def in_handler(self) -> bool:
        """Whether this code runs within a handler of the machine."""
        return self._machine.in_handler

    def bury(self) -> None:
        """Take out the waiters whose subscriptions nobody holds any more."""
        for waiter in taken(self.dropped):
            self.forget(waiter)

    def registries(self, states: tuple[int, ...]) -> list[dict[Waiter, None]]:
        """Where waiters for a change of ``states`` are kept."""
        return [self._by_state.setdefault(state, {}) for state in states]

    def args_registry(self, state: int) -> list[dict[Waiter, None]]:
        """Where waiters for arguments of ``state`` are kept."""
        return [self._args.setdefault(state, {})]

    def query_registry(self) -> list[dict[Waiter, None]]:
        """Where waiters for a query are kept."""
        return [self._queries]

    def queue_registry(self) -> list[dict[Waiter, None]]:
        """Where waiters for the queue tick are kept."""
        return [self._queue]

    def queue_end_registry(self) -> list[dict[Waiter, None]]:
        """Where waiters for the end of the queue are kept."""
        return [self._queue_ends]

    def forget(self, waiter: Waiter) -> None:
        """Take a waiter out that nobody waits for."""
        with self._machine._lock:
            if self._remove(waiter):
                self._tell(waiter, "gone")

    def _remove(self, waiter: Waiter) -> bool:
        found = False
        if waiter.kind == "when_query":
            found = self._queries.pop(waiter, self) is None
        elif waiter.kind == "when_queue":
            found = self._queue.pop(waiter, self) is None
        elif waiter.kind == "when_queue_ends":
            found = self._queue_ends.pop(waiter, self) is None
        else:
            index = self._args if waiter.kind == "when_args" else self._by_state
            for state in waiter.states:
                registry = index.get(state)
                if registry is not None and waiter in registry:
                    del registry[waiter]
                    found = True
                    if not registry:
                        del index[state]
        if found:
            self._counted(-1)
            if waiter.ctx is not None:
                waiter.ctx.remove_callback(waiter.cancel)
        return found

    def _tell(self, waiter: Waiter, op: str) -> None:
        machine = self._machine
        if waiter.kind not in LOG_NAMES:
            return
        if machine._level >= OPS and op != "gone":
            machine._log(OPS, f"{LOG_NAMES[waiter.kind]}:{op}", self._log_data(waiter))
        if machine._hooks.tracers:
            data = sorted(waiter.data) if isinstance(waiter.data, Mapping) else waiter.data
            machine._note(Note(waiter.kind, op, waiter.states, data))

    def _log_data(self, waiter: Waiter) -> Any:
        names = self._machine._names(waiter.states)
        if waiter.kind in ("when", "when_not"):
            return names
        if waiter.kind == "when_time":
            return (names, waiter.data)
        if waiter.kind == "when_args":
            return (names[0], sorted(waiter.data))
        return waiter.data

    # -- what the machine tells

    def _met(self, waiters: list[Waiter]) -> None:
        for waiter in waiters:
            self._remove(waiter)
            self._tell(waiter, "match")

    def transition_ended(self, tx: Transition) -> None:
        """Clocks have changed and the transition is over: release whoever waited for that."""
        machine = self._machine
        with self._machine._lock:
            mask, ticks = machine._node.mask, machine._ticks
            met: dict[Waiter, None] = {}
            for state, _added in tx.changed:
                for waiter in self._by_state.get(state, ()):
                    if waiter not in met and waiter.met(mask, ticks):
                        met[waiter] = None
            self._met(list(met))
        for waiter in met:
            waiter.resolve()

    def transition_accepted(self) -> None:
        """An accepted transition is over, changed or not: ask the queries."""
        if not self._queries:
            return
        machine = self._machine
        met = []
        for waiter in list(self._queries):
            try:
                if waiter.met(machine._node.mask, machine._ticks):
                    met.append(waiter)
            except Exception as error:
                LOGGER.error("[%s] when_query failed", machine.id[:5], exc_info=error)
                waiter.cancel()
        with self._machine._lock:
            self._met(met)
        for waiter in met:
            waiter.resolve()

    def entered(self, state: int, args: Mapping[str, Any]) -> None:
        """The State handlers of ``state`` have been told: match its arguments."""
        registry = self._args.get(state)
        if not registry:
            return
        with self._machine._lock:
            met = [w for w in registry if _args_match(w.data, args)]
            self._met(met)
        for waiter in met:
            waiter.resolve()

    def queue_moved(self, tick: int) -> None:
        """A mutation has been taken off the queue and is done, whatever came of it."""
        if self.dropped:
            self.bury()
        if not self._queue:
            return
        with self._machine._lock:
            met = [w for w in self._queue if w.data <= tick]
            self._met(met)
        for waiter in met:
            waiter.resolve()

    def queue_ended(self) -> None:
        """The queue is empty."""
        if not self._queue_ends:
            return
        with self._machine._lock:
            ended = list(self._queue_ends)
            self._met(ended)
        for waiter in ended:
            waiter.resolve()

    # -- state contexts

    def scope(self, state: int) -> StateContext:
        """The shared context that the next change of ``state`` ends (-1: only disposal does)."""
        machine = self._machine
        with self._machine._lock:
            scope = self._scopes.get(state)
            if scope is None:
                known = state >= 0
                name = machine.state_names[state] if known else ""
                scope = StateContext(machine.id, name, machine._ticks[state] if known else 0)
                self._scopes[state] = scope
                self._counted(1)
                if known:
                    self._tell(self._as_waiter(scope, state), "new")
        return scope

    def _as_waiter(self, scope: StateContext, state: int) -> Waiter:
        return Waiter(self, "ctx", (state,), scope.state, never, scope)

    def committed(self, plan: Plan) -> None:
        """Clocks have changed: contexts of what came, came again or went are over."""
        if self._scopes:
            self._end_scopes((*plan.enters, *plan.exits))

    def moved(self, states: list[int], others: list[int]) -> None:
        """A roll-back has changed these states as well."""
        if self._scopes:
            self._end_scopes((*states, *others))

    def _end_scopes(self, states: tuple[int, ...]) -> None:
        ended = []
        with self._machine._lock:
            for state in states:
                scope = self._scopes.pop(state, None)
                if scope is not None:
                    self._counted(-1)
                    self._tell(self._as_waiter(scope, state), "match")
                    ended.append(scope)
        for scope in ended:
            scope._resolve()

    def renumber(self, moved: Mapping[int, int]) -> None:
        """The states have new indexes; waits and contexts go on under them."""
        with self._machine._lock:
            for index in (self._by_state, self._args):
                waiters = {w: None for registry in index.values() for w in registry}
                index.clear()
                for waiter in waiters:
                    waiter.states = tuple(moved[state] for state in waiter.states)
                    for state in waiter.states:
                        index.setdefault(state, {})[waiter] = None
                    if waiter.rebuild is not None:
                        waiter.met = waiter.rebuild(waiter.states)
            self._scopes = {moved.get(s, s): scope for s, scope in self._scopes.items()}

    def close(self) -> None:
        """The machine is gone: release everybody, unmatched."""
        with self._machine._lock:
            waiters: dict[Waiter, None] = {}
            for index in (self._by_state, self._args):
                for registry in index.values():
                    waiters.update(registry)
                index.clear()
            for registry in (self._queries, self._queue, self._queue_ends):
                waiters.update(registry)
                registry.clear()
            scopes = list(self._scopes.values())
            self._scopes.clear()
            self._count = 0
        for waiter in waiters:
            waiter.resolve(matched=False)
        for scope in scopes:
            scope._resolve(matched=False)


def never(_mask: int, _ticks: list[int]) -> bool:
    """The condition of waits that something else than clocks ends."""
    return False


def _args_match(wanted: Mapping[str, Any], args: Mapping[str, Any]) -> bool:
    return all(key in args and args[key] == value for key, value in wanted.items())


def clock_query(machine: Machine, query: Callable[[dict[str, int]], bool]) -> Condition:
    """A waiter's condition that asks ``query`` with the clock by state name."""

    def met(_mask: int, ticks: list[int]) -> bool:
        return bool(query(dict(zip(machine.state_names, ticks, strict=True))))

    return met
