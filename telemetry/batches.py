"""Batches: messages packed into requests, kept until they are answered, made ready to go again.

A reader that already has some of the messages of a batch drops those by ``seq``. So when a batch
goes out a second time each of its transitions carries the whole clocks: differences would be added
to the wrong ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import msgspec

from telemetry.encode_dbg import Feed, Snapshot
from telemetry.messages import (
    MAX_MESSAGE,
    DbgMsg,
    DbgMsgStruct,
    DbgMsgTx,
    decode_gap,
    decode_struct,
    decode_tx,
)
from telemetry.packing import pack_message
from telemetry.wire import encode_request

_DECODERS: dict[str, Callable[[bytes], DbgMsg]] = {
    "DbgMsgStruct": decode_struct,
    "DbgMsgTx": decode_tx,
    "DbgMsgGap": decode_gap,
}

BATCH_MESSAGES = 256
"""Most messages in a request."""

BATCH_BYTES = 256 * 1024
"""A request that has grown to this size is closed, unless the server accepts less."""


@dataclass(frozen=True)
class Limits:
    """What the server accepts: ``max_message`` bytes for a whole request."""

    max_message: int = MAX_MESSAGE

    @property
    def batch(self) -> int:
        """Size at which a batch is closed, in bytes."""
        return min(BATCH_BYTES, self.max_message // 4)

    @property
    def message(self) -> int:
        """Longest single message, in bytes: one more of them still fits into an open batch."""
        return self.max_message // 2


@dataclass(eq=False)
class Batch:
    """The messages of one request, in order, all of one kind."""

    method: str
    position: int
    """Items of the outbox that had been removed before its first message was."""
    limits: Limits
    repeat: bool = True
    """Whether it goes again after a reconnect; announcements are made anew instead."""
    owners: list[Feed] = field(default_factory=list)
    """The machine of each message."""
    before: dict[Feed, Snapshot] = field(default_factory=dict)
    """Schema and clocks of each machine in it, as they were before its first message here."""
    parts: list[bytes] = field(default_factory=list)
    """The messages, packed. Not kept as objects: thousands of them would burden the collector."""
    size: int = 0
    """Bytes of ``parts``."""
    feeds: set[Feed] = field(default_factory=set)
    """The machines in it."""

    def add(self, feed: Feed, message: DbgMsg) -> None:
        """Appends a message, cut down if it is longer than the server accepts."""
        packed = pack_message(message, self.limits.message)
        self.owners.append(feed)
        self.feeds.add(feed)
        self.parts.append(packed)
        self.size += len(packed)

    def full(self) -> bool:
        """Whether it should go."""
        return len(self.parts) >= BATCH_MESSAGES or self.size >= self.limits.batch

    def request(self, msgid: int) -> bytes:
        """The whole MessagePack-RPC request."""
        return encode_request(msgid, self.method, self.parts)


def simple_request(msgid: int, method: str, *params: object) -> bytes:
    """A request with plain params, for ``hello`` and ``bye``."""
    return encode_request(msgid, method, [msgspec.msgpack.encode(param) for param in params])


def known_machines(batches: Iterable[Batch]) -> dict[Feed, Snapshot]:
    """The machines of unanswered batches, with what their reader knows of each for certain.

    A machine whose very first schema is among them isn't there: nothing is known of it.
    """
    known: dict[Feed, Snapshot] = {}
    new: set[Feed] = set()
    for batch in batches:
        for feed, snapshot in batch.before.items():
            if feed not in new:
                known.setdefault(feed, snapshot)
        new |= batch.feeds.difference(known)
    return known


def repeated(batches: Iterable[Batch], limits: Limits) -> list[Batch]:
    """Unanswered batches as they go out again: every transition with its whole clocks."""
    clocks: dict[Feed, list[int]] = {}
    again: list[Batch] = []
    for old in batches:
        fresh: Batch | None = None
        for feed, snapshot in old.before.items():
            clocks.setdefault(feed, list(snapshot.clocks))
        decode = _DECODERS[old.method]
        for feed, packed in zip(old.owners, old.parts, strict=True):
            message = decode(packed)
            if fresh is None or fresh.full():
                fresh = Batch(old.method, old.position, limits, before=old.before)
                again.append(fresh)
            fresh.add(feed, _with_clocks(message, clocks.setdefault(feed, [])))
    return again


def _with_clocks(message: DbgMsg, clocks: list[int]) -> DbgMsg:
    """The message with whole clocks; ``clocks`` are moved on to what they are after it."""
    if isinstance(message, DbgMsgStruct):
        clocks[:] = message.clocks or ()
    elif isinstance(message, DbgMsgTx):
        if message.clocks is not None:
            clocks[:] = message.clocks
        for index, ticks in message.ticks or ():
            clocks[index] += ticks
        message.clocks, message.ticks = clocks.copy(), None
    return message
