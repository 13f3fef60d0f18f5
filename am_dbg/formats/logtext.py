"""Log entries as plain text: date, time, machine, line; control characters escaped."""

from __future__ import annotations

from collections.abc import Iterator

from am_dbg.formats.entries import entries
from am_dbg.formats.selection import Selection
from am_dbg.model.format import clean, clock_time, date_time
from am_dbg.store import Store
from telemetry.messages import DbgMsgTx


def message_lines(message: DbgMsgTx, time: int, label: str, level: int) -> Iterator[str]:
    """The lines of one message up to a level, with their ends. ``time`` in Unix ns."""
    prefix = ""
    for entry_level, text in (*message.pre_log_entries, *message.log_entries):
        if entry_level <= level:
            prefix = prefix or f"{date_time(time)[:10]} {clock_time(time)} {clean(label)}"
            yield f"{prefix} {clean(text)}\n"


def log_text(store: Store, selection: Selection, level: int) -> Iterator[str]:
    """The log of a selection, by time; one (maybe empty) text a message."""
    for entry in entries(store, selection):
        if isinstance(entry.message, DbgMsgTx):
            lines = message_lines(entry.message, store.time[entry.n], entry.machine.label, level)
            yield "".join(lines)
