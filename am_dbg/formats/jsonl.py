"""A selection as JSON Lines: one object a message, everything that the message has.

``{"kind": "DbgMsgTx", "machine": "id#2", "received": NS, "message": {...}}``; ``message`` has the
fields of the protocol, defaults left out. Bytes that were no UTF-8 stay as lone surrogates.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec

from am_dbg.formats.entries import entries
from am_dbg.formats.selection import Selection
from am_dbg.store import Store


def json_lines(store: Store, selection: Selection) -> Iterator[str]:
    """The lines, with their ends."""
    for entry in entries(store, selection):
        line = {
            "kind": entry.kind,
            "machine": entry.machine.label,
            "received": entry.arrival,
            "message": msgspec.to_builtins(entry.message),
        }
        yield json.dumps(line, ensure_ascii=True, separators=(",", ":")) + "\n"
