"""The steps of a transition as a sequence between its source, the machine and the states."""

from __future__ import annotations

from am_dbg.model.causes import cause_of
from am_dbg.model.cursor import Cursor, machine_of
from am_dbg.model.diagram.graph import Actor, Event, Sequence
from am_dbg.model.format import clean, duration
from am_dbg.model.steps import VERBS, numbered_steps, step_sign
from am_dbg.model.text import Token
from am_dbg.model.transition import Transition, handler_name, transition_at
from am_dbg.store import Store
from telemetry.messages import (
    RELATION_NAMES,
    STEP_ACTIVATE,
    STEP_CALLED,
    STEP_CANCEL,
    STEP_DEACTIVATE,
    STEP_DEACTIVATE_PASSIVE,
    STEP_HANDLER,
    STEP_RELATION,
    HandlerCall,
    Step,
)

MACHINE = "\0machine"
"""Key of the machine's own column; no state has such a name, as it is not clean."""
SOURCE = "\0source"

_WORDS = {
    STEP_ACTIVATE: "activate",
    STEP_DEACTIVATE: "deactivate",
    STEP_DEACTIVATE_PASSIVE: "leave out",
    STEP_CANCEL: "cancel",
}


def steps_sequence(store: Store, cursor: Cursor) -> Sequence:
    """What happened within the shown transition; empty at a schema or without a machine."""
    log = machine_of(store, cursor)
    if log is None or not 0 <= cursor.pos < len(log):
        return Sequence("no transition here", (), ())
    tx = transition_at(store, log, cursor.pos)
    cause = cause_of(store, tx)
    actors: dict[str, Actor] = {}
    if cause is not None:
        who = cause.handler if cause.own else f"{cause.machine} {cause.handler}".strip()
        actors[SOURCE] = Actor(SOURCE, who or "itself", Token.QUEUED)
    actors[MACHINE] = Actor(MACHINE, clean(log.label), Token.STRONG)
    events = []
    if cause is not None:
        called = " ".join(tx.called) or "nothing"
        events.append(Event(0, SOURCE, MACHINE, f"{tx.mutation} {called}", "", Token.QUEUED))
    done = len(tx.message.steps) if cursor.step is None else cursor.step
    for number, step, call in numbered_steps(tx):
        event = _event(tx, number, step, call)
        for name in (event.tail, event.head):
            actors.setdefault(name, Actor(name, name))
        current = cursor.step is not None and number == done
        events.append(event._replace(done=number <= done, current=current))
    title = f"{tx.mutation} {' '.join(tx.called) or 'nothing'}"
    remark = tx.outcome or ("" if events else "no steps were sent (Go: AM_LOG_STEPS=1)")
    return Sequence(title, tuple(actors.values()), tuple(events), remark)


def _event(tx: Transition, number: int, step: Step, call: HandlerCall | None) -> Event:
    kind, origin, target, _flags, data = step
    first, second = tx.name(origin), tx.name(target)
    sign, token = step_sign(step)
    if kind == STEP_RELATION and first and second:
        known = isinstance(data, int) and 0 <= data < len(RELATION_NAMES)
        verb = VERBS[RELATION_NAMES[data]] if known and data is not None else "touches"
        return Event(number, first, second, verb, sign, token)
    state = second or first or MACHINE
    if kind == STEP_CALLED:
        return Event(number, MACHINE, state, tx.mutation, sign, token)
    if kind == STEP_HANDLER:
        return Event(number, MACHINE, state, _handler(tx, step, call), sign, token)
    return Event(number, MACHINE, state, _WORDS.get(kind, f"step {kind}"), sign, token)


def _handler(tx: Transition, step: Step, call: HandlerCall | None) -> str:
    name = handler_name(tx, step)
    if call is None or call[4] == "skipped":
        return name
    took = f" {duration(call[3])}" if call[3] else ""
    return f"{name} {call[4]}{took}"
