"""The bounded queue between the machines and the sender thread: appending never waits.

Machines append references on their own threads; the sender takes them in order. When the bound is
passed the oldest are dropped, on the appending thread, and what they would have told is kept as one
``Loss`` per machine: how many, when, and the ticks they had added, so that clocks stay right.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Protocol

MAX_MESSAGES = 100_000
"""Messages kept by default."""

MAX_BYTES = 64 * 1024 * 1024
"""Estimated bytes kept by default."""

# kinds of item
TRANSITION, QUEUED, SCHEMA, GONE = 0, 1, 2, 3


class Ended(Protocol):
    """What the outbox has to know of a transition to drop it."""

    @property
    def ended(self) -> int:
        """Unix ns."""

    @property
    def changed(self) -> tuple[tuple[int, int], ...]:
        """State index, ticks added."""


Item = tuple[Any, int, Any, Any, int]
"""Machine's feed, kind, content, more content, estimated bytes.

Content: a transition; a queued mutation and more (its time in Unix ns comes first); a schema
record; None. Items lie flat in the queue: a tuple for each would be one more object for the garbage
collector to visit, and those visits are what a long queue costs the program.
"""

_WIDTH = 5
_DROP = 4096
"""A full outbox drops this part of itself, and at least what is too much."""


def _nobody() -> None:
    """Nobody is there to be woken yet."""


class Loss:
    """What was dropped of one machine, oldest to newest, since the sender last asked."""

    __slots__ = ("changes", "gone", "lost", "schema", "since", "until")

    def __init__(self) -> None:
        self.lost = 0
        """Messages that carry a ``seq``: transitions and queued mutations."""
        self.since = 0
        self.until = 0
        self.schema: Any = None
        """The last schema record dropped; ``changes`` start from its clocks."""
        self.changes: dict[int, int] = {}
        self.gone = False

    def add(self, kind: int, content: Any, more: Any) -> None:
        """Accounts for one dropped item."""
        if kind == TRANSITION:
            self._count(content.ended)
            changes = self.changes
            for index, ticks in content.changed:
                changes[index] = changes.get(index, 0) + ticks
        elif kind == QUEUED:
            self._count(more[0])
        elif kind == SCHEMA:
            self.schema = content
            self.changes.clear()
        else:
            self.gone = True

    def _count(self, time: int) -> None:
        self.lost += 1
        if not self.since:
            self.since = time
        self.until = time


@dataclass(frozen=True)
class Taken:
    """What the sender took: first what was lost (older than all items), then the items in order."""

    losses: dict[Any, Loss]
    items: list[Item]
    position: int
    """Items appended so far up to and including these."""


class Outbox:
    """A bounded FIFO of items of all machines of one process that report to one address.

    Appending takes a fraction of a microsecond. The lock is for taking and dropping; it is
    re-entrant, since a signal handler or a finalizer may run a machine at any point.
    """

    __slots__ = (
        "_bytes",
        "_items",
        "_lock",
        "_losses",
        "_room",
        "asleep",
        "closed",
        "dropped",
        "max_bytes",
        "max_messages",
        "removed",
        "wake",
    )

    def __init__(self, max_messages: int = MAX_MESSAGES, max_bytes: int = MAX_BYTES) -> None:
        self.max_messages = max_messages
        self.max_bytes = max_bytes
        self.wake: Callable[[], None] = _nobody
        """Called by the append that finds the sender asleep; must not wait."""
        self.reset()

    def reset(self) -> None:
        """Makes it as new. After a fork the lock may be held by a thread that isn't here."""
        self._lock = threading.RLock()
        self._items: deque[Any] = deque()
        self._room = self.max_messages * _WIDTH
        self._losses: dict[Hashable, Loss] = {}
        self._bytes = 0
        self.asleep = True
        """The sender waits to be woken. Set by it under ``falls_asleep``."""
        self.closed = False
        """Nothing is kept any more: the process is ending, and what comes is counted as dropped."""
        self.removed = 0
        """Items ever taken or dropped."""
        self.dropped = 0
        """Messages ever dropped, schemas not counted."""

    def limit(self, max_messages: int, max_bytes: int) -> None:
        """Sets the bound; it holds from the next append on."""
        with self._lock:
            self.max_messages, self.max_bytes = max_messages, max_bytes
            self._room = max_messages * _WIDTH

    def append(self, feed: Hashable, kind: int, content: Any, more: Any, cost: int) -> None:
        """Adds an item of ``cost`` estimated bytes; drops the oldest ones if there is no room.

        Without the lock: extending a deque is one step for other threads, and should the sum of the
        bytes ever miss a summand it is set right when the outbox is empty.
        """
        items = self._items
        items.extend((feed, kind, content, more, cost))
        total = self._bytes = self._bytes + cost
        if total > self.max_bytes or len(items) > self._room:
            with self._lock:
                self._make_room()
        if self.asleep:
            with self._lock:
                if self.asleep:
                    self.asleep = False
                    self.wake()

    def take(self, most: int) -> Taken:
        """Removes up to ``most`` items, and all that is known about losses before them."""
        with self._lock:
            losses, self._losses = self._losses, {}
            count = min(most, len(self))
            pop = self._items.popleft
            items = [(pop(), pop(), pop(), pop(), pop()) for _ in range(count)]
            self.removed += count
            self._bytes -= sum(item[4] for item in items)
            if not self._items:
                self._bytes = 0
            return Taken(losses, items, self.removed)

    def drop_all(self) -> None:
        """Turns everything into losses, from here on too."""
        with self._lock:
            self.closed = True
            self._room = 0
            self._make_room()

    def falls_asleep(self) -> bool:
        """The sender asks to be woken by the next append; false if there is something to do."""
        with self._lock:
            self.asleep = True  # first this: an append looks at it last
            if self._items or self._losses:
                self.asleep = False
            return self.asleep

    @property
    def appended(self) -> int:
        """Items ever appended."""
        with self._lock:
            return self.removed + len(self)

    def empty(self) -> bool:
        """Whether there is nothing to take."""
        return not self._items and not self._losses

    def __len__(self) -> int:
        return len(self._items) // _WIDTH

    @property
    def bytes(self) -> int:
        """Estimated bytes waiting."""
        return self._bytes

    def _make_room(self) -> None:
        items, losses = self._items, self._losses
        pop = items.popleft
        # A few at a time, so that most appends to a full outbox needn't.
        room = self._room - self._room // _DROP
        most = self.max_bytes - self.max_bytes // _DROP
        while items and (len(items) > room or self._bytes > most):
            feed, kind, content, more, cost = pop(), pop(), pop(), pop(), pop()
            self._bytes -= cost
            self.removed += 1
            loss = losses.get(feed)
            if loss is None:
                loss = losses[feed] = Loss()
            loss.add(kind, content, more)
            if kind <= QUEUED:
                self.dropped += 1
