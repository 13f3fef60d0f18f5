"""Messages of Go's exporter, present and of 2024, as dbg protocol messages.

Fields are matched by name; what a message lacks is its zero value. Old messages have names instead
of state indexes, and a step's relation or handler name in a field of its own, ``Data``.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from msgspec import Struct, field

from telemetry.messages import (
    FLAG_ENTER,
    FLAG_FINAL,
    FLAG_SELF,
    STEP_HANDLER,
    STEP_RELATION,
    DbgMsgStruct,
    DbgMsgTx,
    LogEntry,
    StateDef,
    Step,
    Uint,
)

ANY = "Any"

_UNIX_EPOCH = 62_135_596_800
"""Seconds from the year 1, where Go's time begins, to 1970."""

_HANDLER_ENDS = (
    ("State", FLAG_FINAL | FLAG_ENTER),
    ("End", FLAG_FINAL),
    ("Enter", FLAG_ENTER),
    ("Exit", 0),
)


class GoState(Struct, rename="pascal"):
    """One state of a schema."""

    auto: bool = False
    multi: bool = False
    require: list[str] = []
    add: list[str] = []
    remove: list[str] = []
    after: list[str] = []
    tags: list[str] = []


class GoStruct(Struct, rename="pascal"):
    """A schema message."""

    id: str = field(default="", name="ID")
    states_index: list[str] = []
    states: dict[str, GoState] = {}
    groups: dict[str, list[Uint]] = {}
    groups_order: list[str] = []
    parent: str = ""
    tags: list[str] = []


class GoStep(Struct, rename="pascal"):
    """One step; ``data`` is a relation's number or a handler's name, in old messages only."""

    type: int = 0
    rel_type: int = 0
    is_final: bool = False
    is_self: bool = False
    is_enter: bool = False
    from_state: str = ""
    to_state: str = ""
    data: Any = None


class GoLogEntry(Struct, rename="pascal"):
    """One line of the log."""

    level: int = 0
    text: str = ""


class GoTx(Struct, rename="pascal"):
    """A transition message. ``time`` is Go's own encoding of a time, in dumps only."""

    machine_id: str = field(default="", name="MachineID")
    id: str = field(default="", name="ID")
    clocks: list[Uint] | None = None
    queue_tick: Uint = 0
    mut_queue_token: Uint = 0
    mut_queue_tick: Uint = 0
    type: int = 0
    called_states: list[str] = []
    called_states_idxs: list[int] = []
    steps: list[GoStep] = []
    log_entries: list[GoLogEntry] = []
    pre_log_entries: list[GoLogEntry] = []
    queue: int = 0
    time: bytes = b""
    is_auto: bool = False
    accepted: bool = False
    is_check: bool = False
    is_queued: bool = False
    args: dict[str, str] = {}
    queue_dump: list[str] = []
    stack_trace: str = ""


Go = TypeVar("Go", bound=Struct)


class GoShapeError(ValueError):
    """A value that isn't the message it should be; the text says which field and why."""


def struct_from_go(value: Any) -> DbgMsgStruct:
    """A schema message. Raises GoShapeError."""
    go = _convert(value, GoStruct)
    if not go.id:
        raise GoShapeError("a schema without the machine's ID")
    return DbgMsgStruct(
        id=go.id,
        states_index=go.states_index or sorted(go.states),
        states={
            name: StateDef(s.auto, s.multi, s.require, s.add, s.remove, s.after, s.tags)
            for name, s in go.states.items()
        },
        groups=go.groups,
        groups_order=go.groups_order,
        parent=go.parent,
        tags=go.tags,
    )


def tx_from_go(value: Any, index: dict[str, int]) -> DbgMsgTx:
    """A transition message; ``index``: state name -> place. Raises GoShapeError."""
    go = _convert(value, GoTx)
    if not 0 <= go.type <= 3:
        raise GoShapeError(f"a mutation of the unknown type {go.type}")
    called = go.called_states_idxs or [index.get(name, -1) for name in go.called_states]
    return DbgMsgTx(
        machine_id=go.machine_id,
        id=go.id,
        time=go_time(go.time),
        clocks=go.clocks,
        queue_tick=go.queue_tick,
        mut_queue_token=go.mut_queue_token,
        mut_queue_tick=go.mut_queue_tick,
        type=go.type,
        called_states_idxs=[max(state, -1) for state in called],
        steps=[_step(step, index) for step in go.steps],
        log_entries=_log(go.log_entries),
        pre_log_entries=_log(go.pre_log_entries),
        queue=max(go.queue, 0),
        is_auto=go.is_auto,
        accepted=go.accepted,
        is_check=go.is_check,
        is_queued=go.is_queued,
        args=go.args,
        queue_dump=go.queue_dump,
        stack_trace=go.stack_trace,
    )


def go_time(data: bytes) -> int:
    """A time.Time in Unix ns; 0 when there is none, or when it is before 1970."""
    if len(data) < 15 or data[0] not in (1, 2):
        return 0
    seconds = int.from_bytes(data[1:9], "big", signed=True) - _UNIX_EPOCH
    nanoseconds = int.from_bytes(data[9:13], "big")
    return max(seconds * 1_000_000_000 + nanoseconds, 0)


def _step(step: GoStep, index: dict[str, int]) -> Step:
    start, end = step.from_state, step.to_state
    flags = FLAG_FINAL * step.is_final + FLAG_SELF * step.is_self + FLAG_ENTER * step.is_enter
    data: int | None = None
    if step.type == STEP_RELATION:
        data = step.data if isinstance(step.data, int) else step.rel_type
    elif step.type == STEP_HANDLER and isinstance(step.data, str):
        start, end, flags = _handler(step.data, start, end, flags)
    return step.type, _place(start, index), _place(end, index), flags, data


def _handler(name: str, start: str, end: str, flags: int) -> tuple[str, str, int]:
    """From, to and flags of an old handler step: only its handler's name is reliable."""
    for ending, expected in _HANDLER_ENDS:
        state = name.removesuffix(ending)
        if state == name or state not in (start, end, ANY):
            continue
        if state == ANY:
            return ANY, ANY, expected
        return (state, "", expected) if ending == "Exit" else ("", state, expected)
    return start, end, flags


def _place(name: str, index: dict[str, int]) -> int | str:
    return index.get(name, name) if name else -1


def _log(entries: list[GoLogEntry]) -> list[LogEntry]:
    return [(min(max(entry.level, 0), 5), entry.text) for entry in entries]


def _convert(value: Any, kind: type[Go]) -> Go:
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, ValueError) as error:
        raise GoShapeError(str(error)) from None
