"""The canonical text of a recording, by the official MCAP reader: one line a transition message.

``python -m tests.formats.canonical FILE`` prints the SHA-256 over all machines, in the order of
their channels.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgpack
from mcap.reader import make_reader

TYPES = ("add", "remove", "set", "eval")


def lines(path: Path) -> Iterator[str]:
    """``id|type|accepted|auto|check|queued|clocks|called|nsteps|nlogs|unixns`` of all machines."""
    machines: dict[int, list[str]] = {}
    with path.open("rb") as file:
        for schema, channel, message in make_reader(file, validate_crcs=True).iter_messages(
            log_time_order=False
        ):
            if schema is not None and schema.name == "DbgMsgTx":
                tx = msgpack.unpackb(message.data, unicode_errors="surrogateescape")
                machines.setdefault(channel.id, []).append(line(tx, message.log_time))
    for channel_id in sorted(machines):
        yield from machines[channel_id]


def line(tx: dict[str, Any], time: int) -> str:
    flags = (tx.get(name, False) for name in ("accepted", "is_auto", "is_check", "is_queued"))
    return "|".join(
        (
            tx["id"],
            TYPES[tx.get("type", 0)],
            *(str(int(flag)) for flag in flags),
            ",".join(map(str, tx.get("clocks") or ())),
            ",".join(map(str, tx.get("called_states_idxs", ()))),
            str(len(tx.get("steps", ()))),
            str(len(tx.get("log_entries", ())) + len(tx.get("pre_log_entries", ()))),
            str(time),
        )
    )


def digest(path: Path) -> str:
    """SHA-256 over all lines, each with its line feed."""
    hashed = sha256()
    for text in lines(path):
        hashed.update(text.encode("utf-8", "surrogateescape") + b"\n")
    return hashed.hexdigest()


if __name__ == "__main__":
    sys.stdout.write(digest(Path(sys.argv[1])) + "\n")
