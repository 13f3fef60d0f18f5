"""The dbg exporter: shows machines in the debugger, live, and never lets them notice.

::

    from telemetry import bind_dbg
    bind_dbg(machine)

A tracer appends references to an outbox, on the machine's thread; a sender thread does the rest.
With no debugger listening nothing happens but that; one that is started later gets what the outbox
holds.
"""

from __future__ import annotations

import os
import secrets
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from asyncmachine import Tracer
from asyncmachine.clock import now_ns
from telemetry.address import AddressError, parse_address
from telemetry.args import ArgsMapper, named
from telemetry.encode_dbg import Feed, SchemaRecord
from telemetry.environment import OPS, Settings, debugger_address, debugger_token, service_name
from telemetry.messages import DEFAULT_ADDR
from telemetry.outbox import GONE, QUEUED, SCHEMA, TRANSITION
from telemetry.sender import LOGGER, Sender, Stats
from telemetry.senders import on_fork, sender_for
from telemetry.stacks import StackFormatter, capture

if TYPE_CHECKING:
    from asyncmachine import Machine, Mutation, State, Transition

__all__ = ["DbgExporter", "Stats", "bind_dbg", "bind_from_env"]

# Estimated bytes that an item keeps from being freed; measured, see benchmarks/exporter.py.
TRANSITION_COST = 750
QUEUED_COST = 450
LOG_COST = 200
STATE_COST = 8
SCHEMA_STATE_COST = 300

KERNEL_FRAMES = 4
"""Frames between a mutation's caller and the hook that are the kernel's own, at least."""

_tracers: weakref.WeakSet[DbgTracer] = weakref.WeakSet()


def bind_dbg(
    machine: Machine,
    addr: str | None = None,
    *,
    inherit: bool = True,
    args: ArgsMapper | None = None,
    token: str | None = None,
    service: str | None = None,
    max_messages: int | None = None,
    max_bytes: int | None = None,
) -> DbgExporter:
    """Shows ``machine`` in the debugger at ``addr``, and its future children if ``inherit``.

    addr: ``HOST:PORT``, ``[IPV6]:PORT`` or ``unix:PATH``; None: ``AM_DBG_ADDR``, else
    ``localhost:6831``. args: which arguments to show, as text (``telemetry.args.named`` makes such
    a mapper); it runs in the sender thread. token, service: None takes ``AM_DBG_TOKEN``,
    ``AM_SERVICE``. max_messages, max_bytes: bound of the outbox that all machines of this process
    share for this address; the latest ones given hold.

    Returns at once, whether anybody listens or not. A machine is bound to an address once: binding
    again returns a handle to the same. Raises ValueError if the address is none.
    """
    address = parse_address(addr or debugger_address() or DEFAULT_ADDR)
    sender = sender_for(
        address,
        service or service_name(),
        debugger_token() if token is None else token,
        max_messages,
        max_bytes,
    )
    for bound in machine.tracers:
        if isinstance(bound, DbgTracer) and bound.sender is sender:
            return DbgExporter(machine, bound)
    tracer = DbgTracer(sender, inherit, args or named(), Settings.from_env())
    tracer.attach(machine)
    return DbgExporter(machine, tracer)


def bind_from_env(machine: Machine) -> DbgExporter | None:
    """Binds what the environment asks for: the debugger if ``AM_DBG_ADDR`` is set (``1``: default).

    Never raises for a wrong value: one warning is logged, and the program goes on without.
    """
    addr = debugger_address()
    if addr is None:
        return None
    try:
        return bind_dbg(machine, addr)
    except AddressError as error:
        _warn_once(f"AM_DBG_ADDR: {error}; machines are not shown in a debugger")
        return None


_warned: set[str] = set()


def _warn_once(text: str) -> None:
    if text not in _warned:
        _warned.add(text)
        LOGGER.warning(text)


class DbgExporter:
    """A machine's binding to a debugger."""

    def __init__(self, machine: Machine, tracer: DbgTracer) -> None:
        self._machine = weakref.ref(machine)
        self._tracer = tracer

    @property
    def address(self) -> str:
        """Where the debugger is looked for."""
        return str(self._tracer.sender.address)

    def stats(self) -> Stats:
        """Counts of all machines of this process that report to this address."""
        return self._tracer.sender.stats()

    def flush(self, timeout: float = 2.0) -> bool:
        """Waits until the debugger has answered everything so far; false after ``timeout`` s."""
        return self._tracer.sender.flush(timeout)

    def unbind(self) -> None:
        """Ends the binding; what was appended is still sent. Idempotent."""
        machine = self._machine()
        if machine is not None and self._tracer in machine.tracers:
            machine.detach_tracer(self._tracer)
        self._tracer.forget()


class DbgTracer(Tracer):
    """Appends what one machine does to the outbox. Its methods run on the machine's thread."""

    wants_handlers: ClassVar[bool] = True

    def __init__(
        self, sender: Sender, inherit: bool, mapper: ArgsMapper, settings: Settings
    ) -> None:
        self.sender = sender
        self._inherit = inherit
        self._mapper = mapper
        self._settings = settings
        self._stacks = settings.stacks
        self._formatter = StackFormatter(settings.stack_filter)
        self._append = sender.outbox.append
        self._feed = Feed("", "")
        self._machine: Callable[[], Machine | None] = _no_machine
        self._gone = False
        self._cost = TRANSITION_COST
        # The records of a mutation and its change: shared by all transitions of a plan.
        self._usual = 3 if settings.log_level >= OPS else max(settings.log_level - 1, 0)

    def attach(self, machine: Machine) -> None:
        """Binds this tracer to its machine and appends the schema."""
        machine.collect_log(self._settings.log_level)
        self._machine = weakref.ref(machine)
        self._cost = TRANSITION_COST + STATE_COST * len(machine.state_names)
        self._feed = Feed(
            machine.id,
            machine.instance,
            service=self.sender.service,
            mapper=self._mapper,
            settings=self._settings,
            formatter=self._formatter,
        )
        _tracers.add(self)
        weakref.finalize(machine, self._append, self._feed, GONE, None, None, 0).atexit = False
        # First the schema: another thread may be running the machine.
        self._append_schema(machine)
        self._set_hot_hooks()
        machine.bind_tracer(self)

    def forget(self) -> None:
        """The machine is gone, or not to be shown any more."""
        if not self._gone:
            self._gone = True
            self._append(self._feed, GONE, None, None, 0)

    def restart_in_child(self) -> None:
        """After a fork: the machine here is another one, and announced when it does something."""
        machine = self._machine()
        if machine is not None:
            self._feed.restart(secrets.token_hex(8), machine.time())

    def _set_hot_hooks(self) -> None:
        """The two hooks of every transition, as closures: that saves them attributes."""
        append, feed, usual, stacks = self._append, self._feed, self._usual, self._stacks
        usual_cost = self._cost

        def mutation_queued(machine: Machine, mutation: Mutation) -> None:
            # The machine itself makes the automatic ones: nobody has called.
            now = now_ns()
            moment = capture(now, KERNEL_FRAMES) if stacks and not mutation.auto else (now,)
            cost = QUEUED_COST if not mutation.args else QUEUED_COST + _args_cost(mutation.args)
            append(feed, QUEUED, mutation, moment, cost)

        def transition_end(tx: Transition) -> None:
            cost = usual_cost
            if len(tx.log_entries) + len(tx.pre_log_entries) > usual:
                cost += _log_cost(tx)
            append(feed, TRANSITION, tx, None, cost)

        self.mutation_queued = mutation_queued  # type: ignore[method-assign]
        self.transition_end = transition_end  # type: ignore[method-assign]

    # -- hooks

    def new_submachine(self, parent: Machine, machine: Machine) -> None:
        """Binds a child as its parent is bound."""
        if self._inherit:
            tracer = DbgTracer(self.sender, True, self._mapper, self._settings)
            tracer.attach(machine)

    def verify_states(self, machine: Machine) -> None:
        """Appends the schema in its new order."""
        self._append_schema(machine)

    def schema_change(self, machine: Machine, old: dict[str, State]) -> None:
        """Appends the new schema."""
        self._append_schema(machine)

    def machine_dispose(self, machine_id: str) -> None:
        """Appends the machine's end."""
        self.forget()

    def _append_schema(self, machine: Machine) -> None:
        record = record_schema(machine)
        self._append(self._feed, SCHEMA, record, None, SCHEMA_STATE_COST * len(record.names))


def record_schema(machine: Machine) -> SchemaRecord:
    """The machine's schema and clocks as they are now."""
    return SchemaRecord(
        names=tuple(machine.state_names),
        states=dict(machine.schema),
        groups=dict(machine.groups),
        groups_order=tuple(machine.groups_order),
        parent=machine.parent_id or "",
        tags=tuple(machine.tags),
        clocks=tuple(machine.time()),
        queue_tick=machine.queue_tick,
        machine_tick=machine.machine_tick,
        time=now_ns(),
        pipes=tuple(machine.pipes),
    )


def _args_cost(args: Any) -> int:
    """Bytes that the arguments keep, roughly: texts count whole, anything else a little."""
    cost = 0
    for value in args.values():
        cost += 64
        if value.__class__ is str or value.__class__ is bytes:
            cost += len(value)
    return cost


def _log_cost(tx: Transition) -> int:
    """Bytes that a transition's log records keep, roughly; the program's own texts count whole."""
    cost = 0
    for records in (tx.log_entries, tx.pre_log_entries):
        for record in records:
            cost += LOG_COST
            if record.data.__class__ is str:
                cost += len(record.data)
    return cost


def _no_machine() -> None:
    """Not attached yet."""


def _restart_tracers() -> None:
    for tracer in list(_tracers):
        try:
            tracer.restart_in_child()
        except Exception as error:
            LOGGER.debug("a machine can't be shown in process %d", os.getpid(), exc_info=error)


on_fork(_restart_tracers)
