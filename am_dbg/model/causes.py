"""Who made a transition happen: its source, and the record of its mutation being queued."""

from __future__ import annotations

from typing import NamedTuple

from am_dbg.model.addresses import format_address
from am_dbg.model.entries import split_tag
from am_dbg.model.format import clean
from am_dbg.model.memo import memo
from am_dbg.model.transition import Transition, transition_at
from am_dbg.store import Flag, Store
from telemetry.messages import DbgMsgTx

AUTO_REACH = 200
"""Records of queued mutations and checks that may lie between a transition and its auto one."""


class Cause(NamedTuple):
    """The transition in whose handler a mutation was made; texts clean, names for showing.

    ``own`` when it is one of the same machine; ``link`` leads there when the recording has it.
    ``time`` is the machine time then, None when nobody said; ``n`` its tx number, when it is there.
    """

    machine: str
    handler: str
    time: int | None
    own: bool
    link: str
    n: int | None = None


def cause_of(store: Store, tx: Transition) -> Cause | None:
    """Where the mutation was made; None: outside any handler, or not told.

    Go's exporter tells it in a log line, ours in the message.
    """
    # at a later version the causing transition may have come
    return memo(store, ("cause", tx.n, store.version), lambda: _cause(store, tx))


def _cause(store: Store, tx: Transition) -> Cause | None:
    handler: str | None = None
    time: int | None = None
    if tx.message.source is not None:
        machine_id, tx_id, time, handler = tx.message.source
    else:
        told = _told_by_log(tx.message)
        if told is None:
            return None
        machine_id, tx_id = told
    log = store.machine_at(machine_id, tx.log.time_at(tx.pos))
    label = log.label if log is not None else machine_id
    n = store.find_tx(label, tx_id, tx.n) if log is not None else None
    link = format_address(label, tx_id) if n is not None else ""
    return Cause(clean(label), clean(handler or ""), time, machine_id == tx.log.id, link, n)


def source_machine(message: DbgMsgTx) -> str | None:
    """Id of the machine in whose handler a mutation was made; None: nobody told."""
    if message.source is not None:
        return message.source[0]
    told = _told_by_log(message)
    return None if told is None else told[0]


def _told_by_log(message: DbgMsgTx) -> tuple[str, str] | None:
    for _level, text in (*message.log_entries, *message.pre_log_entries):
        tag, rest = split_tag(text)
        if tag == "source" and rest.count("/") >= 2:
            machine, tx_id, _time = rest.rsplit("/", 2)
            return machine, tx_id
    return None


class Link(NamedTuple):
    """A step of a chain of causes: how it led on (``by StartState``), and what it was."""

    how: str
    tx: Transition


def chain_of(store: Store, tx: Transition, longest: int = 12) -> list[Link]:
    """Transitions that led to this one, nearest first, as far as they are told and recorded.

    An auto transition follows the one that the machine executed right before it.
    """
    chain: list[Link] = []
    seen = {tx.n}
    while len(chain) < longest:
        cause = cause_of(store, tx)
        if cause is not None and cause.n is not None:
            before = _at(store, cause.n)
            how = f"by {cause.handler}" if cause.handler else "by"
        else:
            before = _executed_before(store, tx) if tx.flags & Flag.AUTO else None
            how = "auto, after"
        if before is None or before.n in seen:
            break
        seen.add(before.n)
        chain.append(Link(how, before))
        tx = before
    return chain


def _executed_before(store: Store, tx: Transition) -> Transition | None:
    log = tx.log
    for pos in range(tx.pos - 1, max(tx.pos - AUTO_REACH, -1), -1):
        if not log.flags_at(pos) & (Flag.QUEUED | Flag.CHECK):
            return transition_at(store, log, pos)
    return None


def execution_of(store: Store, tx: Transition) -> Transition | None:
    """Of a queued record: the transition that executed it, if it has come."""
    return _at(store, memo(store, ("run", tx.n, store.version), lambda: store.execution_of(tx.n)))


def queued_of(store: Store, tx: Transition) -> Transition | None:
    """Of a transition: the record of its mutation being queued, if there is one."""
    waited = not tx.flags & Flag.AUTO or tx.message.mut_queue_token
    if tx.flags & Flag.CHECK or not waited or not tx.log.counts.queued:
        return None  # was never queued, and a search for nothing is the longest
    return _at(store, memo(store, ("queued", tx.n, store.version), lambda: store.queued_of(tx.n)))


def _at(store: Store, n: int | None) -> Transition | None:
    if n is None:
        return None
    return transition_at(store, store.machines[store.machine[n]], store.pos(n))
