"""Mutations: what is asked of a machine, where it came from, and how it was answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any, ClassVar, NamedTuple

from asyncmachine.semlog import LogRecord


class MutationType(IntEnum):
    """Kinds of mutation, as they travel on the wire."""

    ADD = 0
    REMOVE = 1
    SET = 2
    EVAL = 3


ADD, REMOVE, SET, EVAL = 0, 1, 2, 3
MUTATION_NAMES = ("add", "remove", "set", "eval")

NO_ARGS: Mapping[str, Any] = {}
"""The arguments of a mutation without any; shared, never changed."""


class Result(int):
    """How a mutation was answered: executed (0), canceled (1), or queued (2 or more).

    A queued one has ``tick``: the machine's queue tick at which it will run, 0 when it was put at
    the front of the queue and owns none. True unless canceled.
    """

    tick: int
    EXECUTED: ClassVar[Result]
    CANCELED: ClassVar[Result]
    QUEUED: ClassVar[Result]

    def __new__(cls, value: int, tick: int = 0) -> Result:
        """``value`` is 0, 1 or 2; ``tick`` goes with 2."""
        result = super().__new__(cls, value)
        result.tick = tick
        return result

    @property
    def executed(self) -> bool:
        """Done: the states are now as asked for (or, within a handler, will be anyway)."""
        return self == 0

    @property
    def canceled(self) -> bool:
        """Refused, by relations, a handler, an error, or the state of the machine."""
        return self == 1

    @property
    def queued(self) -> bool:
        """Waiting: the machine is busy, the mutation runs later."""
        return self == 2

    def __bool__(self) -> bool:
        return self != 1

    def __repr__(self) -> str:
        return f"Result({self})"

    def __str__(self) -> str:
        if self == 2 and self.tick:
            return f"queued at {self.tick}"
        return ("executed", "canceled", "queued")[min(self, 2)]

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


EXECUTED = Result.EXECUTED = Result(0)
CANCELED = Result.CANCELED = Result(1)
QUEUED = Result.QUEUED = Result(2)


class Source(NamedTuple):
    """Where a mutation was made: inside which transition of which machine.

    machine_time: sum of that machine's ticks before that transition. handler: its name, or None.
    """

    machine_id: str
    tx_id: str
    machine_time: int
    handler: str | None


class Called:
    """The states a mutation names, interned per machine: parsed and checked once."""

    __slots__ = ("any_multi", "health", "indexes", "mask", "names", "records")

    def __init__(
        self, indexes: tuple[int, ...], names: tuple[str, ...], any_multi: bool, health: bool
    ) -> None:
        self.indexes = indexes
        self.names = names
        self.any_multi = any_multi
        self.health = health
        self.records: dict[str, LogRecord] = {}
        mask = 0
        for index in indexes:
            mask |= 1 << index
        self.mask = mask

    def record(self, level: int, kind: str, args: Mapping[str, Any], mapper: Any) -> LogRecord:
        """The log record of a mutation of these states; without arguments a shared one."""
        if args:
            return LogRecord(level, kind, (self.names, args, mapper))
        found = self.records.get(kind)
        if found is None:
            found = self.records[kind] = LogRecord(level, kind, (self.names, NO_ARGS, None))
        return found


class Mutation:
    """One thing asked of a machine. Read only for tracers and handlers.

    type: 0 add, 1 remove, 2 set, 3 eval. called: state indexes in the order called, no repeats.
    queue_tick: the machine's queue tick when it runs, 0 for one put at the front of the queue;
    queue_token: running number of those (auto, checks, errors after an exception), else 0.
    queue_tick_now, queue_len: the queue's tick and length (itself included) when it was queued.
    """

    # Defaults are the class's: making a mutation is on the hot path.
    _result: Result | None = None
    _eval: Callable[[], None] | None = None
    _on_checked: Callable[[Result], Any] | None = None
    auto = False
    check = False
    failure = False
    queue_tick = 0
    queue_token = 0
    queue_tick_now = 0
    queue_len = 1

    def __init__(self, type: int, called: Called, args: Mapping[str, Any], source: Any) -> None:  # noqa: A002 - the wire's name for it
        self.type = type
        self._called = called
        self.args = args
        self._source = source

    @property
    def called(self) -> tuple[int, ...]:
        """Indexes of the states named, in the order called."""
        return self._called.indexes

    @property
    def source(self) -> Source | None:
        """The handler's transition in which this was made, or None when made from outside."""
        origin = self._source
        if origin is None or isinstance(origin, Source):
            return origin
        found: Source = origin.as_source()
        self._source = found
        return found

    @property
    def type_name(self) -> str:
        """``add``, ``remove``, ``set`` or ``eval``."""
        return MUTATION_NAMES[self.type]
