"""What the index remembers of each message: one small set of bits."""

from __future__ import annotations

from enum import IntFlag


class Flag(IntFlag):
    """Bits of ``Store.flags``; plain ints in the column, so test with ``&``.

    ``store.flags[n] & Flag.X`` is an int; the bits above are the kind (`mutation_type`)
    and which states were called. Filters ask for the lowest byte and the highest two.
    """

    HEALTH = 1
    """It calls nothing but `HEALTH_STATES`."""
    AUTO = 2
    CHECK = 4
    QUEUED = 8
    """A record of a mutation being queued, not of a transition."""
    CANCELED = 16
    """A transition (not queued) that was not accepted."""
    ERROR = 32
    """An error state became active or was entered again, or a handler failed or timed out."""
    CHANGED = 64
    """At least one clock moved."""
    EXECUTED = 128
    """A queued record whose transition came."""
    HAS_SOURCE = 256
    """Made inside a handler; the message's ``source`` says which."""
    AFTER_GAP = 512
    """The first message after messages that never came."""
    NEW_SCHEMA = 1024
    """The first message after a change of the machine's schema."""
    HAS_LOG = 2048
    """Has log entries or pre-entries."""
    ACCEPTED = 4096


HEALTH_STATES = frozenset({"Healthcheck", "Heartbeat"})
"""States that only say that somebody is there."""

TYPE_SHIFT = 13
"""Bits 13 and 14 hold the kind of mutation."""
CALL_SHIFT = 16
"""The bits from 16 on hold which states were called: a place in ``MachineLog.calls.names``."""


def mutation_type(flags: int) -> int:
    """Kind of mutation in ``flags``: 0 add, 1 remove, 2 set, 3 eval."""
    return flags >> TYPE_SHIFT & 3
