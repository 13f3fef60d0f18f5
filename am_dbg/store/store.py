"""The store over one or several recordings: columns, one row a DbgMsgTx message, and the machines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from am_dbg.store.column import Column
from am_dbg.store.machine import MachineLog
from am_dbg.store.status import RecordingStatus
from telemetry.messages import DbgMsgTx


class Store:
    """Open it, `feed` it until it says that nothing waits, ask. Not thread-safe: one thread.

    ``version`` grows whenever `feed` added anything: what was drawn at the same version is still
    right.
    """

    def __init__(self) -> None:
        self.machines: list[MachineLog] = []
        """By first appearance; ``machines[m.no] is m``."""
        self.version = 0
        self.time = Column("Q")
        """Effective time in Unix ns: the running maximum within the machine."""
        self.machine = Column("I")
        """Machine number."""
        self.flags = Column("H")
        """`Flag` bits, and the kind of mutation."""
        self.time_sum = Column("Q")
        """Machine time (sum of clocks) afterwards."""
        self.status = RecordingStatus()
        self.first_time: int | None = None
        self.last_time: int | None = None
        """Earliest and latest effective time of any message, Unix ns; None without any."""

    @classmethod
    def open(cls, paths: Sequence[Path], cache: bool = True) -> Store:
        """A store over recordings (.mcap). Nothing is indexed yet, unless a fresh cache has it.

        Raises UserError when a file is no recording or cannot be read.
        """
        raise NotImplementedError

    def __len__(self) -> int:
        """Number of DbgMsgTx messages indexed."""
        return len(self.time)

    def feed(self, seconds: float | None = None) -> bool:
        """Index what has arrived, for at most about ``seconds``. True if more waits right now."""
        raise NotImplementedError

    def progress(self) -> tuple[int, int]:
        """Bytes indexed, bytes there."""
        raise NotImplementedError

    def pos(self, n: int) -> int:
        """Position of tx number ``n`` within its machine."""
        raise NotImplementedError

    def message(self, n: int) -> DbgMsgTx:
        """The whole message, decoded; a few recent blocks are kept.

        An empty message with just the machine's id when the file can no longer be read there.
        """
        raise NotImplementedError

    def machine_by(self, name: str) -> MachineLog | None:
        """The machine of that label, else the first of that id, else None."""
        raise NotImplementedError

    def machine_at(self, id: str, moment: int | None) -> MachineLog | None:  # noqa: A002 (the field)
        """Of the machines with that id, the one that ran at the moment (or the nearest)."""
        raise NotImplementedError

    def find_tx(self, id: str, tx_id: str, near: int | None = None) -> int | None:  # noqa: A002
        """Tx number of transition ``tx_id`` of machine ``id`` (or label); None when it isn't there.

        Searches outward from tx number ``near`` (a message that mentions it).
        """
        raise NotImplementedError

    def execution_of(self, n: int) -> int | None:
        """Of a queued record: the transition that executed it, when it came."""
        raise NotImplementedError

    def queued_of(self, n: int) -> int | None:
        """Of a transition: the record of its mutation being queued, when there is one."""
        raise NotImplementedError

    def cached(self) -> bool:
        """Whether the store came from an index cache."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the files."""
        raise NotImplementedError
