"""The sections of the details pane, computed from one transition."""

from __future__ import annotations

from collections import Counter
from typing import Any

from am_dbg.model.causes import Cause, cause_of, chain_of, execution_of, queued_of
from am_dbg.model.entries import split_tag
from am_dbg.model.format import (
    clean,
    clean_lines,
    clock_time,
    date_time,
    duration,
    offset,
    thousands,
)
from am_dbg.model.reading import forked_sections, open_sections, queue_rows
from am_dbg.model.rows import Row, Section
from am_dbg.model.steps import handler_spans, numbered_steps, step_sign, step_words
from am_dbg.model.text import Span, Token
from am_dbg.model.transition import Transition, handler_name, transition_at
from am_dbg.store import Flag, Store
from telemetry.messages import LOG_LEVEL_NAMES, STEP_HANDLER

NO_SOURCE = "no handler, or not told (Go: AM_LOG=3)"


def sections_of(store: Store, tx: Transition, step: int | None) -> list[Section]:
    """All sections of a transition, in the order of the pane; ``step`` as in the cursor."""
    return [
        Section("Transition", _transition(tx), counted=False),
        Section(
            "Arguments",
            _arguments(tx),
            "none sent (Go: AM_LOG_ARGS=1; here AM_LOG_ARGS=0 hides them)",
        ),
        Section("Source", _source(store, tx), NO_SOURCE, counted=False),
        Section("Why", _why(store, tx), "nothing more is told", counted=False),
        Section("Queue", _queue(store, tx), "nothing queued", counted=False),
        *forked_sections(store, tx),
        Section("Changes", _changes(tx), "no clock moved"),
        Section("Handlers", _handlers(tx), "none called"),
        Section("Steps", _steps(tx, step), "none sent (Go: AM_LOG_STEPS=1)"),
        *open_sections(store, tx),
        Section("Log", _log(tx), "no entries (AM_LOG=3)"),
        Section("Notes", _notes(tx), "none (Go tells by log lines: AM_LOG_FULL=1)"),
        Section("Stack trace", _trace(tx), _no_trace(tx)),
    ]


def _fact(name: str, *spans: Span) -> Row:
    return Row((Span(f"  {name:<10} ", Token.DIM), *spans))


def _transition(tx: Transition) -> list[Row]:
    message, log = tx.message, tx.log
    sign, token = tx.sign
    called = Span(" ".join(tx.called) or "nothing", Token.CALLED)
    rows = [
        Row((Span(f"  {sign} ", token), Span(tx.mutation), Span(" "), called)),
    ]
    if tx.outcome:
        rows.append(_fact("outcome", Span(tx.outcome, token)))
    time = log.time_at(tx.pos)
    rows.append(_fact("time", Span(f"{date_time(time)[:10]} {clock_time(time, 9)}", Token.TIME)))
    if message.duration:
        rows.append(_fact("took", Span(duration(message.duration), Token.NUMBER)))
    before, after = log.time_sum(tx.pos - 1), log.time_sum(tx.pos)
    moved = Span(f" → t{thousands(after)}", Token.NUMBER) if after != before else Span("")
    rows.append(_fact("clock", Span(f"t{thousands(before)}", Token.NUMBER), moved))
    if message.id:
        rows.append(_fact("id", Span(clean(message.id), Token.LINK, tx.address)))
    kinds = [
        word
        for flag, word in (
            (Flag.CHECK, "check"),
            (Flag.AFTER_GAP, "after a gap"),
        )
        if tx.flags & flag
    ]
    if kinds:
        rows.append(_fact("flags", Span(", ".join(kinds))))
    return rows


def _arguments(tx: Transition) -> list[Row]:
    return [
        Row(
            (
                Span(f"  {clean(name)}", Token.ARG_NAME),
                Span(" = ", Token.DIM),
                Span(clean(value), Token.ARG_VALUE),
            )
        )
        for name, value in tx.args
    ]


def _source(store: Store, tx: Transition) -> list[Row]:
    rows: list[Row] = []
    if tx.flags & Flag.AUTO:
        rows.append(_fact("auto", Span("the machine itself: auto states", Token.AUTO)))
    cause = cause_of(store, tx)
    if cause is None:
        return rows
    where = "this machine" if cause.own else cause.machine
    at = f" at t{thousands(cause.time)}" if cause.time else ""
    if cause.handler:
        rows.append(_fact("handler", Span(cause.handler, Token.STRONG)))
    if cause.link:
        rows.append(_fact("in", Span(f"{where}{at} ↗", Token.LINK, cause.link)))
    else:
        rows.append(_fact("in", Span(f"{where}{at}"), Span("  (not in this recording)", Token.DIM)))
    return rows + _cause_rows(store, cause)


def _cause_rows(store: Store, cause: Cause) -> list[Row]:
    """What the causing transition was, and the tags of its machine."""
    if cause.n is None:
        return []
    log = store.machines[store.machine[cause.n]]
    before = transition_at(store, log, store.pos(cause.n))
    sign, token = before.sign
    called = Span(" ".join(before.called) or "nothing", Token.CALLED)
    rows = [_fact("doing", Span(f"{sign} ", token), Span(f"{before.mutation} "), called)]
    if log.tags:
        rows.append(_fact("tags", Span(" ".join(f"#{clean(tag)}" for tag in log.tags), Token.DIM)))
    return rows


def _why(store: Store, tx: Transition) -> list[Row]:
    """Why it was refused, and the transitions that led here, nearest first."""
    rows: list[Row] = []
    if tx.flags & Flag.CANCELED and tx.refusal:
        rows.append(Row((Span("  ✗ ", Token.CANCELED), Span(tx.refusal))))
    for how, before in chain_of(store, tx):
        sign, token = before.sign
        where = "" if before.log is tx.log else f"{clean(before.log.label)}: "
        what = f"{where}{before.mutation} {' '.join(before.called) or 'nothing'}"
        at = f"t{thousands(before.log.time_sum(before.pos))} ↗"
        rows.append(
            Row(
                (
                    Span(f"  {how} ", Token.DIM),
                    Span(sign + " ", token),
                    Span(what + " ", Token.TEXT),
                    Span(at, Token.LINK, before.address),
                )
            )
        )
    return rows


def _queue(store: Store, tx: Transition) -> list[Row]:
    message = tx.message
    rows: list[Row] = []
    if message.queue_tick:
        rows.append(_fact("current", Span(f"q{thousands(message.queue_tick)}", Token.NUMBER)))
    if tx.flags & Flag.QUEUED:
        rows.append(_queued_for(tx))
        run = execution_of(store, tx)
        rows.append(
            _linked("executed", run, tx)
            if run is not None
            else _fact("executed", Span("not yet, or not recorded", Token.DIM))
        )
    else:
        record = queued_of(store, tx)
        if record is not None:
            rows.append(_linked("queued", record, tx))
    if message.queue:
        rows.append(_fact("length", Span(f"{thousands(message.queue)} waiting", Token.QUEUED)))
    return rows + queue_rows(store, tx)


def _queued_for(tx: Transition) -> Row:
    """When a queued mutation's turn is."""
    message = tx.message
    if message.mut_queue_tick:
        return _fact("queued for", Span(f"q{thousands(message.mut_queue_tick)}", Token.NUMBER))
    first = message.mut_queue_token
    return _fact("queued for", Span("the next turn, first in line" if first else "?", Token.DIM))


def _linked(name: str, other: Transition, tx: Transition) -> Row:
    apart = other.log.time_at(other.pos) - tx.log.time_at(tx.pos)
    text = f"at t{thousands(other.log.time_sum(other.pos))}, {offset(apart)} ↗"
    return _fact(name, Span(text, Token.LINK, other.address))


def _changes(tx: Transition) -> list[Row]:
    width = min(max((len(change.name) for change in tx.changes), default=0), 30)
    return [
        Row(
            (
                Span("  "),
                Span(f"{change.sign}{change.name:<{width}} ", change.token),
                Span(f" {thousands(change.before)} → {thousands(change.after)}", Token.NUMBER),
            ),
            state=tx.log.states[change.state],
        )
        for change in tx.changes
    ]


def _handlers(tx: Transition) -> list[Row]:
    if tx.message.handlers:
        return [
            Row(
                (
                    Span("  "),
                    *handler_spans(call, clean(call[0])),
                    Span(f"  set {call[1]}, at +{duration(call[2])}", Token.DIM),
                )
            )
            for call in tx.message.handlers
        ]
    return [
        Row((Span("  "), Span(handler_name(tx, step), Token.STRONG)), number)
        for number, step, _call in numbered_steps(tx)
        if step[0] == STEP_HANDLER
    ]


def _steps(tx: Transition, reached: int | None) -> list[Row]:
    rows: list[Row] = []
    for number, step, call in numbered_steps(tx):
        sign, token = step_sign(step)
        words = step_words(tx, step, call)
        if reached is not None and number > reached:  # still to come
            token = Token.DIM
            words = tuple(span._replace(token=Token.DIM) for span in words)
        here = Span("▶" if number == reached else " ", Token.STRONG)
        count = Span(f"{number:>3} ", Token.DIM)
        rows.append(Row((here, count, Span(sign + " ", token), *words), number))
    return rows


def _log(tx: Transition) -> list[Row]:
    """How many entries of each level, and the errors themselves; the log pane has all."""
    message = tx.message
    entries = [*message.pre_log_entries, *message.log_entries]
    levels = Counter(level for level, _text in entries)
    rows = [
        _fact(LOG_LEVEL_NAMES[level], Span(thousands(levels[level]), Token.NUMBER))
        for level in sorted(levels)
    ]
    for _level, text in entries:
        if split_tag(text)[0].startswith("error"):
            first = clean_lines(text)[:1]
            rows += [Row((Span(f"  {line}", Token.ERROR),)) for line in first]
    return rows


def _notes(tx: Transition) -> list[Row]:
    rows: list[Row] = []
    for kind, op, states, data in tx.message.notes:
        names = " ".join(tx.name(state) or "?" for state in states)
        told = note_text(kind, data)
        rows.append(
            Row(
                (
                    Span(f"  {clean(kind)} ", Token.TITLE),
                    Span(f"{clean(op)} ", Token.DIM),
                    Span(names, Token.STRONG),
                    Span(f"  {told}" if told else "", Token.DIM),
                )
            )
        )
    return rows


def note_text(kind: str, data: Any) -> str:
    """The data of a note in words: ticks, arguments, a queue tick, the other end of a pipe."""
    if data is None or data in ([], {}, ""):
        return ""
    if kind in _PIPE_WORDS and isinstance(data, (list, tuple)) and len(data) == 3:
        machine, state, mutation = (clean(str(part)) for part in data)
        return f"{_PIPE_WORDS[kind]} {machine} {state} ({mutation})"
    if isinstance(data, dict):
        return " ".join(f"{clean(str(key))}={clean(str(value))}" for key, value in data.items())
    if isinstance(data, (list, tuple)):
        return " ".join(clean(str(part)) for part in data)
    return clean(str(data))


_PIPE_WORDS = {"pipe_in": "from", "pipe_out": "to"}


def _trace(tx: Transition) -> list[Row]:
    return [
        Row((Span(f"  {line}", Token.TEXT if _is_place(line) else Token.DIM),))
        for line in clean_lines(tx.message.stack_trace)
    ]


def _is_place(line: str) -> bool:
    """Whether a line of a stack trace names a file and line, in Python's or Go's way."""
    return line.lstrip().startswith('File "') or ".go:" in line


def _no_trace(tx: Transition) -> str:
    if tx.flags & Flag.QUEUED:
        return "none (AM_DBG_NO_TRACE switches it off)"
    return "only queued mutations have one"
