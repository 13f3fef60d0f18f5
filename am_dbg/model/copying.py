"""What can be copied of the shown transition: texts for other tools, and what each is called."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from am_dbg.model.addresses import format_address, format_moment_address, format_time_address
from am_dbg.model.cursor import Cursor, machine_of
from am_dbg.model.diagram.mermaid import mermaid
from am_dbg.model.diagram.network import network_graph
from am_dbg.model.diagram.schema import schema_graph
from am_dbg.model.format import clean, clean_lines, clock_time
from am_dbg.model.pytest_case import pytest_case
from am_dbg.model.steps import numbered_steps, relation_verb, step_words
from am_dbg.model.transition import Transition, handler_name, transition_at
from am_dbg.store import MachineLog, Store
from telemetry.messages import (
    LOG_LEVEL_NAMES,
    STEP_CANCEL,
    STEP_HANDLER,
    STEP_RELATION,
    Step,
)

NOTHING = "before the first transition there is only the machine's address to copy"


class Copied(NamedTuple):
    """A text for the clipboard and what it is; or no text, and why."""

    text: str
    what: str


class CopyKind(NamedTuple):
    """An entry of the copy menu: a letter, its words, and what makes the text."""

    letter: str
    words: str
    make: Callable[[Store, Cursor], Copied]


def address_of(store: Store, cursor: Cursor) -> Copied:
    """``mach://ID/TX[/STEP]``; of a machine before its first transition ``mach://ID``."""
    log = machine_of(store, cursor)
    if log is None:
        return Copied("", "nothing to copy yet")
    tx = _shown(store, cursor)
    text = format_address(log.label, tx.message.id if tx is not None else "", cursor.step)
    return Copied(text, clean(text))


def time_address_of(store: Store, cursor: Cursor) -> Copied:
    """``mach://ID?t=120``: by machine time, the same in another recording of the same run."""
    log = machine_of(store, cursor)
    if log is None:
        return Copied("", "nothing to copy yet")
    text = format_time_address(log.label, log.time_sum(cursor.pos))
    return Copied(text, clean(text))


def moment_address_of(store: Store, cursor: Cursor) -> Copied:
    """``mach://ID?ht=TIME``: the machine at the moment."""
    log = machine_of(store, cursor)
    moment = cursor.moment if cursor.moment is not None else store.last_time
    if log is None or moment is None:
        return Copied("", "nothing to copy yet")
    text = format_moment_address(log.label, moment)
    return Copied(text, clean(text))


def json_of(store: Store, cursor: Cursor) -> Copied:
    """The transition as JSON: the message, with names beside its indexes."""
    tx = _shown(store, cursor)
    if tx is None:
        return Copied("", NOTHING)
    data = {**_named(tx), "message": msgspec.to_builtins(tx.message)}
    return Copied(json.dumps(data, indent=2, ensure_ascii=True), "the transition as JSON")


def _named(tx: Transition) -> dict[str, Any]:
    return {
        "address": tx.address,
        "machine": tx.log.label,
        "number": tx.pos + 1,
        "time": clock_time(tx.log.time_at(tx.pos), 9),
        "mutation": tx.mutation,
        "called": list(tx.called),
        "outcome": tx.outcome or "changed",
        "changes": {change.name: [change.before, change.after] for change in tx.changes},
        "steps": [_words(tx, step) for step in tx.message.steps],
    }


def log_of(store: Store, cursor: Cursor) -> Copied:
    """The transition's log lines, with their levels."""
    tx = _shown(store, cursor)
    if tx is None:
        return Copied("", NOTHING)
    lines = [
        f"{LOG_LEVEL_NAMES[level]:<10}  {line}"
        for level, text in (*tx.message.pre_log_entries, *tx.message.log_entries)
        for line in clean_lines(text) or [""]
    ]
    if not lines:
        return Copied("", "this transition has no log lines")
    return Copied("\n".join(lines), f"{len(lines)} log lines" if len(lines) > 1 else "a log line")


def mermaid_of(store: Store, cursor: Cursor) -> Copied:
    """The steps as a Mermaid sequence diagram."""
    tx = _shown(store, cursor)
    if tx is None:
        return Copied("", NOTHING)
    if not tx.message.steps:
        return Copied("", "this transition has no steps to draw")
    return Copied(mermaid_steps(tx), "the steps as a Mermaid diagram")


def schema_of(store: Store, cursor: Cursor) -> Copied:
    """The schema as a Mermaid flowchart, with the states of the moment."""
    if machine_of(store, cursor) is None:
        return Copied("", "nothing to copy yet")
    return Copied(mermaid(schema_graph(store, cursor)), "the schema as a Mermaid diagram")


def network_of(store: Store, cursor: Cursor) -> Copied:
    """The network of machines as a Mermaid flowchart."""
    return Copied(mermaid(network_graph(store, cursor)), "the network as a Mermaid diagram")


def case_of(store: Store, cursor: Cursor) -> Copied:
    """A pytest case that makes the mutation again, on the same schema from the same states."""
    tx = _shown(store, cursor)
    if tx is None:
        return Copied("", NOTHING)
    try:
        return Copied(pytest_case(store, tx), "a pytest case")
    except ValueError as error:
        return Copied("", str(error))


COPIES = (
    CopyKind("y", "address of what is shown", address_of),
    CopyKind("t", "address by machine time, ?t=", time_address_of),
    CopyKind("h", "address by moment, ?ht=", moment_address_of),
    CopyKind("j", "the transition as JSON", json_of),
    CopyKind("l", "its log lines", log_of),
    CopyKind("m", "its steps as a Mermaid diagram", mermaid_of),
    CopyKind("s", "the schema as a Mermaid diagram", schema_of),
    CopyKind("n", "the network of machines as a Mermaid diagram", network_of),
    CopyKind("p", "a pytest case that does it again", case_of),
)
"""The copy menu, in its order; letters are unique."""


def mermaid_steps(tx: Transition) -> str:
    """A sequence diagram: states are participants, relations arrows, the rest notes over them."""
    names: dict[str, str] = {}
    for step in tx.message.steps:
        for name in (tx.name(step[1]), tx.name(step[2])):
            if name:
                names.setdefault(name, f"s{len(names)}")
    called = f"{tx.mutation} {' '.join(tx.called)}"
    lines = ["sequenceDiagram", f"    title {_label(called)}: {tx.outcome or 'changed'}"]
    lines += [f"    participant {alias} as {_label(name)}" for name, alias in names.items()]
    lines += [f"    {line}" for step in _steps(tx) if (line := _mermaid_step(tx, step, names))]
    return "\n".join(lines) + "\n"


def _steps(tx: Transition) -> list[tuple[Step, str]]:
    return [
        (step, f" {call[4]}" if call is not None and call[4] != "ok" else "")
        for _number, step, call in numbered_steps(tx)
    ]


def _mermaid_step(tx: Transition, told: tuple[Step, str], names: dict[str, str]) -> str:
    step, outcome = told
    kind, origin, target, _flags, data = step
    first, second = tx.name(origin), tx.name(target)
    if kind == STEP_RELATION and first and second:
        return f"{names[first]}->>{names[second]}: {relation_verb(data)}"
    over = names.get(second or first)
    if over is None:
        return ""
    if kind == STEP_HANDLER:
        return f"Note over {over}: {_label(handler_name(tx, step))}(){outcome}"
    text = _label(_words(tx, step))
    return (
        f"{names[first or second]}--x{over}: {text}"
        if kind == STEP_CANCEL
        else (f"Note over {over}: {text}")
    )


def _words(tx: Transition, step: Step) -> str:
    return "".join(span.text for span in step_words(tx, step))


def _label(text: str) -> str:
    """Text as Mermaid shows it: what it would read as syntax is written as a code."""
    return "".join(c if c.isalnum() or c in " _-.,()" else f"#{ord(c)};" for c in clean(text))


def _shown(store: Store, cursor: Cursor) -> Transition | None:
    log: MachineLog | None = machine_of(store, cursor)
    if log is None or not 0 <= cursor.pos < len(log):
        return None
    return transition_at(store, log, cursor.pos)
