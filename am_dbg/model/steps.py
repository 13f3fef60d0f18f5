"""Steps of a transition: in words, as signs, and as marks on the states they touch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from am_dbg.model.format import duration
from am_dbg.model.relation_lines import Relation
from am_dbg.model.text import Line, Span, Token
from am_dbg.model.transition import CANCELED, Transition, handler_name
from telemetry.messages import (
    FLAG_FINAL,
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

ACTIVATE, DEACTIVATE, DROP, CALLED, HANDLER, RELATION = "▲", "▼", "▽", "c", "ƒ", "→"

VERBS = {"after": "is after", "add": "adds", "require": "requires", "remove": "removes"}
OUTCOME_TOKENS = {
    "ok": Token.ACTIVE,
    "refused": Token.CANCELED,
    "error": Token.ERROR,
    "timeout": Token.ERROR,
    "skipped": Token.DIM,
}

_SIGNS = {
    STEP_RELATION: (RELATION, Token.DIM),
    STEP_HANDLER: (HANDLER, Token.TEXT),
    STEP_ACTIVATE: (ACTIVATE, Token.ADDED),
    STEP_DEACTIVATE: (DEACTIVATE, Token.REMOVED),
    STEP_DEACTIVATE_PASSIVE: (DROP, Token.REMOVED),
    STEP_CALLED: (CALLED, Token.CALLED),
    STEP_CANCEL: (CANCELED, Token.CANCELED),
}
_PLAIN = {
    STEP_ACTIVATE: "activate",
    STEP_DEACTIVATE: "deactivate",
    STEP_DEACTIVATE_PASSIVE: "leave out",
    STEP_CALLED: "called",
    STEP_CANCEL: "cancel",
}


def step_sign(step: Step) -> tuple[str, Token]:
    """One sign for a kind of step, and its meaning."""
    return _SIGNS.get(step[0], ("·", Token.DIM))


def handler_spans(call: HandlerCall, name: str) -> tuple[Span, ...]:
    """``ReadyState ok 0.2 ms``: how a handler's call went."""
    outcome, took = call[4], call[3]
    spans = (Span(name, Token.STRONG), Span(" "), Span(outcome, OUTCOME_TOKENS[outcome]))
    return (*spans, Span(" " + duration(took), Token.NUMBER)) if outcome != "skipped" else spans


def step_words(tx: Transition, step: Step, call: HandlerCall | None = None) -> Line:
    """A step as a sentence: ``Ready requires Start``, ``handler ReadyState ok 0.2 ms``.

    ``call`` is what was measured of the handler that the step called, if it was.
    """
    kind, origin, target, flags, data = step
    first, second = tx.name(origin), tx.name(target)
    if kind == STEP_RELATION:
        verb = relation_verb(data)
        return (Span(first, Token.STRONG), Span(f" {verb} "), Span(second, Token.STRONG))
    if kind == STEP_HANDLER:
        name = handler_name(tx, step)
        if call is not None:
            return (Span("handler "), *handler_spans(call, name))
        final = " (final)" if flags & FLAG_FINAL else ""
        return (Span("handler "), Span(name, Token.STRONG), Span(final, Token.DIM))
    _sign, token = step_sign(step)
    return (
        Span(_PLAIN.get(kind, f"step {kind}") + " ", token),
        Span(second or first, Token.STRONG),
    )


def relation_verb(data: int | None) -> str:
    """Verb of a relation step's data: ``requires``."""
    known = data is not None and 0 <= data < len(RELATION_NAMES)
    return VERBS[RELATION_NAMES[data]] if known and data is not None else "touches"


def relations_so_far(tx: Transition, done: int) -> tuple[list[Relation], bool]:
    """Relations in the first ``done`` steps, and whether the last of these steps is one."""
    steps = tx.message.steps[:done]
    found = [
        Relation(tx.name(origin), tx.name(target), relation_verb(data))
        for kind, origin, target, _flags, data in steps
        if kind == STEP_RELATION
    ]
    return found, bool(steps) and steps[-1][0] == STEP_RELATION


def numbered_steps(tx: Transition) -> Iterator[tuple[int, Step, HandlerCall | None]]:
    """(number from 1, step, the measured call of its handler or None), in order."""
    calls: dict[str, list[HandlerCall]] = {}
    for each in tx.message.handlers:
        calls.setdefault(each[0], []).append(each)
    for number, step in enumerate(tx.message.steps, 1):
        call: HandlerCall | None = None
        if step[0] == STEP_HANDLER:
            waiting = calls.get(handler_name(tx, step))
            # several sets may have bound this handler; the worst outcome is the one worth telling
            if waiting:
                call = next((bad for bad in waiting if bad[4] != "ok"), waiting[0])
        yield number, step, call


class Marks(NamedTuple):
    """What the steps so far did to one state."""

    sign: str = ""
    token: Token = Token.TEXT
    called: bool = False
    handler: bool = False
    last: bool = False
    """Touched by the last of these steps."""


def marks(tx: Transition, done: int) -> dict[str, Marks]:
    """State name -> marks after the first ``done`` steps; the strongest sign of a state stays."""
    found: dict[str, Marks] = {}
    for number, (kind, origin, target, _flags, _data) in enumerate(tx.message.steps[:done], 1):
        for name in {tx.name(origin), tx.name(target)} - {""}:
            mark = found.get(name, Marks())
            if kind == STEP_CALLED:
                mark = mark._replace(called=True)
            elif kind == STEP_HANDLER:
                mark = mark._replace(handler=True)
            elif kind != STEP_RELATION:
                sign, token = _SIGNS.get(kind, ("", Token.TEXT))
                mark = mark._replace(sign=sign, token=token)
            found[name] = mark._replace(last=number == done)
    return found
