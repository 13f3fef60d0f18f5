"""The reader's sections that tell of other moments: forks, siblings, what waits, pipes, the queue.

They need an index of what messages tell of others, which is made in slices while one looks; until
it has come to the shown transition a section says how far it is.
"""

from __future__ import annotations

from typing import NamedTuple

from am_dbg.model.addresses import format_address
from am_dbg.model.causes import execution_of, queued_of
from am_dbg.model.format import clean, thousands
from am_dbg.model.rows import Row, Section
from am_dbg.model.text import Line, Span, Token
from am_dbg.model.transition import Transition, transition_at
from am_dbg.store import Flag, Store
from am_dbg.store.notes import CONTEXT, PIPE_IN, PIPE_OUT, WAITS, Told
from am_dbg.store.told import logged_source, told_index

MOST = 50
"""Rows of a section; what is beyond is counted."""
REACH = 512
"""Messages looked at for what else was queued."""

WAIT_NAMES = {
    "when": "When",
    "when_not": "When not",
    "when_time": "When time",
    "when_args": "When args",
    "when_queue": "When queue",
    "when_query": "When query",
}
_NO_CONTEXT = "none told (Go: AM_LOG=3 AM_LOG_STATE_CTX=1; here AM_LOG_STATE_CTX=0 hides them)"
_NO_WAIT = "none told (Go: AM_LOG=3 AM_LOG_WHEN=1; here AM_LOG_WHEN=0 hides them)"
_NO_PIPE = "none told (Go: AM_LOG=3)"
_NONE = "none open"


class _Open(NamedTuple):
    """What is open of a kind: rows, how many there are in all, why there are none."""

    rows: list[Row]
    total: int
    empty: str


def forked_sections(store: Store, tx: Transition) -> list[Section]:
    """What this transition made happen, and what else its own source did."""
    index = told_index(store)
    still = "" if index.done >= len(store) else f" … {index.share:.0%} looked at"
    forked = index.children(tx.log.id, tx.message.id) if tx.message.id else []
    source = _source(tx)
    others = index.children(*source) if source is not None else []
    own = {tx.n, *_twins(store, tx)}
    no_source = "it has no source, or none told (Go: AM_LOG=3)"
    return [
        _forks("Forked", store, forked, set(), "nothing" + still),
        _forks(
            "Siblings", store, others, own, ("none" + still) if source is not None else no_source
        ),
    ]


def open_sections(store: Store, tx: Transition) -> list[Section]:
    """State contexts and subscriptions that are open after the transition, and pipes."""
    contexts = _open(store, tx, CONTEXT, _NO_CONTEXT)
    sections = [_section("Contexts", contexts)]
    waits = [(name, _open(store, tx, kind, _NO_WAIT)) for kind, name in WAIT_NAMES.items()]
    told = [_section(name, found) for name, found in waits if found.rows]
    sections += told or [Section("Waits", [], _empty(store, tx, WAITS, _NO_WAIT))]
    for kind, name in ((PIPE_IN, "Pipes in"), (PIPE_OUT, "Pipes out")):
        sections.append(_section(name, _open(store, tx, kind, _NO_PIPE)))
    return sections


def queue_rows(store: Store, tx: Transition) -> list[Row]:
    """What waits in the queue after the message: as its source tells, else inferred."""
    message = tx.message
    if message.queue_dump:
        rows = [Row((Span(f"    {clean(text)}", Token.QUEUED),)) for text in message.queue_dump]
        return [*rows[:MOST], *_more(len(rows))]
    pending = list(_pending(store, tx))
    if not pending:
        return []
    rows = [Row((Span("    inferred from what was queued and not executed", Token.DIM),))]
    rows += [_transition_row(tx.log.no, other, "    ") for other in pending[:MOST]]
    return [*rows, *_more(len(pending))]


# -- forks -----------------------------------------------------------------------------------------


def _forks(name: str, store: Store, numbers: list[int], without: set[int], empty: str) -> Section:
    rows: list[Row] = []
    count = 0
    for n in numbers:
        if n in without:
            continue
        count += 1
        if count > MOST:
            continue
        log = store.machines[store.machine[n]]
        tx = transition_at(store, log, store.pos(n))
        run = execution_of(store, tx) if tx.flags & Flag.QUEUED else None
        if run is not None and run.n in numbers:
            count -= 1  # told by its execution
            continue
        rows.append(_transition_row(-1, tx, "  "))
    return Section(name, [*rows, *_more(count)], empty, total=count)


def _transition_row(machine: int, tx: Transition, indent: str) -> Row:
    """``✓ add Ready  worker-1 t5 #tag ↗``; the machine is left out where it is that one."""
    sign, token = tx.sign
    log = tx.log
    where = "" if log.no == machine else f"{clean(log.label)} "
    tags = "".join(f"#{clean(tag)} " for tag in log.tags)
    at = f"{where}t{thousands(log.time_sum(tx.pos))} ↗"
    called = " ".join(tx.called) or "nothing"
    line: Line = (
        Span(f"{indent}{sign} ", token),
        Span(f"{tx.mutation} "),
        Span(called, Token.CALLED),
        Span("  "),
        Span(tags if where else "", Token.DIM),
        Span(at, Token.LINK, tx.address),
    )
    return Row(tuple(span for span in line if span.text), state=tx.called[0] if tx.called else "")


def _twins(store: Store, tx: Transition) -> set[int]:
    """The record of its mutation being queued, or the transition that executed it."""
    other = execution_of(store, tx) if tx.flags & Flag.QUEUED else queued_of(store, tx)
    return set() if other is None else {other.n}


def _source(tx: Transition) -> tuple[str, str] | None:
    message = tx.message
    if message.source is not None:
        return message.source[0], message.source[1]
    return logged_source((*message.log_entries, *message.pre_log_entries))


# -- what is open ----------------------------------------------------------------------------------


def _open(store: Store, tx: Transition, kind: str, hint: str) -> _Open:
    index = told_index(store)
    if index.done <= tx.n:
        return _Open([], 0, _empty(store, tx, (kind,), hint))
    count = index.count(tx.log.no, kind, tx.n)
    found = index.open_at(tx.log.no, kind, tx.n, MOST)
    pipe = kind in (PIPE_IN, PIPE_OUT)
    rows = [_pipe_row(tx, told) if pipe else _wait_row(store, n, told) for n, told in found]
    if pipe:
        rows.sort(key=lambda row: row.state)
    return _Open([*rows, *_more(count)], count, _empty(store, tx, (kind,), hint))


def _section(name: str, found: _Open) -> Section:
    return Section(name, found.rows, found.empty, total=found.total)


def _empty(store: Store, tx: Transition, kinds: tuple[str, ...], hint: str) -> str:
    index = told_index(store)
    if index.done <= tx.n:
        return f"looking back … {index.done / (tx.n + 1):.0%}"
    return _NONE if index.told_any(tx.log.no, kinds) else hint


def _wait_row(store: Store, n: int, told: Told) -> Row:
    log = store.machines[store.machine[n]]
    tx = transition_at(store, log, store.pos(n))
    names = " ".join(clean(name) for name in told.states)
    data = "" if told.data is None else _data(told)
    since = f"since t{thousands(log.time_sum(tx.pos))} ↗"
    line: Line = (
        Span("  "),
        Span(names + " " if names else "", Token.STRONG),
        Span(data + "  " if data else " ", Token.ARG_VALUE),
        Span(since, Token.LINK, tx.address),
    )
    return Row(tuple(span for span in line if span.text), state=told.states[0] if names else "")


def _data(told: Told) -> str:
    if told.kind == "when_queue":
        return f"q{told.data}"
    if isinstance(told.data, tuple):
        words = " ".join(clean(str(part)) for part in told.data)
        return f"ticks {words}" if told.kind == "when_time" else f"({words})"
    return clean(str(told.data))


def _pipe_row(tx: Transition, told: Told) -> Row:
    machine, state, mutation = (clean(str(part)) for part in told.data)
    own = " ".join(clean(name) for name in told.states)
    arrow = "←" if told.kind == PIPE_IN else "→"
    there = tx.log.store.machine_at(str(told.data[0]), tx.log.time_at(tx.pos))
    link = format_address(there.label) if there is not None else ""
    end = f"{machine} {state}".rstrip()
    line: Line = (
        Span("  "),
        Span(own, Token.STRONG),
        Span(f" {arrow} {mutation} ", Token.DIM),
        Span(f"{end} ↗", Token.LINK, link) if link else Span(f"{end} (not in this recording)"),
    )
    return Row(line, state=told.states[0] if told.states else "")


def _more(count: int) -> list[Row]:
    if count <= MOST:
        return []
    return [Row((Span(f"  … {thousands(count - MOST)} more", Token.DIM),))]


# -- the queue -------------------------------------------------------------------------------------


def _pending(store: Store, tx: Transition) -> list[Transition]:
    """Queued records up to here whose execution hasn't come by now; prepended ones first."""
    log = tx.log
    first: list[Transition] = []
    waiting: list[Transition] = []
    if not log.counts.queued:
        return []
    tick = tx.message.queue_tick
    for pos in range(tx.pos, max(tx.pos - REACH, -1), -1):
        if not log.flags_at(pos) & Flag.QUEUED:
            continue
        other = transition_at(store, log, pos)
        queued = other.message
        ticked = queued.mut_queue_tick and not queued.mut_queue_token
        if ticked and queued.mut_queue_tick <= tick and pos != tx.pos:
            break  # older ones have smaller ticks still
        run = execution_of(store, other) if log.flags_at(pos) & Flag.EXECUTED else None
        if run is not None and run.pos <= tx.pos:
            continue
        if run is None and pos != tx.pos and queued.mut_queue_token:
            continue  # nobody can say
        (first if queued.mut_queue_token and not queued.mut_queue_tick else waiting).append(other)
    return [*first, *reversed(waiting)]
