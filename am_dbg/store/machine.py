"""One machine of a recording: its schema, its messages, its clocks at any position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from am_dbg.store.column import Column
from am_dbg.store.flags import Flag
from telemetry.messages import DbgMsgStruct

if TYPE_CHECKING:
    from am_dbg.store.store import Store


@dataclass(slots=True)
class Counts:
    """How many of each kind. ``executed`` = ``accepted`` + ``canceled``; autos and checks are among
    them; ``queued`` counts the records of mutations being queued; ``log_entries`` pre-entries too.
    """

    executed: int = 0
    queued: int = 0
    accepted: int = 0
    canceled: int = 0
    auto: int = 0
    checks: int = 0
    log_entries: int = 0
    steps: int = 0
    lost: int = 0


@dataclass(slots=True)
class GapInfo:
    """Messages that never came, right before position ``pos``.

    ``reason`` is the exporter's (``outbox``, ``exit``), or ``missing`` when only their numbers tell.
    ``since`` and ``until`` in Unix ns, 0 when unknown.
    """

    pos: int
    lost: int
    reason: str = "missing"
    since: int = 0
    until: int = 0
    first_seq: int = 0
    last_seq: int = 0


class MachineLog:
    """One machine instance. Read-only for everybody but the indexer."""

    def __init__(self, store: Store, no: int, schema: DbgMsgStruct, label: str) -> None:
        self.store = store
        self.no = no
        self.id = schema.id
        self.instance = schema.instance
        self.label = label
        """The id; ``id#2`` where an id repeats."""
        self.parent: int | None = None
        """Number of the parent machine, or None. Never part of a cycle."""
        self.children: list[int] = []
        self.tags: list[str] = schema.tags
        self.service = ""
        self.host = ""
        self.pid = ""
        self.library = ""
        self.schema = schema
        self.states: list[str] = list(schema.states_index)
        """Names in the order of the last schema's ``states_index``: state indexes mean this list."""
        self.index: dict[str, int] = {}
        self.txs = Column("I")
        self.gaps: list[GapInfo] = []
        self.counts = Counts()

    def __len__(self) -> int:
        """Number of messages, queued ones included."""
        return len(self.txs)

    def n(self, pos: int) -> int:
        """Tx number of position ``pos``."""
        return self.txs[pos]

    def time_at(self, pos: int) -> int:
        """Effective time at ``pos``, Unix ns; for -1 the time of the first message, 0 without any."""
        raise NotImplementedError

    def flags_at(self, pos: int) -> int:
        """Flags of the message at ``pos``; 0 for -1."""
        raise NotImplementedError

    def pos_at(self, moment: int | None) -> int:
        """The last position at or before ``moment``; None: the last; -1: before the first."""
        raise NotImplementedError

    def schema_at(self, pos: int) -> DbgMsgStruct:
        """The schema in force at ``pos``: state indexes within *messages* mean its ``states_index``.

        Indexes that this class takes and gives always mean ``states``, the last schema's.
        """
        raise NotImplementedError

    def tick(self, state: int, pos: int) -> int:
        """Clock of a state after the message at ``pos``; for -1 its initial clock. Odd is active."""
        raise NotImplementedError

    def ticks(self, pos: int) -> list[int]:
        """All clocks after the message at ``pos``, in the order of ``states``."""
        raise NotImplementedError

    def last_ticks(self) -> list[int]:
        """The last known clocks: after the last message, or by a later schema's snapshot."""
        raise NotImplementedError

    def time_sum(self, pos: int) -> int:
        """Machine time (sum of the clocks) after the message at ``pos``."""
        raise NotImplementedError

    def changes(self, pos: int) -> list[tuple[int, int, int]]:
        """What changed at ``pos``: (state, tick before, tick after), by state."""
        raise NotImplementedError

    def next_change(self, state: int, pos: int) -> int | None:
        """The next position after ``pos`` where the state's clock moved; None: never."""
        raise NotImplementedError

    def prev_change(self, state: int, pos: int) -> int | None:
        """The last position before ``pos`` where the state's clock moved; None: never."""
        raise NotImplementedError

    def next_with(self, flag: Flag, pos: int) -> int | None:
        """The next position after ``pos`` with the flag. Fast for ERROR and CANCELED, else a scan."""
        raise NotImplementedError

    def prev_with(self, flag: Flag, pos: int) -> int | None:
        """The last position before ``pos`` with the flag. Fast for ERROR and CANCELED, else a scan."""
        raise NotImplementedError

    def count_with(self, flag: Flag, first: int, last: int) -> int:
        """How many positions from ``first`` to ``last`` (both included) have ERROR or CANCELED."""
        raise NotImplementedError

    def connected_at(self, moment: int | None) -> bool:
        """Whether it was connected to the recorder at that moment (Unix ns; None: at the end)."""
        raise NotImplementedError

    @property
    def connected(self) -> bool:
        """Whether it is connected at the end of what is indexed."""
        return self.connected_at(None)
