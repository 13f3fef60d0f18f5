"""What every part of a machine shares: its data, its log, its tracers."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from asyncmachine.errors import StateError, unknown_state
from asyncmachine.handlers import Binding, HandlerTable
from asyncmachine.mutation import CANCELED, MUTATION_NAMES, Called, Mutation, Result
from asyncmachine.plans import ActiveList, Planner
from asyncmachine.relations import Relations
from asyncmachine.schema import State
from asyncmachine.semlog import CHANGES, OPS, ArgsMapper, LogRecord, default_args_mapper
from asyncmachine.states import EXCEPTION, HEALTHCHECK, HEARTBEAT
from asyncmachine.tracer import Hooks
from asyncmachine.transition import Note, Transition

if TYPE_CHECKING:
    from asyncmachine.machine import Machine
    from asyncmachine.pipe_ends import PipeEnd
    from asyncmachine.subscriptions import Subscriptions
    from asyncmachine.timeouts import HandlerThread
    from asyncmachine.watching import Breakpoint, OnChange, OnError

MAX_CALLED = 8192
QUEUE_KINDS = tuple(f"queue:{name}" for name in MUTATION_NAMES)
PREPEND_KINDS = tuple(f"prepend:{name}" for name in MUTATION_NAMES)
MAX_BUFFER = 1000
"""Log records kept between two transitions; the oldest half goes when there are more."""

LOGGER = logging.getLogger("asyncmachine")

StateName = str


class MachineCore:
    """The machine's data. Written on the draining thread or under ``_lock``; read from anywhere.

    ``_node`` (the interned active list) and ``_ticks`` (a list that is replaced, never changed) are
    each swapped in one assignment, so a reader on any thread sees a whole one.
    """

    id: str
    instance: str
    tags: tuple[str, ...]
    state_names: tuple[str, ...]
    schema: dict[str, State]
    queue_limit: int
    queue_tick: int
    machine_tick: int
    _log_level: int
    logger: logging.Logger

    def _init_core(self, names: tuple[str, ...], clean: Mapping[str, State]) -> None:
        self._lock = threading.RLock()
        self._queue: deque[Mutation] = deque()
        self._draining = False
        self._pending = 0
        self._token = 0
        self.queue_tick = 1
        self.machine_tick = 0
        self._tx: Transition | None = None
        self._err: BaseException | None = None
        self._failures = 0
        self._backoff_until = 0.0
        self._disposing = False
        self._disposed = False
        self._dispose_asked = False
        self._stale = False
        self._bindings: tuple[Binding, ...] = ()
        self._binding_count = 0
        self._hooks = Hooks(())
        self._broken_hooks: set[Any] = set()
        self._log_buffer: list[LogRecord] = []
        self._note_buffer: list[Note] = []
        self._level = 0
        self._collect = 0
        self._subscriptions: Subscriptions | None = None
        self._thread: HandlerThread | None = None
        self._timeout: float | None = None
        self._pipes: list[PipeEnd] = []
        self._on_change: tuple[OnChange, ...] = ()
        self._on_error: tuple[OnError, ...] = ()
        self._breakpoints: tuple[Breakpoint, ...] = ()
        self.args_mapper: ArgsMapper = default_args_mapper
        self._ticks = [0] * len(names)
        self._compile(names, clean)
        self._node = self._planner.list_of(())
        self._plain = False
        self._plain_handlers = False

    def _compile(self, names: tuple[str, ...], clean: Mapping[str, State]) -> None:
        """Compile a clean schema; the caller sets ``_node`` anew."""
        self.state_names = names
        self._relations = Relations(names, dict(clean))
        self._index = self._relations.index
        self._exception = self._index.get(EXCEPTION, -1)
        self._table = HandlerTable(self._bindings, names)
        self._planner = Planner(self._relations, self._table)
        self._called_by_states: dict[tuple[StateName, ...], Called] = {}
        self._called_by_indexes: dict[tuple[int, ...], Called] = {}

    def _handlers_changed(self) -> None:
        """After binding, under the lock: plans know which handlers exist, so they start anew.

        While the queue is drained the plan in flight is finished first: its thread swaps the active
        list without the lock.
        """
        self._stale = self._draining
        if not self._stale:
            self._recompile_handlers()
        self._set_plain()

    def _recompile_handlers(self) -> None:
        self._table = HandlerTable(self._bindings, self.state_names)
        self._planner = Planner(self._relations, self._table)
        self._node = self._planner.list_of(self._node.states)

    def _refresh(self) -> None:
        """On the draining thread, between transitions: take up what ``_handlers_changed`` left."""
        with self._lock:
            self._stale = False
            self._recompile_handlers()
            self._set_plain()

    def _set_plain(self) -> None:
        """Whether nothing watches: a mutation then changes clocks and calls handlers, no more."""
        self._level = max(self._log_level, self._collect)
        self._plain = (
            not self._level
            and not self._stale
            and not self._hooks.any_transition
            and not self._disposing
            and not self._backoff_until
            and not self._on_change
            and not self._breakpoints
            and (self._subscriptions is None or not self._subscriptions.busy)
        )
        self._plain_handlers = self._plain and self._timeout is None and self._thread is None

    # -- names

    def _called(self, states: tuple[StateName, ...]) -> Called:
        """The states named, interned. Raises StateError for an unknown one."""
        try:
            found = self._called_by_states.get(states)
        except TypeError as error:
            text = f"states are named one by one, not as {states!r}"
            raise StateError(text) from error
        if found is not None:
            return found
        indexes = []
        for name in states:
            index = self._index.get(name)
            if index is None:
                raise unknown_state(name, self._index, self.id)
            indexes.append(index)
        found = self._called_of(tuple(dict.fromkeys(indexes)))
        if len(self._called_by_states) >= MAX_CALLED:
            self._called_by_states.clear()
        self._called_by_states[states] = found
        return found

    def _called_of(self, indexes: tuple[int, ...]) -> Called:
        found = self._called_by_indexes.get(indexes)
        if found is None:
            multi = any(self._relations.multi[i] for i in indexes)
            names = self.state_names
            health = len(indexes) == 1 and names[indexes[0]] in (HEARTBEAT, HEALTHCHECK)
            if len(self._called_by_indexes) >= MAX_CALLED:
                self._called_by_indexes.clear()
            found = self._called_by_indexes[indexes] = Called(
                indexes, self._names(indexes), multi, health
            )
        return found

    def _names(self, indexes: Iterable[int]) -> tuple[str, ...]:
        names = self.state_names
        return tuple(names[i] for i in indexes)

    def _index_of(self, name: StateName) -> int:
        index = self._index.get(name)
        if index is None:
            raise unknown_state(name, self._index, self.id)
        return index

    # -- log

    @property
    def collect_level(self) -> int:
        """What is kept on transitions for tracers (0 to 5); raised with ``collect_log``."""
        return self._collect

    def collect_log(self, level: int) -> None:
        """Keep records up to ``level`` on transitions, printing nothing; never lowers it."""
        self._collect = max(self._collect, level)
        self._set_plain()

    @property
    def log_level(self) -> int:
        """Records up to this level (0 nothing to 5 everything) go to ``logger`` as they come."""
        return self._log_level

    @log_level.setter
    def log_level(self, level: int) -> None:
        self._log_level = level
        self._set_plain()

    def _log(self, level: int, kind: str, data: Any = None) -> None:
        if level <= self._level:
            self._keep(LogRecord(level, kind, data))

    def _keep(self, record: LogRecord) -> None:
        if record.level <= self._collect:
            tx = self._tx
            if tx is not None and not tx.completed:
                if type(tx.log_entries) is not list:
                    tx.log_entries = list(tx.log_entries)
                tx.log_entries.append(record)
            else:
                buffer = self._log_buffer
                if len(buffer) >= MAX_BUFFER:
                    del buffer[: MAX_BUFFER // 2]
                buffer.append(record)
        if record.level <= self._log_level:
            severity = logging.ERROR if record.kind == "error" else logging.INFO
            self.logger.log(severity, "[%s] %s", self.id[:5], record.text())

    def _note(self, note: Note) -> None:
        """Tell tracers of a subscription, and keep it for the transition that ends next."""
        hooks = self._hooks
        if not hooks.tracers:
            return
        tx = self._tx
        if tx is not None and not tx.completed:
            if not isinstance(tx.notes, list):
                tx.notes = []
            tx.notes.append(note)
        elif hooks.transition_end:
            self._note_buffer.append(note)
        if hooks.subscription:
            self._fire(hooks.subscription, self, note)

    # -- queue

    def _prepend(self, mutation: Mutation) -> None:
        """Put a mutation at the front of the queue; it owns no queue tick. Drains nothing."""
        with self._lock:
            self._token += 1
            mutation.queue_token = self._token
            mutation.queue_tick_now = self.queue_tick
            self._queue.appendleft(mutation)
            mutation.queue_len = len(self._queue)
            self._announce(mutation)

    def _clear_queue(self) -> None:
        """Drop what waits in the queue, under the lock; queue ticks handed out are lost with it."""
        dropped = list(self._queue)
        self._queue.clear()
        self._pending = 0
        for mutation in dropped:
            self._tell_checked(mutation, CANCELED)

    def _tell_checked(self, mutation: Mutation, result: Result) -> None:
        """Tell whoever asked for a check what came of it."""
        if mutation._on_checked is None:
            return
        try:
            mutation._on_checked(result)
        except Exception as error:
            LOGGER.error("[%s] on_done of a check failed", self.id[:5], exc_info=error)

    def _announce(self, mutation: Mutation) -> None:
        if self._level >= OPS:
            called = mutation._called
            kind = (QUEUE_KINDS if mutation.queue_tick else PREPEND_KINDS)[mutation.type]
            record = None if mutation.args else called.records.get(kind)
            if record is None:
                record = called.record(OPS, kind, mutation.args, self.args_mapper)
            if self._tx is None and not self._log_level:
                self._log_buffer.append(record)
            else:
                self._keep(record)
        for hook in self._hooks.mutation_queued:
            try:
                hook(self, mutation)
            except Exception as error:
                self._hook_failed(hook, error)
        for point in self._breakpoints:
            if point.meets(mutation, self._node.mask):
                point.hit(self)

    # -- errors

    def _failed(self, error: BaseException) -> None:
        """Remember the machine's last error, and tell ``on_error`` callbacks."""
        self._err = error
        for callback in self._on_error:
            try:
                callback(self._self, error)
            except Exception as failure:
                LOGGER.error("[%s] on_error callback failed", self.id[:5], exc_info=failure)

    # -- tracers

    def _fire(self, hooks: tuple[Callable[..., Any], ...], *args: Any) -> None:
        """Call tracers; one that raises is logged once and goes on being called."""
        for hook in hooks:
            try:
                hook(*args)
            except Exception as error:
                self._hook_failed(hook, error)

    def _hook_failed(self, hook: Callable[..., Any], error: Exception) -> None:
        if hook in self._broken_hooks:
            return
        self._broken_hooks.add(hook)
        LOGGER.error("[%s] tracer hook %r failed", self.id[:5], hook, exc_info=error)
        self._log(CHANGES, "error", (None, f"tracer hook {hook!r} failed: {error}", ""))

    @property
    def _self(self) -> Machine:
        """This machine, for calls that want the whole of it."""
        return cast("Machine", self)

    @property
    def transition(self) -> Transition | None:
        """The transition that is running, if any."""
        return self._tx

    @property
    def active_list(self) -> ActiveList:
        """The interned list of active states, in the machine's own order."""
        return self._node
