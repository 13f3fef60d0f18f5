"""The line of truth on top, and who is connected."""

from __future__ import annotations

from typing import NamedTuple

from am_dbg.model.addresses import format_address
from am_dbg.model.cursor import Cursor, machine_of, pos_in
from am_dbg.model.format import (
    LineBuilder,
    clean,
    clock_time,
    crop_line,
    offset,
    plural,
    thousands,
    width_of,
)
from am_dbg.model.memo import memo
from am_dbg.model.text import Line, Span, Token
from am_dbg.model.transition import transition_at
from am_dbg.store import Client, Store

SHOWN_ERRORS = 8
COPY = "action:copy_address"
"""Where a click on the address leads."""
GAP = Span("   ")
BRIEF = -2
"""The turn at which the address gives up most of the transition's id."""
SHORTEN = -1
"""The turn at which long forms give way to short ones, before what matters goes."""


class Signs(NamedTuple):
    """What the line says beside the cursor: how it plays ("": not), what lies back and forward."""

    playing: str = ""
    back: bool = False
    forward: bool = False


class _Part(NamedTuple):
    """A piece of the line; the higher ``rank``, the sooner it gives way.

    ``brief`` takes the place of ``spans`` before anything gives way, ``short`` before what matters.
    """

    rank: int
    spans: Line
    short: Line = ()
    brief: Line = ()


def graph_time(store: Store, cursor: Cursor) -> int:
    """Sum of the machine times of all machines at the moment; kept until moment or store change."""

    def compute() -> int:
        total = 0
        for log in store.machines:
            pos = pos_in(store, cursor, log.no)
            if pos >= 0:
                total += log.time_sum(pos)
        return total

    # where several transitions share the moment, the position decides
    key = ("graph time", store.version, cursor.moment, cursor.machine, cursor.pos)
    return memo(store, key, compute)


def status_line(
    store: Store,
    cursor: Cursor,
    width: int,
    files: str = "",
    live: bool = False,
    filter_text: str = "",
    signs: Signs | None = None,
) -> Line:
    """Address, LIVE/PAUSED/REPLAY and the moment, graph time, file, counts, losses, filter.

    ``files`` is the name to show; ``live``: the recording is still growing; ``signs`` adds the
    signs to go back and forward, and how it plays. What doesn't fit is shortened, then left out,
    least important first. A click on the address copies it.
    """
    parts = [
        _Part(7, _arrows(signs) if signs is not None else ()),
        _address(store, cursor),
        _Part(0, *_mode(store, cursor, live, signs.playing if signs is not None else "")),
        _Part(5, (Span("t ", Token.DIM), Span(thousands(graph_time(store, cursor)), Token.NUMBER))),
        _Part(4, (Span(clean(files), Token.DIM),) if files else ()),
        _Part(3, (Span(plural(len(store.machines), "machine")),)),
        _Part(3, (Span(f"{thousands(len(store.time))} tx"),)),
        _Part(1, _losses(store, live)),
        _filters(clean(filter_text) or "all"),
        _Part(2, _progress(store)),
    ]
    parts = [part for part in parts if part.spans]
    for rank in (BRIEF, 6, 5, 4, SHORTEN, 7, 3, 2):
        if _width(parts) <= width:
            break
        if rank == BRIEF:
            parts = [part._replace(spans=part.brief or part.spans) for part in parts]
        elif rank == SHORTEN:
            parts = [part._replace(spans=part.short or part.spans) for part in parts]
        parts = [part for part in parts if part.rank != rank]
    spans: list[Span] = []
    for part in parts:
        spans += [GAP] if spans else []
        spans += part.spans
    return crop_line(tuple(spans), width)


def connection_lines(store: Store, width: int) -> list[Line]:
    """Who is connected, what was received, dropped and rejected, with the last reasons."""
    status = store.status
    lines: list[Line] = [
        (Span("Connections ", Token.TITLE), Span(f"{status.connected} open", Token.NUMBER)),
        *(_client_line(client, width) for client in status.clients.values()),
        (),
        (Span("Received", Token.TITLE),),
    ]
    counts = (
        ("messages", status.records, False),
        ("lost by the sources", status.lost, True),
        ("rejected", status.rejected, True),
        ("refused (token)", status.refused, True),
        ("ignored (unknown method)", status.ignored, False),
        ("sent twice, dropped", status.duplicates, False),
        ("unreadable", status.unreadable, True),
        ("recorder went on after a crash", status.recovered, True),
    )
    for label, number, bad in counts:
        if number or label in ("messages", "lost by the sources", "rejected"):
            builder = LineBuilder(width).add("  ")
            token = Token.WARNING if bad and number else Token.NUMBER
            sign = "!" if bad and number else " "
            lines.append(builder.right(thousands(number), 12, token).add(f" {sign} {label}").line())
    if status.truncated:
        lines.append((Span("  ! the file ends in the middle of a record", Token.WARNING),))
    lines += [(Span(f"  ! {clean(text)}", Token.ERROR),) for text in status.damage]
    if status.errors:
        lines += [(), (Span("Last errors", Token.TITLE),)]
        newest = list(status.errors)[: -SHOWN_ERRORS - 1 : -1]
        lines += [(Span(f"  ! {clean(text)}", Token.WARNING),) for text in newest]
    return [crop_line(line, width) for line in lines]


def _client_line(client: Client, width: int) -> Line:
    builder = LineBuilder(width)
    sign, token = ("●", Token.CONNECTED) if client.open else ("○", Token.DISCONNECTED)
    builder.add("  ").add(sign, token).add(" ")
    who = client.service or client.name or client.peer or client.conn
    builder.cells(clean(who), 20, Token.STRONG if client.open else Token.DIM).add(" ")
    told = [client.name if client.service else "", client.host, client.pid and f"pid {client.pid}"]
    told.append(client.peer if who != client.peer else "")
    builder.add(clean(" ".join(text for text in told if text)), Token.DIM)
    if client.since:
        until = f" to {clock_time(client.until, 0)}" if client.until else ""
        builder.add(f"  since {clock_time(client.since, 0)}{until}", Token.TIME)
    return builder.line()


def _arrows(signs: Signs) -> Line:
    """Back and forward among the places visited; dim where there is none."""
    return (
        Span("◀", Token.KEY if signs.back else Token.DIM, "action:go_back"),
        Span(" "),
        Span("▶", Token.KEY if signs.forward else Token.DIM, "action:go_forward"),
    )


def _address(store: Store, cursor: Cursor) -> _Part:
    """The whole address and the transition's number; with the id cut; with the name alone."""
    log = machine_of(store, cursor)
    if log is None:
        return _Part(0, (Span("no machine yet", Token.DIM),))
    machine = format_address(log.label)
    if not 0 <= cursor.pos < len(log):
        short = (Span(clean(log.label), Token.LINK, COPY),)
        return _Part(0, (Span(machine, Token.LINK, COPY),), short)
    tx_id = transition_at(store, log, cursor.pos).message.id
    whole = format_address(log.label, tx_id, cursor.step)[len(machine) :]
    step = f"/step {cursor.step}" if cursor.step is not None else ""
    cut = clean(tx_id[:4] + "…" if len(tx_id) > 6 else tx_id)
    place = f"/tx {thousands(cursor.pos + 1)}{step}"
    tail = f"/{cut}{place}" if cut else place
    name = Span(machine, Token.LINK, COPY)
    return _Part(
        0,
        (name, Span(f"{whole}  tx {thousands(cursor.pos + 1)}", Token.DIM, COPY)),
        (Span(f"{clean(log.label)}{place}", Token.LINK, COPY),),
        (name, Span(tail, Token.DIM, COPY)),
    )


def _mode(store: Store, cursor: Cursor, live: bool, playing: str) -> tuple[Line, Line]:
    if playing:
        word, token = playing, Token.LIVE
    elif cursor.following:
        word, token = ("● LIVE", Token.LIVE) if live else ("● END", Token.LIVE)
    else:
        word, token = ("‖ PAUSED" if live else "‖ REPLAY"), Token.PAUSED
    moment = cursor.moment if cursor.moment is not None else store.last_time
    if moment is None:
        return (Span(word, token),), (Span(word, token),)
    time = Span(clock_time(moment), Token.TIME)
    since = _since_previous(store, cursor)
    long: list[Span] = [Span(word + " ", token), time]
    if since:
        long.append(Span(f" {since}", Token.DIM))
    brief = word if playing else word[:1]  # how fast it plays is worth its room
    return tuple(long), (Span(brief + " ", token), time)


def _since_previous(store: Store, cursor: Cursor) -> str:
    """Time since the machine's previous transition, signed; "" without one."""
    log = machine_of(store, cursor)
    if log is None or not 1 <= cursor.pos < len(log):
        return ""
    return offset(log.time_at(cursor.pos) - log.time_at(cursor.pos - 1))


def _filters(text: str) -> _Part:
    """What is hidden, longer to be seen than that nothing is; a click opens the filters."""
    link = "action:filters"
    sign = Span("⌕ ", Token.DIM, link)
    short = (sign, Span(text.partition(":")[0], Token.TEXT, link))
    return _Part(6 if text == "all" else 2, (sign, Span(text, Token.TEXT, link)), short, short)


def _losses(store: Store, live: bool) -> Line:
    status = store.status
    spans = [
        Span(f"{thousands(status.lost)} lost", Token.WARNING if status.lost else Token.DIM),
    ]
    if status.rejected:
        spans += [Span("  "), Span(f"! {thousands(status.rejected)} rejected", Token.ERROR)]
    if status.refused:
        spans += [Span("  "), Span(f"! {thousands(status.refused)} refused", Token.ERROR)]
    if status.damage:
        spans += [Span("  "), Span("! damaged", Token.ERROR)]
    elif status.truncated and not live:  # a live one ends anywhere between two writes
        spans += [Span("  "), Span("cut", Token.WARNING)]
    return tuple(spans)


WORTH_TELLING = 1 << 20
"""Bytes not indexed yet that are told of: the end of a growing file never is, nor a torn one's."""


def _progress(store: Store) -> Line:
    done, there = store.progress()
    if there - done < WORTH_TELLING:
        return ()
    return (Span(f"indexing {done * 100 // there} %", Token.WARNING),)


def _width(parts: list[_Part]) -> int:
    return sum(width_of(part.spans) for part in parts) + width_of((GAP,)) * (len(parts) - 1)
