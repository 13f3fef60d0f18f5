"""From kernel objects to dbg messages: one ``Feed`` a machine, pure, for the sender thread only.

A feed keeps the machine's clocks as the reader of its messages knows them. Transitions go as the
ticks they added; the whole clocks go first, after a loss, a reconnect or a schema change, and at
least every 256 messages. Losses are applied too, so the differences always add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec

from telemetry.args import ArgsMapper, map_args, named, text_of
from telemetry.environment import Settings
from telemetry.messages import (
    DbgMsgGap,
    DbgMsgStruct,
    DbgMsgTx,
    HandlerCall,
    LogEntry,
    Note,
    StateDef,
)
from telemetry.outbox import Loss
from telemetry.stacks import Stack, StackFormatter

if TYPE_CHECKING:
    from asyncmachine import Mutation, State, Transition
    from asyncmachine.semlog import LogRecord
    from asyncmachine.steps import Step

KEYFRAME = 256
"""The whole clocks go at least with every so many messages."""

LOG_LIMIT = 16_384
"""Longest log text sent, in characters."""

_LIBRARY = f"asyncmachine/{metadata.version('am-dbg')}"
_KNOWN = 1024
_pack_step = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, eq=False)
class SchemaRecord:
    """A machine's schema and clocks at one moment, taken on the machine's thread."""

    names: tuple[str, ...]
    states: Mapping[str, State]
    groups: Mapping[str, Iterable[int]]
    groups_order: Iterable[str]
    parent: str
    tags: Iterable[str]
    clocks: tuple[int, ...]
    queue_tick: int
    machine_tick: int
    time: int
    pipes: Iterable[Any] = ()


class Snapshot(NamedTuple):
    """Schema and clocks of a machine at one point of its messages."""

    record: SchemaRecord
    clocks: tuple[int, ...]
    time: int


@dataclass(eq=False)
class Feed:
    """One machine's messages, in order, and what their reader knows after each."""

    machine_id: str
    instance: str
    service: str = ""
    mapper: ArgsMapper = field(default_factory=named)
    settings: Settings = field(default_factory=Settings)
    formatter: StackFormatter = field(default_factory=StackFormatter)

    record: SchemaRecord | None = None
    """The schema in force; None before the first one."""
    announced: bool = False
    """Whether the reader was told of the schema."""
    clocks: list[int] = field(default_factory=list)
    seq: int = 0
    time: int = 0
    """Of the last message, Unix ns."""
    whole: bool = True
    """The next transition must carry the whole clocks."""
    since_whole: int = 0
    last_tx: str = ""
    queued: int = 0
    """Queued mutations since the last transition."""
    _ticks: list[int] | None = None
    _entries: dict[int, tuple[LogRecord, LogEntry]] = field(default_factory=dict)
    _steps: dict[int, tuple[tuple[Step, ...], list[msgspec.Raw]]] = field(default_factory=dict)

    def snapshot(self) -> Snapshot | None:
        """What the reader knows now, or None if it knows nothing."""
        if self.record is None or not self.announced:
            return None
        return Snapshot(self.record, tuple(self.clocks), self.time)

    def schema_changed(self, record: SchemaRecord) -> DbgMsgStruct:
        """The message of a new schema, the first one included."""
        self.record = record
        self.clocks = list(record.clocks)
        self.time = max(self.time, record.time)
        return self.announce()

    def announce(self, known: Snapshot | None = None) -> DbgMsgStruct:
        """The schema with clocks: as of now, or of an earlier point of the messages.

        Raises ValueError before the first schema.
        """
        record = known.record if known else self.record
        if record is None:
            raise ValueError(f"machine {self.machine_id} has no schema yet")
        self.announced = self.whole = True
        return DbgMsgStruct(
            id=self.machine_id,
            states_index=list(record.names),
            states={name: _state_def(record.states[name]) for name in record.names},
            groups={name: list(indexes) for name, indexes in record.groups.items()},
            groups_order=list(record.groups_order),
            parent=record.parent,
            tags=list(record.tags),
            instance=self.instance,
            clocks=list(known.clocks if known else self.clocks),
            queue_tick=record.queue_tick,
            machine_tick=record.machine_tick,
            service=self.service,
            library=_LIBRARY,
            time=known.time if known else self.time,
            pipes=[_note(pipe) for pipe in record.pipes],
        )

    def lost(self, loss: Loss, reason: str) -> list[DbgMsgGap | DbgMsgStruct]:
        """What tells the reader of a loss: a gap, and the schema if that was lost or never sent."""
        first = self.seq + 1
        self.seq += loss.lost
        self.queued += loss.lost
        self.whole = True
        self.time = max(self.time, loss.until)
        if loss.schema is not None:
            self.record = loss.schema
            self.clocks = list(loss.schema.clocks)
        for index, ticks in loss.changes.items():
            self.clocks[index] += ticks
        told: list[DbgMsgGap | DbgMsgStruct] = []
        if loss.lost:
            told.append(
                DbgMsgGap(
                    machine_id=self.machine_id,
                    instance=self.instance,
                    lost=loss.lost,
                    first_seq=first,
                    last_seq=self.seq,
                    since=loss.since,
                    until=loss.until,
                    reason=reason,
                )
            )
        if not self.announced:
            told.insert(0, self.announce())
        elif loss.schema is not None:
            told.append(self.announce())
        return told

    def transition(self, tx: Transition) -> DbgMsgTx:
        """The message of an executed, canceled or checked transition."""
        self.seq += 1
        clocks, ticks = self._advance(tx)
        self.last_tx = tx.id
        self.queued = 0
        self.time = tx.ended
        mutation = tx.mutation
        message = DbgMsgTx(
            machine_id=self.machine_id,
            instance=self.instance,
            id=tx.id,
            seq=self.seq,
            time=tx.ended,
            duration=tx.ended - tx.started if tx.started else 0,
            clocks=clocks,
            ticks=ticks,
            queue_tick=mutation.queue_tick or mutation.queue_tick_now,
            mut_queue_token=mutation.queue_token,
            mut_queue_tick=mutation.queue_tick,
            type=mutation.type,
            called_states_idxs=list(mutation.called),
            queue=tx.queue_len,
            is_auto=tx.auto,
            accepted=tx.accepted,
            is_check=tx.check,
            source=mutation.source,
        )
        try:
            self._add_details(message, tx)
        except Exception as error:
            message.log_entries = [(1, f"[telemetry] details left out: {text_of(error)}")]
        return message

    def restart(self, instance: str, clocks: Iterable[int]) -> None:
        """In a forked process: the same machine begins anew, as another instance."""
        self.instance = instance
        self.clocks = list(clocks)
        self.announced = False
        self.whole = True
        self.seq = self.since_whole = self.queued = 0
        self.last_tx = ""

    def queued_mutation(self, mutation: Mutation, moment: Stack) -> DbgMsgTx:
        """The message of a mutation being queued, at that moment, by those callers."""
        time = moment[0]
        self.seq += 1
        self.since_whole += 1
        self.time = time
        message = DbgMsgTx(
            machine_id=self.machine_id,
            instance=self.instance,
            id=f"{self.last_tx}-{self.queued}",
            seq=self.seq,
            time=time,
            clocks=self.clocks.copy() if self.whole else None,
            queue_tick=mutation.queue_tick_now,
            mut_queue_token=mutation.queue_token,
            mut_queue_tick=mutation.queue_tick,
            type=mutation.type,
            called_states_idxs=list(mutation.called),
            queue=mutation.queue_len,
            is_auto=mutation.auto,
            accepted=True,
            is_check=mutation.check,
            is_queued=True,
            source=mutation.source,
            stack_trace=self.formatter.text(moment),
        )
        self.queued += 1
        if mutation.args and self.settings.args:
            message.args = map_args(self.mapper, mutation.args)
        return message

    def _advance(self, tx: Transition) -> tuple[list[int] | None, list[tuple[int, int]] | None]:
        """Moves the clocks on. Tells them whole, or what was added, or neither if nothing was."""
        changed = tx.changed
        clocks = self.clocks
        for index, ticks in changed:
            clocks[index] += ticks
        self.since_whole += 1
        # Each transition begins with the list that the one before it left, unless the machine was
        # bound, or imported clocks, in between.
        if tx._before is not self._ticks:
            self.whole = True
        self._ticks = tx._ticks
        if self.whole or self.since_whole >= KEYFRAME:
            if len(tx.after) == len(clocks):
                clocks[:] = tx.after
            self.whole = False
            self.since_whole = 0
            return clocks.copy(), None
        return None, list(changed) or None

    def _add_details(self, message: DbgMsgTx, tx: Transition) -> None:
        message.steps = self._packed(tx.step_parts)
        mutation = tx.mutation
        if mutation.args and self.settings.args:
            message.args = map_args(self.mapper, mutation.args)
        if tx.handlers:
            message.handlers = [cast(HandlerCall, tuple(call)) for call in tx.handlers]
        if tx.log_entries:
            message.log_entries = [self._log_entry(r) for r in tx.log_entries]
        if tx.pre_log_entries:
            message.pre_log_entries = [self._log_entry(r) for r in tx.pre_log_entries]
        if tx.notes:
            hidden = self.settings.hidden_notes
            message.notes = [_note(note) for note in tx.notes if note[0] not in hidden]

    def _log_entry(self, record: LogRecord) -> LogEntry:
        """The record as text; most are shared by all transitions of a plan."""
        known = self._entries.get(id(record))
        if known is None or known[0] is not record:
            if len(self._entries) >= _KNOWN:
                self._entries.clear()
            known = self._entries[id(record)] = (record, (record.level, _log_text(record)))
        return known[1]

    def _packed(self, parts: tuple[tuple[Step, ...], ...]) -> list[Any]:
        """The steps, each encoded already; parts are shared by all transitions of a plan."""
        packed: list[msgspec.Raw] = []
        for part in parts:
            known = self._steps.get(id(part))
            if known is None or known[0] is not part:
                if len(self._steps) >= _KNOWN:
                    self._steps.clear()
                steps = [msgspec.Raw(_pack_step(step)) for step in part]
                known = self._steps[id(part)] = (part, steps)
            packed += known[1]
        return packed


def _state_def(state: State) -> StateDef:
    return StateDef(
        auto=state.auto,
        multi=state.multi,
        require=list(state.require),
        add=list(state.add),
        remove=list(state.remove),
        after=list(state.after),
        tags=list(state.tags),
    )


def _log_text(record: LogRecord) -> str:
    try:
        text = record.text()
    except Exception as error:  # an argument of the program that can't be printed
        text = f"[{record.kind}] <{type(error).__name__} when printed>"
    return text if len(text) <= LOG_LIMIT else text[:LOG_LIMIT] + "…"


def _note(note: Any) -> Note:
    kind, op, indexes, data = note
    return kind, op, list(indexes), data
