"""The part of each message that the index needs, decoded straight from its msgpack."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from telemetry.messages import Decoder, Uint

NIL = Raw(b"\xc0")


class IndexTx(Struct, gc=False):
    """The fields of DbgMsgTx that columns are made of; where only lengths count, raw."""

    id: str = ""
    seq: Uint = 0
    queue_tick: Uint = 0
    mut_queue_token: Uint = 0
    mut_queue_tick: Uint = 0
    called_states_idxs: tuple[int, ...] = ()
    time: Uint = 0
    clocks: list[Uint] | None = None
    ticks: list[tuple[Uint, Uint]] | None = None
    type: Annotated[int, Meta(ge=0, le=3)] = 0
    steps: list[Raw] = []
    handlers: Raw = NIL
    log_entries: list[Raw] = []
    pre_log_entries: list[Raw] = []
    is_auto: bool = False
    accepted: bool = False
    is_check: bool = False
    is_queued: bool = False
    source: Raw = NIL


class LinkTx(Struct, gc=False):
    """The fields that link messages to each other."""

    id: str = ""
    queue_tick: Uint = 0
    mut_queue_token: Uint = 0
    mut_queue_tick: Uint = 0
    type: int = 0
    called_states_idxs: list[int] = []
    is_queued: bool = False


class EventFields(Struct, gc=False):
    """A DbgEvent: what happened to a connection, or to what it sent."""

    kind: str = ""
    conn: str | int = ""
    peer: str = ""
    machine_id: str = ""
    instance: str = ""
    time: Uint = 0
    client: str = ""
    service: str = ""
    host: str = ""
    pid: str | int = ""
    code: str = ""
    text: str = ""
    method: str = ""
    count: int = 1


HandlerFields = tuple[str, int, int, int, str]
"""Name, number of the handler set, start, duration, outcome."""

decode_fast = msgspec.msgpack.Decoder(IndexTx).decode
"""Raises msgspec.DecodeError or UnicodeDecodeError; then `decode_index` has the last word."""

decode_index = Decoder(IndexTx)
decode_outcomes = Decoder(list[HandlerFields])
decode_link = Decoder(LinkTx)
decode_event = Decoder(EventFields)
