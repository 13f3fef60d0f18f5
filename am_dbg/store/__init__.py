"""The store: a columnar, append-only index over recordings, and the queries the views are made of.

A *tx number* ``n`` counts the DbgMsgTx messages of all machines in file order. A *position* ``pos``
counts those of one machine, 0 to len - 1; -1 is before the first. Moments are Unix ns.
"""

from __future__ import annotations

from am_dbg.store.flags import Flag, mutation_type
from am_dbg.store.machine import Counts, GapInfo, MachineLog
from am_dbg.store.status import Client, RecordingStatus
from am_dbg.store.store import Store

__all__ = [
    "Client",
    "Counts",
    "Flag",
    "GapInfo",
    "MachineLog",
    "RecordingStatus",
    "Store",
    "mutation_type",
]
