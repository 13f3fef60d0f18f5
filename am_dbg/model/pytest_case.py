"""A recorded transition as a pytest case: the same mutation on the same schema, asserted again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pprint import pformat

from am_dbg.model.causes import chain_of
from am_dbg.model.transition import CANCELED, Transition, handler_name
from am_dbg.store import Flag, MachineLog, Store
from telemetry.messages import EVAL, MUTATION_NAMES, STEP_HANDLER, StateDef

HANDLERS_DIDNT_RUN = ("skipped",)
WIDTH = 96
EXCEPTION = "Exception"
_RELATIONS = ("require", "add", "remove", "after")

_TEMPLATE = '''"""{what}

Recorded as {address}
"""

from asyncmachine import Machine, State, Tracer

STATES = {states}
SCHEMA = {{
{schema}
}}
BEFORE = {before}
"""Clocks before it; odd ones are active."""
AFTER = {after}
"""Clocks that it moved, as they were afterwards."""

{handlers}
class Seen(Tracer):
    """Keeps what the machine did."""

    def __init__(self):
        self.transitions = []

    def transition_end(self, tx):
        self.transitions.append(tx)


def test_{name}():
    machine = Machine(SCHEMA, id={id}, names=STATES, strict=False)
    time = [BEFORE.get(state, 0) for state in STATES]
    machine.import_(
        {{"id": machine.id, "state_names": STATES, "time": time, "machine_tick": 0}}
    )
    seen = Seen()
    machine.bind_tracer(seen)
{bind}    machine.{call}
    tx = {which}
    assert tx.accepted is {accepted}
    before, after = dict(zip(STATES, tx.before)), dict(zip(STATES, tx.after))
    assert {{state: after[state] for state in STATES if after[state] != before[state]}} == AFTER
'''


def pytest_case(store: Store, tx: Transition) -> str:
    """The source of a test module with one test. Raises ValueError when that can't be done.

    Handlers of the recorded program are not in the recording; only those that refused or failed
    are written, as ones that refuse or fail. An auto transition is reached by the one before it.
    """
    if tx.flags & Flag.QUEUED:
        raise ValueError("this is a mutation being queued; copy the transition that executed it")
    first = tx
    if tx.flags & Flag.AUTO:
        chain = chain_of(store, tx, 1)
        if not chain or chain[0].tx.log is not tx.log or chain[0].tx.flags & Flag.AUTO:
            raise ValueError("what led to this auto transition is not in the recording")
        first = chain[0].tx
    if first.message.type == EVAL:
        raise ValueError("an eval is code of the program; it can't be made again from a recording")
    if "?" in first.called:
        raise ValueError("it called a state that the machine doesn't have")
    log = tx.log
    states = [*log.states] if EXCEPTION in log.index else [*log.states, EXCEPTION]
    bad = _bad_handlers([first] if first is tx else [first, tx])
    bind = "    machine.bind_handlers(Handlers())\n" if bad else ""
    auto = first is not tx
    return _TEMPLATE.format(
        what=_what(tx),
        address=ascii(tx.address)[1:-1],
        states=_literal(states),
        schema=_schema(log),
        before=_literal(_active(log, first.pos - 1)),
        after=_literal({log.states[i]: after for i, _before, after in log.changes(tx.pos)}),
        handlers=_handlers(bad),
        name=_identifier(f"{tx.mutation}_{'_'.join(tx.called) or 'nothing'}"),
        id=ascii(log.id),
        bind=bind,
        call=_call(first),
        which=("next(tx for tx in seen.transitions if tx.auto)" if auto else "seen.transitions[0]"),
        accepted=bool(tx.message.accepted),
    )


def _what(tx: Transition) -> str:
    text = f"{tx.mutation} {' '.join(tx.called) or 'nothing'}: {tx.outcome or 'changed'}."
    if not tx.pos and tx.log.schema_at(-1).clocks is None:
        text += " The first one recorded: what was active before it is not known."
    return ascii(text)[1:-1].replace('"', "'")


def _active(log: MachineLog, pos: int) -> dict[str, int]:
    ticks = log.ticks(pos)
    return {name: tick for name, tick in zip(log.states, ticks, strict=True) if tick}


def _schema(log: MachineLog) -> str:
    lines = []
    for name in log.states:
        definition = log.schema.states.get(name, StateDef())
        fields = [f"{flag}=True" for flag in ("auto", "multi") if getattr(definition, flag)]
        fields += [
            f"{relation}={list(names)!a}"
            for relation in _RELATIONS
            if (names := getattr(definition, relation))
        ]
        lines.append(f"    {name!a}: State({', '.join(fields)}),")
    return "\n".join(lines)


def _call(tx: Transition) -> str:
    """``add("A", "B")``, ``can_remove("A")``."""
    kind = MUTATION_NAMES[tx.message.type]
    check = "can_" if tx.flags & Flag.CHECK else ""
    names = tx.log.schema_at(tx.pos).states_index
    called = ", ".join(ascii(names[state]) for state in tx.message.called_states_idxs)
    return f"{check}{kind}({called})"


def _bad_handlers(transitions: Iterable[Transition]) -> dict[str, str]:
    """Handlers that refused or failed -> how."""
    found: dict[str, str] = {}
    for tx in transitions:
        calls = [call for call in tx.message.handlers if call[4] not in HANDLERS_DIDNT_RUN]
        found |= {call[0]: call[4] for call in calls if call[4] != "ok"}
        if not calls and tx.sign[0] == CANCELED:  # a source that doesn't measure its handlers
            names = [handler_name(tx, step) for step in tx.message.steps if step[0] == STEP_HANDLER]
            found |= {names[-1]: "refused"} if names else {}
    return {name: how for name, how in found.items() if name.isidentifier()}


def _handlers(bad: dict[str, str]) -> str:
    if not bad:
        return ""
    lines = ["", "class Handlers:", '    """What refused or failed in the recorded program."""']
    for name, how in bad.items():
        body = "return False" if how == "refused" else f'raise RuntimeError("recorded: {how}")'
        lines += ["", f"    def {name}(self, event):", f"        {body}"]
    return "\n".join([*lines, "", ""])


def _literal(value: object) -> str:
    text = pformat(value, width=WIDTH, sort_dicts=False)
    return text.encode("ascii", "backslashreplace").decode()


def _identifier(text: str) -> str:
    return re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_").lower()[:60] or "transition"
