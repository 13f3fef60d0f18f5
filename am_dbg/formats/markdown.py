"""Transitions as Markdown, to be put into an issue or a note."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from am_dbg.formats.entries import entries
from am_dbg.formats.selection import Selection
from am_dbg.model.causes import cause_of
from am_dbg.model.format import SECOND, clean, clean_lines, duration, thousands
from am_dbg.model.steps import handler_spans, numbered_steps, step_words
from am_dbg.model.text import Line, Token
from am_dbg.model.transition import Transition, transition_at
from am_dbg.store import Store

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~])")


def markdown(store: Store, selection: Selection) -> Iterator[str]:
    """A section for each transition of the selection, by time."""
    first = True
    for entry in entries(store, selection):
        if entry.n < 0:
            continue
        tx = transition_at(store, entry.machine, store.pos(entry.n))
        yield ("" if first else "\n") + transition_markdown(store, tx)
        first = False


def transition_markdown(store: Store, tx: Transition) -> str:
    """One transition: what it was, where and when, what it changed, its steps, its log."""
    called = " ".join(tx.called) or "nothing"
    lines = [f"## {tx.sign[0]} {tx.mutation} {escaped(called)}", ""]
    lines += [f"- {name}: {text}" for name, text in _facts(store, tx)]
    lines += _section("Changes", [
        f"{change.sign} **{escaped(change.name)}** {change.before} → {change.after}"
        for change in tx.changes
    ])  # fmt: skip
    lines += _section("Steps", [_marked(step_words(tx, step, call))
                                for _, step, call in numbered_steps(tx)])  # fmt: skip
    lines += _section("Handlers", [_marked(handler_spans(call, clean(call[0])))
                                   for call in tx.message.handlers])  # fmt: skip
    log = [
        line
        for _, text in (*tx.message.pre_log_entries, *tx.message.log_entries)
        for line in clean_lines(text)
    ]
    if log:
        fence = "```"
        while any(fence in line for line in log):
            fence += "`"
        lines += ["", "### Log", "", f"{fence}text", *log, fence]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Clean text in which nothing is markup."""
    return _SPECIAL.sub(r"\\\1", text)


def utc_time(ns: int) -> str:
    """A Unix time in ns as ``2026-11-24 13:29:41.786000123 UTC``."""
    seconds, rest = divmod(ns, SECOND)
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return f"{ns} ns"
    return f"{moment:%Y-%m-%d %H:%M:%S}.{rest:09d} UTC"


def _facts(store: Store, tx: Transition) -> Iterator[tuple[str, str]]:
    log, message = tx.log, tx.message
    yield "machine", f"**{escaped(clean(log.label))}**"
    yield "address", f"`{tx.address}`"
    yield "time", utc_time(log.time_at(tx.pos))
    if message.duration:
        yield "took", duration(message.duration)
    if tx.outcome:
        yield "outcome", escaped(tx.outcome)
    before, after = log.time_sum(tx.pos - 1), log.time_sum(tx.pos)
    yield "machine time", f"t{thousands(before)} → t{thousands(after)}"
    if tx.args:
        told = (f"{escaped(clean(name))} = `{_code(value)}`" for name, value in tx.args)
        yield "arguments", ", ".join(told)
    cause = cause_of(store, tx)
    if cause is not None:
        who = f"{cause.machine} {cause.handler}".strip()
        link = f" (`{cause.link}`)" if cause.link else ""
        yield "by", f"{escaped(who)}{link}"


def _code(text: str) -> str:
    return clean(text).replace("`", "'")


def _section(name: str, rows: list[str]) -> list[str]:
    return ["", f"### {name}", "", *(f"- {row}" for row in rows)] if rows else []


def _marked(line: Line) -> str:
    """A line of spans with its names in bold."""
    parts = []
    for span in line:
        text = escaped(span.text)
        parts.append(f"**{text}**" if span.token is Token.STRONG and text.strip() else text)
    return "".join(parts)
