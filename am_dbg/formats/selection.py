"""What of a store is exported: for each machine the positions of its messages."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from am_dbg.model.cursor import Cursor, pos_in
from am_dbg.store import MachineLog, Store

Shows = Callable[[MachineLog, int], bool]
"""Whether a filter shows the message at a position of a machine."""


@dataclass(frozen=True)
class Selection:
    """Positions by machine number, both ends included; an empty range keeps only the schema.

    ``shows`` leaves out further messages. ``gaps``: what was lost within a range is told of.
    """

    spans: dict[int, tuple[int, int]]
    shows: Shows | None = None
    gaps: bool = True

    @property
    def messages(self) -> int:
        """How many messages there are at most."""
        return sum(max(0, last - first + 1) for first, last in self.spans.values())

    def only(self, shows: Shows | None) -> Selection:
        """The same, of that only what a filter shows."""
        return replace(self, shows=shows)


def everything(store: Store, machines: Collection[int] | None = None) -> Selection:
    """All messages of these machines (None: of all)."""
    return Selection({log.no: (0, len(log) - 1) for log in _chosen(store, machines)})


def between(
    store: Store, since: int | None, until: int | None, machines: Collection[int] | None = None
) -> Selection:
    """Messages from one time to another (Unix ns, both included; None: to the end).

    Machines that began later are left out; those that did nothing in that time keep their schema.
    """
    spans = {}
    for log in _chosen(store, machines):
        last = log.pos_at(until)
        first = 0 if since is None else log.pos_at(since - 1) + 1
        if last >= 0 or not len(log):
            spans[log.no] = (first, max(last, first - 1))
    return Selection(spans)


def moment(store: Store, cursor: Cursor, machines: Collection[int] | None = None) -> Selection:
    """One message a machine: its last at or before the cursor's moment."""
    spans = {}
    for log in _chosen(store, machines):
        pos = pos_in(store, cursor, log.no)
        spans[log.no] = (pos, pos) if pos >= 0 else (0, -1)
    return Selection(spans, gaps=False)


def single(cursor: Cursor) -> Selection:
    """The cursor's own transition, or its machine's schema."""
    span = (cursor.pos, cursor.pos) if cursor.pos >= 0 else (0, -1)
    return Selection({cursor.machine: span} if cursor.machine >= 0 else {}, gaps=False)


def _chosen(store: Store, machines: Collection[int] | None) -> list[MachineLog]:
    return [log for log in store.machines if machines is None or log.no in machines]
