"""Lines of the log: semantic entries as coloured spans, and what we say where nobody did."""

from __future__ import annotations

import re
from collections.abc import Iterator

from am_dbg.model.addresses import format_address
from am_dbg.model.entries import split_args, split_tag
from am_dbg.model.format import clean, clean_lines, clock_time, crop
from am_dbg.model.text import Line, Span, Token
from am_dbg.model.transition import REMOVED, Transition
from am_dbg.store import Flag

_WORD = re.compile(r"\s+|[^\s()]+|[()]")

_TAG_TOKENS = {
    "add": Token.CALLED,
    "remove": Token.CALLED,
    "set": Token.CALLED,
    "auto": Token.AUTO,
    "auto_": Token.AUTO,
    "state": Token.ACTIVE,
    "queue": Token.QUEUED,
    "prepend": Token.QUEUED,
    "postpone": Token.QUEUED,
    "cancel": Token.CANCELED,
    "reject": Token.CANCELED,
    "error": Token.ERROR,
    "recover": Token.ERROR,
    "breakpoint": Token.ERROR,
    "exter": Token.STRONG,
    "extern": Token.STRONG,
    "handler": Token.TITLE,
    "source": Token.LINK,
}
_TROUBLE = ("handler:timeout", "handler:deadline", "handler:invalid")
_STATE_TAGS = ("state", "auto_")


def entry_lines(tx: Transition, level: int, text: str, names: frozenset[str]) -> Iterator[Line]:
    """An entry as lines: the first coloured by meaning, the rest (a trace) indented, dim."""
    lines = clean_lines(text) or [""]
    yield _first_line(tx, level, lines[0], names)
    for line in lines[1:]:
        yield (Span("    " + line, Token.DIM),)


def _first_line(tx: Transition, level: int, text: str, names: frozenset[str]) -> Line:
    tag, rest = split_tag(text)
    if not tag:
        return (Span(text, Token.STRONG if level == 1 else Token.TEXT),)
    kind = tag.split(":")[0]
    token = Token.ERROR if tag in _TROUBLE else _TAG_TOKENS.get(kind, Token.DIM)
    spans = [Span(f"[{tag}]", token), Span(" ")]
    if kind == "source":
        return (*spans, *_source(rest))
    body, args = split_args(rest)
    if kind in _STATE_TAGS:
        spans += _words(body, names, signed=True)
    elif kind in ("exter", "extern"):
        spans.append(Span(body))
    else:
        spans += _words(body, names, signed=False, default=token if token is Token.ERROR else None)
    if args:
        spans.append(Span(" "))
        spans += _arguments(args)
    return tuple(spans)


def _source(rest: str) -> tuple[Span, ...]:
    machine, slash, tail = rest.partition("/")
    tx_id, _slash, _time = tail.partition("/")
    if not slash:
        return (Span(rest, Token.DIM),)
    return (Span(rest + " ↗", Token.LINK, format_address(machine, tx_id)),)


def _words(
    text: str, names: frozenset[str], signed: bool, default: Token | None = None
) -> Iterator[Span]:
    for match in _WORD.finditer(text):
        word = match.group()
        if signed and word[0] == "+":
            yield Span(word, Token.ADDED)
        elif signed and word[0] == "-":
            yield Span(REMOVED + word[1:], Token.REMOVED)
        elif word in names:
            yield Span(word, Token.STRONG)
        else:
            yield Span(word, default or Token.TEXT)


def _arguments(args: list[tuple[str, str]], longest: int | None = None) -> list[Span]:
    spans = [Span("(", Token.DIM)]
    for number, (name, value) in enumerate(args):
        if number:
            spans.append(Span(" "))
        spans.append(Span(name, Token.ARG_NAME))
        spans.append(Span("=", Token.DIM))
        spans.append(Span(value if longest is None else crop(value, longest), Token.ARG_VALUE))
    return [*spans, Span(")", Token.DIM)]


def argument_spans(tx: Transition, longest: int = 40) -> list[Span]:
    """``(Topic.id=t-warrior)`` of a transition, values cut to ``longest`` cells; [] without any."""
    args = [(clean(name), clean(value)) for name, value in tx.args]
    return _arguments(args, longest) if args else []


def told_lines(tx: Transition, tags: set[str]) -> Iterator[Line]:
    """What the log doesn't tell by itself, ``tags`` being what it has: outcome, and what changed.

    A transition without any entry gets one line, so that every one has a place in the log.
    """
    flags = tx.flags
    called = Span(" ".join(tx.called) or "nothing", Token.CALLED)
    if flags & Flag.QUEUED:
        if not tags & {"queue", "prepend"}:
            yield (Span(f"[queue:{tx.mutation}]", Token.QUEUED), Span(" "), called)
        return
    if flags & Flag.CANCELED:
        if not tags & {"cancel", "reject"}:
            why = f"  {tx.outcome}" if tx.outcome != "canceled" else ""
            yield (
                Span("[cancel]", Token.CANCELED),
                Span(f" {tx.mutation} "),
                called,
                Span(why, Token.CANCELED),
            )
        return
    if tx.changes:
        if not tags & set(_STATE_TAGS):
            tag = "[auto_]" if flags & Flag.AUTO else "[state]"
            spans = [Span(tag, Token.AUTO if flags & Flag.AUTO else Token.ACTIVE)]
            for change in tx.changes:
                spans += [Span(" "), change.span()]
            yield tuple(spans)
        return
    if not tags:
        word = "possible" if flags & Flag.CHECK else "no change"
        yield (Span(f"[{tx.mutation}]", Token.DIM), Span(" "), called, Span(f"  {word}", Token.DIM))


def time_line(ns: int) -> Line:
    """The line before a transition that starts a new second."""
    return (Span(f"── {clock_time(ns, 0)} ──", Token.TIME),)
