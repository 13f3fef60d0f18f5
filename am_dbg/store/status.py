"""What the status line needs to know of a recording: who is connected, what came, what was lost."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Client:
    """One connection, by what it told of itself. Times in Unix ns."""

    conn: str
    file: int = 0
    peer: str = ""
    name: str = ""
    """Library and version, from ``hello``."""
    service: str = ""
    host: str = ""
    pid: str = ""
    since: int = 0
    until: int | None = None
    """When it was closed; None while it is open."""

    @property
    def open(self) -> bool:
        """Whether it was still connected at the end of what is indexed."""
        return self.until is None


@dataclass(slots=True)
class RecordingStatus:
    """Counts over all files of a store, as far as they are indexed."""

    clients: dict[tuple[int, str], Client] = field(default_factory=dict)
    """(file number, connection) -> client, by first appearance."""
    records: int = 0
    """Machine messages: schemas, transitions, gaps; duplicates too."""
    duplicates: int = 0
    """Messages that came twice and were dropped."""
    unreadable: int = 0
    """Recorded messages that the index could not use."""
    rejected: int = 0
    refused: int = 0
    ignored: int = 0
    """Messages with a method that nobody knows."""
    lost: int = 0
    """Messages that never came, over all machines."""
    gaps: int = 0
    recovered: int = 0
    """How often a recorder went on with this file after a crash."""
    damage: list[str] = field(default_factory=list)
    """Damaged ranges of the files, as text."""
    truncated: bool = False
    """A file ends in the middle of a record."""
    closed: bool = False
    """Every file has its closing summary: nothing more will come."""
    errors: deque[str] = field(default_factory=lambda: deque(maxlen=200))
    """The latest rejected, refused and damage lines, newest last; control characters unescaped."""

    @property
    def connected(self) -> int:
        """Number of open connections."""
        return sum(client.open for client in self.clients.values())

    @property
    def last_error(self) -> str:
        """The newest of ``errors``, or an empty text."""
        return self.errors[-1] if self.errors else ""
