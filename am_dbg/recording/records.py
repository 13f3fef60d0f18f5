"""The records of an MCAP file that recordings use: their bytes, built and taken apart.

Every record is an opcode (1 byte), the length of its content (8 bytes), the content. Numbers are
little-endian, a string is its length in bytes (4 bytes) and its UTF-8.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping

MAGIC = b"\x89MCAP0\r\n"
PROFILE = "am-dbg"

HEADER, FOOTER, SCHEMA, CHANNEL, MESSAGE, CHUNK = 1, 2, 3, 4, 5, 6
CHUNK_INDEX, STATISTICS, DATA_END = 8, 11, 15

PREFIX = struct.Struct("<BQ")
"""Opcode and length: what every record begins with."""

MESSAGE_HEAD = struct.Struct("<BQHIQQ")
"""Prefix, channel id, sequence, log time, publish time: all of a message but its data."""

MESSAGE_FIELDS = MESSAGE_HEAD.size - PREFIX.size
"""Bytes of a message's content that are not its data."""

CHUNK_HEAD = struct.Struct("<QQQII")
"""First time, last time, uncompressed size, CRC-32, length of the compression's name."""

CHUNK_OVERHEAD = PREFIX.size + CHUNK_HEAD.size + len("zstd") + 8
"""Bytes of a whole zstd chunk record that are not its compressed data."""

CHUNK_MARK = b"\x04\x00\x00\x00zstd"
"""Found in every zstd chunk, ``CHUNK_MARK_AT`` bytes from its start: what damage is skipped to."""

CHUNK_MARK_AT = PREFIX.size + CHUNK_HEAD.size - 4

MAX_CHANNELS = 0xFFFF

_U16 = struct.Struct("<H")
_U32 = struct.Struct("<I")
_U64 = struct.Struct("<Q")
_CHANNEL_HEAD = struct.Struct("<HH")
_STATISTICS = struct.Struct("<QHIIIIQQ")
_FOOTER = struct.Struct("<QQ")


class BadRecordError(ValueError):
    """A record whose content is not what its opcode says."""


class Channel:
    """One source of messages: a machine instance and a message kind.

    ``kind`` is the name of its MCAP schema (``DbgMsgStruct DbgMsgTx DbgMsgGap DbgEvent``),
    ``sequence`` the number of messages written to it so far.
    """

    __slots__ = (
        "id",
        "kind",
        "metadata",
        "record",
        "schema_id",
        "schema_record",
        "sequence",
        "topic",
    )

    def __init__(
        self, channel_id: int, topic: str, kind: str, metadata: Mapping[str, str], schema_id: int
    ) -> None:
        self.id = channel_id
        self.topic = topic
        self.kind = kind
        self.metadata = dict(metadata)
        self.sequence = 0
        self.schema_id = schema_id
        self.schema_record = schema_record(schema_id, kind)
        self.record = channel_record(channel_id, schema_id, topic, metadata)

    def __repr__(self) -> str:
        return f"Channel({self.id}, {self.topic!r}, {self.kind!r}, {self.metadata!r})"


def record(opcode: int, content: bytes) -> bytes:
    """The whole record of that content."""
    return PREFIX.pack(opcode, len(content)) + content


def text(value: str) -> bytes:
    """A string field. MCAP strings are UTF-8, so bytes that were not are spelled out."""
    data = value.encode("utf-8", "backslashreplace")
    return _U32.pack(len(data)) + data


def header_record(library: str) -> bytes:
    """The first record of a recording; ``library`` says who wrote it."""
    return record(HEADER, text(PROFILE) + text(library))


def schema_record(schema_id: int, name: str) -> bytes:
    """A schema that is nothing but its name: encoding and data are empty."""
    return record(SCHEMA, _U16.pack(schema_id) + text(name) + text("") + _U32.pack(0))


def channel_record(
    channel_id: int, schema_id: int, topic: str, metadata: Mapping[str, str]
) -> bytes:
    """A channel of msgpack messages."""
    pairs = b"".join(text(key) + text(value) for key, value in metadata.items())
    head = _CHANNEL_HEAD.pack(channel_id, schema_id)
    return record(CHANNEL, head + text(topic) + text("msgpack") + _U32.pack(len(pairs)) + pairs)


def chunk_record(start: int, end: int, size: int, crc: int, compressed: bytes) -> bytes:
    """A zstd chunk: times of its first and last message, CRC-32 and size of its records."""
    length = CHUNK_OVERHEAD - PREFIX.size + len(compressed)
    head = PREFIX.pack(CHUNK, length) + CHUNK_HEAD.pack(start, end, size, crc, 4)
    return b"".join((head, b"zstd", _U64.pack(len(compressed)), compressed))


def chunk_index_record(start: int, end: int, offset: int, length: int, size: int) -> bytes:
    """Where a chunk is; its map of message indexes is empty, as we write none."""
    head = struct.pack("<QQQQIQ", start, end, offset, length, 0, 0)
    sizes = struct.pack("<QQ", length - CHUNK_OVERHEAD, size)
    return record(CHUNK_INDEX, head + text("zstd") + sizes)


def statistics_record(
    counts: Mapping[int, int], schemas: int, channels: int, chunks: int, start: int, end: int
) -> bytes:
    """Totals; ``counts`` is the number of messages of each channel id."""
    total = sum(counts.values())
    head = _STATISTICS.pack(total, schemas, channels, 0, 0, chunks, start, end)
    pairs = b"".join(struct.pack("<HQ", *pair) for pair in sorted(counts.items()))
    return record(STATISTICS, head + _U32.pack(len(pairs)) + pairs)


def footer_prefix(summary_start: int) -> bytes:
    """The footer up to its CRC, which covers the summary and these bytes."""
    return PREFIX.pack(FOOTER, _FOOTER.size + 4) + _FOOTER.pack(summary_start, 0)


def u32(value: int) -> bytes:
    """A number field of 4 bytes."""
    return _U32.pack(value)


class Fields:
    """Takes the fields of one record's content, in order. Raises BadRecordError beyond its end."""

    __slots__ = ("_at", "_data", "_end")

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self._data = data
        self._at = at
        self._end = end

    def u16(self) -> int:
        """The next 2 bytes as a number."""
        return int.from_bytes(self.take(2), "little")

    def u32(self) -> int:
        """The next 4 bytes as a number."""
        return int.from_bytes(self.take(4), "little")

    def text(self) -> str:
        """The next string; bytes that are no UTF-8 are kept escaped."""
        return self.take(self.u32()).decode("utf-8", "surrogateescape")

    def pairs(self) -> Iterable[tuple[str, str]]:
        """The next map of strings to strings."""
        end = self.u32() + self._at
        if end > self._end:
            raise BadRecordError("a map is longer than its record")
        while self._at < end:
            yield self.text(), self.text()

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        at = self._at
        self._at = at + count
        if self._at > self._end:
            raise BadRecordError("a field is longer than its record")
        return self._data[at : self._at]


def parse_header(data: bytes, at: int, end: int) -> tuple[str, str]:
    """Profile and library."""
    fields = Fields(data, at, end)
    return fields.text(), fields.text()


def parse_schema(data: bytes, at: int, end: int) -> tuple[int, str]:
    """Id and name."""
    fields = Fields(data, at, end)
    return fields.u16(), fields.text()


def parse_channel(data: bytes, at: int, end: int, schemas: Mapping[int, str]) -> Channel:
    """The channel of that record; its kind is "" when its schema is unknown."""
    fields = Fields(data, at, end)
    channel_id, schema_id, topic = fields.u16(), fields.u16(), fields.text()
    fields.text()  # the encoding: readers find out by decoding
    return Channel(channel_id, topic, schemas.get(schema_id, ""), dict(fields.pairs()), schema_id)
