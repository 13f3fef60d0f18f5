"""The state machine: several states at once, clocks for each, relations between them.

::

    machine = Machine({"Idle": State(auto=True), "Busy": State(remove=["Idle"])}, id="worker")
    machine.add("Busy")
    machine.tick("Busy")     # 1: odd is active

Mutations come from any thread; one at a time is carried out, by whoever found the queue idle.
Handlers and tracers run on that thread. The behaviour is described in docs/kernel.md.
"""

from __future__ import annotations

import os
import secrets
import threading
import weakref
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from asyncmachine import async_handlers, subscription
from asyncmachine.background import Background
from asyncmachine.binding import Binds
from asyncmachine.core import LOGGER
from asyncmachine.disposal import Disposal
from asyncmachine.errors import SchemaError, suggest
from asyncmachine.queries import Queries
from asyncmachine.schema import (
    Schema,
    SchemaLike,
    State,
    check_schema,
    clean_schema,
    read_schema,
)
from asyncmachine.schema_change import SchemaChange
from asyncmachine.semlog import CHANGES, EXTERNAL
from asyncmachine.states import EXCEPTION
from asyncmachine.timeouts import WATCHDOG, HandlerThread
from asyncmachine.tracer import Hooks, Tracer
from asyncmachine.transition import Note, current_event
from asyncmachine.waiting import Waiting

_machines: weakref.WeakSet[Machine] = weakref.WeakSet()


def _after_fork() -> None:
    """In a forked child: no thread but this one, and every machine is another instance."""
    WATCHDOG.after_fork()
    async_handlers.after_fork()
    subscription.after_fork()
    event = current_event.get()
    for machine in list(_machines):
        machine._after_fork(in_handler=event is not None and event.machine is machine)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class Machine(Background, Disposal, SchemaChange, Binds, Waiting, Queries):
    """A state machine.

    schema: a mapping of state definitions or a Schema class; ``Exception`` is added if missing.
    id: 16 hex characters if not given. parent: the machine this one is a part of.
    tracers: bound before anything happens. queue_limit: mutations that may wait.
    handler_timeout: seconds a handler may take, None for ever. handler_thread: run handlers on a
    thread of their own, so that one that misses handler_deadline (seconds after its timeout) is
    left behind; mutations are then refused for handler_backoff seconds.
    names: the order of the states, by default that of the schema. groups: names by group.
    strict: refuse a schema with unknown names or contradictions; otherwise unknown names are
    dropped and contradictions become the machine's first error.
    log_level: 0 nothing to 5 everything.

    Raises SchemaError.
    """

    def __init__(
        self,
        schema: SchemaLike,
        *,
        id: str | None = None,  # noqa: A002 - as it is called everywhere
        parent: Machine | None = None,
        tags: Iterable[str] = (),
        tracers: Iterable[Tracer] = (),
        queue_limit: int = 1000,
        handler_timeout: float | None = None,
        handler_thread: bool = False,
        handler_deadline: float = 10.0,
        handler_backoff: float = 3.0,
        names: Sequence[str] | None = None,
        groups: Mapping[str, Sequence[str]] | None = None,
        strict: bool = True,
        log_level: int = 0,
    ) -> None:
        declared = read_schema(schema)
        if strict:
            check_schema(declared)
        clean = clean_schema(declared)
        states = clean.states
        states.setdefault(EXCEPTION, State(multi=True))
        self.id = id if id is not None else secrets.token_hex(8)
        self.instance = secrets.token_hex(8)
        self.parent = parent
        self.tags = tuple(dict.fromkeys(tags))
        self.queue_limit = queue_limit
        self._log_level = log_level
        self.logger = LOGGER
        self.schema = states
        self._init_core(_ordered_names(self.id, states, names), states)
        self._init_groups(schema, groups)
        self._init_disposal()
        self._timeout = handler_timeout
        if handler_thread:
            self._thread = HandlerThread(handler_deadline, handler_backoff)
        self._hooks = Hooks(tracers)
        self._set_plain()
        _machines.add(self)
        if parent is not None:
            parent._children.add(self)
            parent._fire(parent._hooks.new_submachine, parent, self)
        self._fire(self._hooks.machine_init, self)
        if names is not None:
            self._fire(self._hooks.verify_states, self)
        self._warn_of_cycle()
        if clean.conflicts:
            self.add_err(SchemaError(clean.conflict_text()))

    def _init_groups(self, schema: SchemaLike, groups: Mapping[str, Sequence[str]] | None) -> None:
        found: dict[str, Sequence[str]] = {}
        if isinstance(schema, type) and issubclass(schema, Schema):
            found.update(schema.groups())
        found.update(groups or {})
        self.set_groups(found)

    def set_groups(self, groups: Mapping[str, Sequence[str]]) -> None:
        """Name groups of states, for people and tools; behaviour is the same. Raises StateError."""
        self._groups = {
            name: tuple(self._index_of(state) for state in states)
            for name, states in groups.items()
        }

    @property
    def groups(self) -> dict[str, tuple[int, ...]]:
        """State indexes by group."""
        return dict(self._groups)

    @property
    def groups_order(self) -> tuple[str, ...]:
        """Group names in order."""
        return tuple(self._groups)

    @property
    def parent_id(self) -> str:
        """Id of the parent, empty without one."""
        return self.parent.id if self.parent is not None else ""

    @property
    def pipes(self) -> tuple[Note, ...]:
        """Pipes from and to this machine."""
        return tuple(end.note for end in self._pipes)

    @property
    def handler_timeout(self) -> float | None:
        """Seconds a handler may take, None for ever."""
        return self._timeout

    def log(self, text: str) -> None:
        """Put a line of the program's own into the machine's log, at level 1 (external)."""
        self._log(EXTERNAL, "exter", text)

    def _after_fork(self, in_handler: bool) -> None:
        self.instance = secrets.token_hex(8)
        self._lock = threading.RLock()
        if self._thread is not None:
            self._thread.forget()
        if not in_handler and self._draining:
            # A thread that the child doesn't have was draining.
            self._abandon()

    def _warn_of_cycle(self) -> None:
        cycle = self._relations.cycle
        if cycle is not None:
            text = f"relation error: state {cycle} has a Require cycle for {self.id}"
            self._log(CHANGES, "resolver", text)

    def __repr__(self) -> str:
        return f"<Machine {self.id} {self}>"


def _ordered_names(
    machine_id: str, states: Mapping[str, Any], names: Sequence[str] | None
) -> tuple[str, ...]:
    if names is None:
        return tuple(states)
    wanted = tuple(dict.fromkeys(names))
    for name in wanted:
        if name not in states:
            raise SchemaError(
                f"state {name} not defined in schema for {machine_id}{suggest(name, states)}"
            )
    missing = [name for name in states if name not in wanted]
    if missing:
        raise SchemaError(f"names of {machine_id} missing: {' '.join(missing)}")
    return wanted
