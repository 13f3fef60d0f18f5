"""The dbg messages of protocol 1: the only definition of what travels and what is recorded.

Field names are the keys of the msgpack maps. Unknown fields are ignored when decoding, absent ones
take their default, defaults are left out when encoding. Source: docs/protocol.md.
"""

from __future__ import annotations

from typing import Annotated, Any, Generic, Literal, TypeVar

import msgpack
import msgspec
from msgspec import Meta, Struct

PROTOCOL = 1
"""Version of the dbg protocol."""

DEFAULT_ADDR = "localhost:6831"
"""Where a debugger listens, and exporters look for it, when nobody says otherwise."""

MAX_MESSAGE = 16 * 1024 * 1024
"""Longest message accepted, in bytes, unless the server was told otherwise."""

# kinds of mutation
ADD, REMOVE, SET, EVAL = 0, 1, 2, 3
MUTATION_NAMES = ("add", "remove", "set", "eval")

# kinds of step, bits
STEP_RELATION, STEP_HANDLER, STEP_ACTIVATE, STEP_DEACTIVATE = 1, 2, 4, 8
STEP_DEACTIVATE_PASSIVE, STEP_CALLED, STEP_CANCEL = 16, 32, 64

# relations, in ``data`` of a relation step
REL_AFTER, REL_ADD, REL_REQUIRE, REL_REMOVE = 0, 1, 2, 3
RELATION_NAMES = ("after", "add", "require", "remove")

# flags of a step, summed
FLAG_FINAL, FLAG_SELF, FLAG_ENTER = 1, 2, 4

LOG_LEVEL_NAMES = ("nothing", "external", "changes", "ops", "decisions", "everything")

Uint = Annotated[int, Meta(ge=0, le=2**63 - 1)]
"""All numbers fit into 64 bits with a sign."""

Index = Annotated[int, Meta(ge=-1)]

Step = tuple[int, Index | str, Index | str, int, int | None]
"""kind, from, to, flags, data. From and to: state index, -1 for none, a name that has no index."""

HandlerOutcome = Literal["ok", "refused", "error", "timeout", "skipped"]
HandlerCall = tuple[str, int, int, int, HandlerOutcome]
"""name, number of its set, start in ns since the transition began, duration in ns, outcome."""

LogEntry = tuple[Annotated[int, Meta(ge=0, le=5)], str]
"""level, text without the machine's prefix."""

Source = tuple[str, str, Uint, str | None]
"""machine id, transition id, machine time (sum of ticks), handler or None."""

Note = tuple[str, str, list[Index], Any]
"""kind, op (``new match gone``), state indexes, data: one record of the structured semantic log."""


class StateDef(Struct, omit_defaults=True, gc=False):
    """One state of a schema: flags, relations to other states by name, free tags."""

    auto: bool = False
    multi: bool = False
    require: list[str] = []
    add: list[str] = []
    remove: list[str] = []
    after: list[str] = []
    tags: list[str] = []


class DbgMsgStruct(Struct, omit_defaults=True):
    """A machine's schema: before its first transition, after each change, after each reconnect.

    ``clocks`` is a snapshot in ticks, in ``states_index`` order; ``time`` is Unix ns.
    """

    id: str
    states_index: list[str]
    states: dict[str, StateDef] = {}
    groups: dict[str, list[Uint]] = {}
    groups_order: list[str] = []
    parent: str = ""
    tags: list[str] = []
    instance: str = ""
    clocks: list[Uint] | None = None
    queue_tick: Uint = 0
    machine_tick: Uint = 0
    service: str = ""
    library: str = ""
    time: Uint = 0
    pipes: list[Note] = []


class DbgMsgTx(Struct, omit_defaults=True, gc=False):
    """One transition (executed, canceled or a check), or one mutation being queued.

    ``time`` is Unix ns at its end, ``duration`` in ns; 0 means unknown. At most one of ``clocks``
    (all ticks) and ``ticks`` (pairs of state index and ticks added) is given; none: unchanged.
    """

    machine_id: str
    instance: str = ""
    id: str = ""
    seq: Uint = 0
    time: Uint = 0
    duration: Uint = 0
    clocks: list[Uint] | None = None
    ticks: list[tuple[Uint, Uint]] | None = None
    queue_tick: Uint = 0
    mut_queue_token: Uint = 0
    mut_queue_tick: Uint = 0
    type: Annotated[int, Meta(ge=0, le=3)] = ADD
    called_states_idxs: list[Index] = []
    steps: list[Step] = []
    handlers: list[HandlerCall] = []
    log_entries: list[LogEntry] = []
    pre_log_entries: list[LogEntry] = []
    queue: Uint = 0
    is_auto: bool = False
    accepted: bool = False
    is_check: bool = False
    is_queued: bool = False
    args: dict[str, str] = {}
    source: Source | None = None
    notes: list[Note] = []
    queue_dump: list[str] = []
    stack_trace: str = ""


class DbgMsgGap(Struct, omit_defaults=True):
    """What an exporter had to drop: how many messages, which ``seq``, when (Unix ns), why."""

    machine_id: str
    instance: str = ""
    lost: Uint = 0
    first_seq: Uint = 0
    last_seq: Uint = 0
    since: Uint = 0
    until: Uint = 0
    reason: str = ""


class Hello(Struct, omit_defaults=True):
    """The optional first message of a connection."""

    protocol: int = PROTOCOL
    client: str = ""
    service: str = ""
    host: str = ""
    pid: int = 0
    token: str = ""


DbgMsg = DbgMsgStruct | DbgMsgTx | DbgMsgGap
MESSAGE_TYPES: dict[str, type[DbgMsg]] = {
    "DbgMsgStruct": DbgMsgStruct,
    "DbgMsgTx": DbgMsgTx,
    "DbgMsgGap": DbgMsgGap,
}
"""Kind of message, as methods and recordings name it -> its type."""


class ShapeError(ValueError):
    """A map that isn't the message it should be; the text says which field and why."""


T = TypeVar("T")


class Decoder(Generic[T]):
    """Decodes one message type from msgpack bytes; text that isn't UTF-8 keeps its bytes.

    msgspec is strict about UTF-8, so such text takes a second, slower path that decodes it with
    ``surrogateescape``.
    """

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind
        self._decode = msgspec.msgpack.Decoder(kind).decode

    def __call__(self, data: bytes | memoryview | msgspec.Raw) -> T:
        """The message in ``data``. Raises ShapeError."""
        try:
            return self._decode(data)
        except msgspec.DecodeError as error:
            raise ShapeError(str(error)) from None
        except UnicodeDecodeError:
            return self._decode_escaped(data)

    def _decode_escaped(self, data: bytes | memoryview | msgspec.Raw) -> T:
        try:
            plain = msgpack.unpackb(bytes(data), unicode_errors="surrogateescape")
            return msgspec.convert(plain, self._kind)
        except (ValueError, msgspec.ValidationError) as error:
            raise ShapeError(str(error) or type(error).__name__) from None


decode_struct = Decoder(DbgMsgStruct)
decode_tx = Decoder(DbgMsgTx)
decode_gap = Decoder(DbgMsgGap)
decode_hello = Decoder(Hello)

_encode = msgspec.msgpack.Encoder().encode


def encode(message: Any) -> bytes:
    """``message`` (a Struct or plain data) as msgpack bytes, escaped bytes restored."""
    try:
        return _encode(message)
    except UnicodeEncodeError:
        plain = msgspec.to_builtins(message)
        packed: bytes = msgpack.packb(plain, unicode_errors="surrogateescape")
        return packed
