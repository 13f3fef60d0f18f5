"""The line under the panes: the shown transition in one sentence."""

from __future__ import annotations

from am_dbg.model.causes import cause_of
from am_dbg.model.cursor import Cursor, machine_of
from am_dbg.model.format import clean, crop_line, duration, plural, width_of
from am_dbg.model.history import outcome_spans
from am_dbg.model.logline import argument_spans
from am_dbg.model.steps import numbered_steps, step_sign, step_words
from am_dbg.model.text import Line, Span, Token
from am_dbg.model.transition import Transition, transition_at
from am_dbg.store import MachineLog, Store

GAP = Span("  ")


def sentence(store: Store, cursor: Cursor, width: int) -> Line:
    """What happened, with which arguments, what changed, by whom (a link), how long.

    While stepping: which step, in words. What doesn't fit is left out, least important first.
    """
    log = machine_of(store, cursor)
    if log is None:
        return (Span("Nothing has connected yet.", Token.DIM),)
    if not 0 <= cursor.pos < len(log):
        return crop_line(_schema_sentence(log), width)
    tx = transition_at(store, log, cursor.pos)
    if cursor.step is not None:
        return crop_line(step_sentence(tx, cursor.step), width)
    return _transition_sentence(store, tx, width)


def step_sentence(tx: Transition, step: int) -> Line:
    """``step 3/5  → Ready requires Start``."""
    for number, each, call in numbered_steps(tx):
        if number == step:
            place = f"step {number}/{len(tx.message.steps)}"
            sign, token = step_sign(each)
            return (
                Span(place, Token.NUMBER),
                GAP,
                Span(sign + " ", token),
                *step_words(tx, each, call),
            )
    return ()


def _schema_sentence(log: MachineLog) -> Line:
    states = len(log.schema_at(-1).states_index)
    first = "no transitions yet" if not len(log) else "before its first transition"
    return (
        Span("initial schema of "),
        Span(clean(log.label), Token.STRONG),
        Span(f", {plural(states, 'state')}, {first}", Token.DIM),
    )


def _transition_sentence(store: Store, tx: Transition, width: int) -> Line:
    sign, token = tx.sign
    kind = Token.AUTO if tx.mutation == "auto" else Token.TEXT
    head = (
        Span(sign + " ", token),
        Span(tx.mutation, kind),
        Span(" "),
        Span(" ".join(tx.called) or "nothing", Token.CALLED),
    )
    handlers = [call for call in tx.message.handlers if call[4] != "skipped"]
    parts: dict[str, Line] = {
        "head": head,
        "args": tuple(argument_spans(tx)),
        "outcome": tuple(outcome_spans(tx, width)),
        "cause": cause_spans(store, tx),
        "handlers": (Span(plural(len(handlers), "handler")),) if handlers else (),
        "duration": (
            (Span(duration(tx.message.duration), Token.NUMBER),) if tx.message.duration else ()
        ),
        "queue": ((Span(f"{tx.message.queue} queued", Token.QUEUED),) if tx.message.queue else ()),
    }
    for name in ("handlers", "queue", "duration", "args", "cause"):
        if _joined_width(parts) <= width:
            break
        parts[name] = ()
    over = _joined_width(parts) - width
    if over > 0:
        room = width_of(parts["outcome"]) - over
        parts["outcome"] = tuple(outcome_spans(tx, max(room, 0)))
    return crop_line(_joined(parts), width)


def cause_spans(store: Store, tx: Transition) -> Line:
    """``by JoiningTopicState ↗``, with the machine when it is another; () when nobody told."""
    cause = cause_of(store, tx)
    if cause is None:
        return ()
    who = (
        cause.handler if cause.own and cause.handler else f"{cause.machine} {cause.handler}".strip()
    )
    if not cause.link:
        return (Span(f"by {who}"),)
    return (Span("by "), Span(who + " ↗", Token.LINK, cause.link))


def _joined(parts: dict[str, Line]) -> Line:
    spans: list[Span] = []
    for part in parts.values():
        if part:
            # arguments belong to what was called
            spans += ([Span(" ")] if part is parts["args"] else [GAP]) if spans else []
            spans += part
    return tuple(spans)


def _joined_width(parts: dict[str, Line]) -> int:
    return width_of(_joined(parts))
