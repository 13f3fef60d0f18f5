"""Transitions: one mutation's life, and the event that its handlers see."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from asyncmachine.clock import ANCHOR, Time
from asyncmachine.mutation import Mutation, Source
from asyncmachine.steps import Step, step_text

if TYPE_CHECKING:
    from asyncmachine.machine import Machine
    from asyncmachine.plans import Changes, Plan
    from asyncmachine.semlog import LogRecord

_serials = itertools.count(1)
_SPREAD = 0x9E3779B97F4A7C15  # odd, so that distinct serials give distinct ids
_salt = int.from_bytes(os.urandom(8), "big")


def _new_salt() -> None:
    global _salt
    _salt = int.from_bytes(os.urandom(8), "big")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_new_salt)


class HandlerRecord(NamedTuple):
    """One handler call: name, number of its set, start (ns into the transition), duration (ns).

    outcome: ``ok``, ``refused``, ``error``, ``timeout``, or ``skipped`` when an earlier error had
    broken the transition.
    """

    name: str
    number: int
    start: int
    duration: int
    outcome: str


class Note(NamedTuple):
    """A subscription, context or pipe that came (``new``), was met (``match``) or is ``gone``.

    kind: ``when when_not when_time when_args when_queue when_query ctx pipe_in pipe_out``. states:
    indexes. data: ticks, args, queue tick, or [machine id, state, mutation] for pipes.
    """

    kind: str
    op: str
    states: tuple[int, ...]
    data: Any


class Transition:
    """One mutation being carried out. Tracers and handlers read it; only the machine writes it.

    accepted: by relations and handlers, and without an error. completed: nothing more will happen.
    targets, enters, exits: state indexes in order. notes: subscriptions met or made meanwhile.
    step_parts: the steps in pieces, most of them shared by all transitions of one plan.
    log_entries: records made while it ran; pre_log_entries: since the transition before it.
    error: what a handler raised.
    """

    # Defaults are the class's: making a transition is on the hot path.
    completed = False
    handlers: Sequence[HandlerRecord] = ()
    log_entries: Sequence[LogRecord] = ()
    pre_log_entries: Sequence[LogRecord] = ()
    notes: Sequence[Note] = ()
    queue_len = 0
    _began = 0
    _over = 0
    error: BaseException | None = None

    def __init__(self, machine: Machine, mutation: Mutation, plan: Plan, ticks: list[int]) -> None:
        self.machine = machine
        self.mutation = mutation
        self._plan = self._settled = plan
        self._before = self._committed = self._ticks = ticks
        self.accepted = plan.accepted
        self.targets = plan.targets
        self.step_parts = plan.parts

    @property
    def id(self) -> str:
        """16 hex characters, unique; made when first asked for."""
        found: str | None = self.__dict__.get("_id")
        if found is None:
            number = _salt + next(_serials) * _SPREAD
            # setdefault: a tracer's thread and the machine's may ask at once.
            found = self.__dict__.setdefault("_id", f"{number & 0xFFFFFFFFFFFFFFFF:016x}")
        return found

    @property
    def auto(self) -> bool:
        """Made by the machine for its auto states."""
        return self.mutation.auto

    @property
    def check(self) -> bool:
        """A dry run: changes nothing, calls negotiation handlers only."""
        return self.mutation.check

    @property
    def called(self) -> tuple[int, ...]:
        """Indexes of the states that were asked for."""
        return self.mutation.called

    @property
    def before(self) -> Time:
        """All ticks before it."""
        return Time(self._before)

    @property
    def after(self) -> Time:
        """All ticks when it ended (so far, while it runs)."""
        return Time(self._ticks)

    @property
    def committed(self) -> Time:
        """All ticks as set ahead of the final handlers: without what an error there took back."""
        return Time(self._committed)

    @property
    def changed(self) -> Changes:
        """(state index, ticks added) for each state whose clock moved. Shared, don't change."""
        ticks = self._ticks
        if ticks is self._before:
            return ()
        if ticks is self._committed:
            return self._settled.changes
        before = self._before
        return tuple((i, t - before[i]) for i, t in enumerate(ticks) if t != before[i])

    def clock_before(self) -> dict[str, int]:
        """Ticks before it, by state name."""
        return dict(zip(self.machine.state_names, self._before, strict=False))

    def clock_after(self) -> dict[str, int]:
        """Ticks when it ended, by state name."""
        return dict(zip(self.machine.state_names, self._ticks, strict=False))

    @property
    def added(self) -> tuple[int, ...]:
        """Indexes of the states that are active now and were not, or are so again."""
        return tuple(state for state, _ in self.changed if self._ticks[state] & 1)

    @property
    def removed(self) -> tuple[int, ...]:
        """Indexes of the states that were active and are not any more."""
        before = self._before
        return tuple(s for s, added in self.changed if before[s] & 1 and added & 1)

    @property
    def touched(self) -> tuple[int, ...]:
        """Indexes of all states that a step names, ascending: whatever the resolver looked at."""
        ends = (end for _kind, source, target, *_ in self.steps for end in (source, target))
        return tuple(sorted({end for end in ends if isinstance(end, int) and end >= 0}))

    @property
    def active_before(self) -> tuple[int, ...]:
        """Indexes of the states that were active, ascending."""
        return tuple(i for i, tick in enumerate(self._before) if tick & 1)

    @property
    def targets_init(self) -> tuple[int, ...]:
        """Targets as relations alone gave them."""
        return self._plan.targets

    @property
    def enters(self) -> tuple[int, ...]:
        """States that come, or come again."""
        return self._settled.enters

    @property
    def exits(self) -> tuple[int, ...]:
        """States that go."""
        return self._settled.exits

    @property
    def steps(self) -> list[Step]:
        """Everything the resolver looked at and every handler called, in order."""
        return [step for part in self.step_parts for step in part]

    @property
    def started(self) -> int:
        """Unix ns, from a monotonic clock anchored once; 0 when no tracer is bound."""
        return self._began and self._began + ANCHOR

    @property
    def ended(self) -> int:
        """Unix ns when it was over, 0 before that and when no tracer is bound."""
        return self._over and self._over + ANCHOR

    @property
    def duration(self) -> int:
        """Ns from start to end, 0 when no tracer is bound."""
        return self._over - self._began

    def names(self, indexes: Sequence[int]) -> list[str]:
        """State names for indexes."""
        names = self.machine.state_names
        return [names[i] for i in indexes]

    def text(self) -> str:
        """What was asked for, where from, and each step, a line each."""
        kind = self.mutation.type_name + (":auto" if self.auto else "")
        lines = [f"tx#{self.id}", f"[{kind}] {' '.join(self.names(self.called))}"]
        source = self.mutation.source
        if source is not None:
            lines.append(f"source: {source.machine_id}/{source.tx_id}/t{source.machine_time}")
        lines += [f"- {step_text(step, self.machine.state_names)}" for step in self.steps]
        return "\n".join(lines)

    def __repr__(self) -> str:
        kind = self.mutation.type_name + (":auto" if self.auto else "")
        return f"<Transition {self.id} [{kind}] {' '.join(self.names(self.called))}>"


class Event:
    """What a handler is called with.

    name: the handler's name.
    """

    __slots__ = ("name", "transition")

    def __init__(self, name: str, transition: Transition) -> None:
        self.name = name
        self.transition = transition

    @property
    def machine(self) -> Machine:
        """The machine whose handler is called."""
        return self.transition.machine

    @property
    def args(self) -> Mapping[str, Any]:
        """The mutation's arguments, never None."""
        return self.transition.mutation.args

    @property
    def called(self) -> tuple[str, ...]:
        """Names of the states that were asked for."""
        return self.transition.mutation._called.names

    @property
    def mutation(self) -> Mutation:
        """What was asked for."""
        return self.transition.mutation

    @property
    def machine_id(self) -> str:
        """The machine's id."""
        return self.machine.id

    @property
    def tx_id(self) -> str:
        """The transition's id."""
        return self.transition.id

    @property
    def is_check(self) -> bool:
        """Whether this is a dry run: refuse as usual, but do nothing."""
        return self.transition.mutation.check

    def is_valid(self) -> bool:
        """Whether the transition is still going on and accepted."""
        tx = self.transition
        return not tx.completed and tx.accepted and self.machine.transition is tx

    def as_source(self) -> Source:
        """This event as the source of a mutation made in its handler."""
        tx = self.transition
        return Source(self.machine.id, tx.id, sum(tx._before), self.name)

    def __repr__(self) -> str:
        return f"<Event {self.name} of {self.machine.id}>"


current_event: ContextVar[Event | None] = ContextVar("asyncmachine_current_event", default=None)
"""The event whose handler is running here, of whichever machine; None outside of handlers."""
