"""The empty live screen: what to do next."""

from __future__ import annotations

from am_dbg.model.format import clean, plural
from am_dbg.model.text import Line, Span, Token
from am_dbg.store import Store
from telemetry.messages import DEFAULT_ADDR

COLUMN = 34


def _pair(label: str, *spans: Span) -> Line:
    return (Span(f"   {label}".ljust(COLUMN)), *spans)


def empty_screen(store: Store, listen: str, recording: str) -> list[Line]:
    """How to connect a machine to ``listen``, and what is being written; lines uncropped."""
    listen = clean(listen)
    default = listen == DEFAULT_ADDR
    argument = "" if default else f', "{listen}"'
    variable = "AM_DBG_ADDR=1" if default else f"AM_DBG_ADDR={listen}"
    demo = "am-dbg demo" if default else f"am-dbg demo --addr {listen}"
    lines: list[Line] = [
        (Span(" am-dbg is listening on "), Span(listen, Token.STRONG)),
        (),
        _pair("Connect a machine:", Span("pip install am-dbg", Token.KEY)),
        (Span("     "), Span("from telemetry import bind_dbg", Token.KEY)),
        (Span("     "), Span(f"bind_dbg(machine{argument})", Token.KEY)),
        (),
        _pair(
            "or, without touching the code:",
            Span(f"{variable} python app.py", Token.KEY),
            Span("   (with telemetry.bind_from_env)", Token.DIM),
        ),
        _pair("or see it at work:", Span(demo, Token.KEY)),
        (),
    ]
    status = store.status
    if status.connected:
        waits = f"{plural(status.connected, 'connection')}, but no machine's schema yet."
        lines.append((Span(" "), Span(waits, Token.CONNECTED)))
    else:
        lines.append((Span(" Nothing has connected yet.  ", Token.DIM),))
    if recording:
        lines[-1] += (Span(f"Recording to {clean(recording)}", Token.DIM),)
    if status.last_error:
        lines.append((Span(" ! ", Token.ERROR), Span(clean(status.last_error), Token.WARNING)))
    return lines
