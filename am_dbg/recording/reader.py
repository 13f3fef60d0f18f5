"""Reads a recording from its start, at random, and on while it grows; skips what is damaged.

Nothing here needs the file's summary: a recording cut anywhere reads as far as it is whole.
"""

from __future__ import annotations

import os
import weakref
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import zstandard

from am_dbg.errors import UserError
from am_dbg.recording import records
from am_dbg.recording.locking import is_locked
from am_dbg.recording.records import BadRecordError, Channel

LOOSE_BLOCK = 1 << 20
"""Bytes after which a run of messages outside of chunks (other writers' files) becomes a block."""

MAX_CHUNK = 1 << 30
"""Largest chunk that is decompressed: a damaged size must not take all memory."""

_SCAN = 1 << 20


@dataclass(frozen=True, slots=True)
class Damage:
    """A byte range of the file that could not be read, and why."""

    start: int
    end: int
    text: str


class Block:
    """The records of one chunk, decompressed, or a run of records outside of chunks.

    ``start`` and ``end`` are its byte range in the file, ``data`` its records, ``times`` the log
    times that its chunk states, first and last. ``loose``: outside of chunks.
    """

    __slots__ = ("_reader", "data", "end", "loose", "start", "times")

    def __init__(
        self, reader: RecordingReader, start: int, end: int, data: bytes, times: tuple[int, int]
    ) -> None:
        self._reader = reader
        self.start = start
        self.end = end
        self.data = data
        self.times = times
        self.loose = False

    def messages(self) -> Iterator[tuple[Channel, int, int, int, int]]:
        """Channel, log time, publish time (Unix ns), where the payload begins and ends in data."""
        data = self.data
        size = len(data)
        channels = self._reader.channels
        unpack = records.MESSAGE_HEAD.unpack_from
        at = 0
        while at + 31 <= size:
            opcode, length, channel_id, _, log_time, publish_time = unpack(data, at)
            end = at + 9 + length
            if end > size:
                break
            if opcode == 5:
                channel = channels.get(channel_id)
                if channel is None:
                    self._reader.note(Damage(self.start, self.end, "messages of no known channel"))
                elif length >= 22:
                    yield channel, log_time, publish_time, at + 31, end
            elif opcode == 3 or opcode == 4:
                self._define(opcode, at + 9, end)
            at = end
        self._read_tail(at)

    def _read_tail(self, at: int) -> None:
        """Reads the last records, which are shorter than any message is."""
        while at < len(self.data):
            end = len(self.data) + 1
            if at + records.PREFIX.size <= len(self.data):
                opcode, length = records.PREFIX.unpack_from(self.data, at)
                end = at + records.PREFIX.size + length
            if end > len(self.data):
                self._reader.note(Damage(self.start, self.end, "its records do not fit into it"))
                return
            self._define(opcode, at + records.PREFIX.size, end)
            at = end

    def _define(self, opcode: int, at: int, end: int) -> None:
        try:
            self._reader.define(opcode, self.data, at, end)
        except BadRecordError as error:
            self._reader.note(Damage(self.start, self.end, str(error)))


class RecordingReader:
    """An open recording. Raises UserError when the file can't be opened or is no recording.

    ``channels``: those met so far, by id. ``damage``: what had to be skipped. ``closed``: its end
    was reached and its writer had closed it. ``position``: the bytes read so far.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.channels: dict[int, Channel] = {}
        self.damage: list[Damage] = []
        self.closed = False
        self.profile = self.library = ""
        self._schemas: dict[int, str] = {}
        self._defined: dict[tuple[int, int], bytes] = {}
        self._decompress = zstandard.ZstdDecompressor().decompress
        try:
            self._fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise UserError(f"{self.path}: {error.strerror}") from None
        # A reader that is dropped without being closed must not keep its file open.
        self._release = weakref.finalize(self, os.close, self._fd)
        try:
            self._check_magic()
        except OSError as error:
            self.close()
            raise UserError(f"{self.path}: {error.strerror}") from None
        except UserError:
            self.close()
            raise
        self.position = len(records.MAGIC)

    def __enter__(self) -> RecordingReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file. Blocks already read stay usable."""
        self._release()
        self._fd = -1

    def size(self) -> int:
        """The file's size in bytes now."""
        return os.fstat(self._fd).st_size

    @property
    def recording(self) -> bool:
        """Whether a recorder has the file open now: what is missing at its end is still to come."""
        return is_locked(self._fd)

    @property
    def truncated(self) -> bool:
        """Whether the file ends without having been closed, and nobody is writing it."""
        return not self.closed and not self.recording

    def blocks(self) -> Iterator[Block]:
        """The blocks from ``position`` on that are whole now; call it again for what follows."""
        while True:
            block = self._next_block()
            if block is None:
                return
            yield block

    def block_at(self, start: int) -> Block:
        """The block that begins there, read again. Raises UserError if it can't be read now."""
        try:
            opcode, length = self._prefix(start)
            if opcode == records.CHUNK:
                return self._chunk(start, start + records.PREFIX.size + length)
            return self._loose(start)
        except BadRecordError as error:
            raise UserError(f"{self.path}: damaged at byte {start}: {error}") from None

    def define(self, opcode: int, data: bytes, at: int, end: int) -> None:
        """Takes up a Schema or Channel record; others say nothing. Raises BadRecordError."""
        if opcode not in (records.SCHEMA, records.CHANNEL):
            return
        content = data[at:end]
        key = (opcode, int.from_bytes(content[:2], "little"))
        if self._defined.get(key) == content:
            return
        if opcode == records.SCHEMA:
            schema_id, name = records.parse_schema(data, at, end)
            self._schemas[schema_id] = name
        else:
            channel = records.parse_channel(data, at, end, self._schemas)
            self.channels[channel.id] = channel
        self._defined[key] = content

    def note(self, damage: Damage) -> None:
        """Adds to ``damage`` what isn't there yet."""
        if damage not in self.damage:
            self.damage.append(damage)

    def _check_magic(self) -> None:
        magic = os.pread(self._fd, len(records.MAGIC), 0)
        if not magic:
            raise UserError(f"{self.path}: the file is empty, so there is no recording in it")
        if magic != records.MAGIC:
            if records.MAGIC.startswith(magic):
                raise UserError(f"{self.path}: cut within its first bytes, nothing is left to read")
            raise UserError(f"{self.path}: not a recording (an .mcap file)")

    def _prefix(self, at: int) -> tuple[int, int]:
        """Opcode and length of the record there; opcode 0 when there is no whole prefix."""
        head = os.pread(self._fd, records.PREFIX.size, at)
        if len(head) < records.PREFIX.size:
            return 0, 0
        opcode, length = records.PREFIX.unpack(head)
        return opcode, length

    def _next_block(self) -> Block | None:
        while True:
            start = self.position
            size = self.size()
            opcode, length = self._prefix(start)
            end = start + records.PREFIX.size + length
            if opcode == 0 or end > size:
                if start >= size or not self._skip_to_chunk(start, size, "no whole record"):
                    return None
            elif opcode == records.DATA_END:
                # Position stays: appending to the recording puts its next chunk here.
                self.closed = self._has_footer(size)
                return None
            elif opcode == records.CHUNK:
                try:
                    block = self._chunk(start, end)
                except BadRecordError as error:
                    if not self._skip_chunk(start, end, size, str(error)):
                        return None
                    continue
                self.position, self.closed = end, False
                return block
            elif opcode in (records.SCHEMA, records.CHANNEL, records.MESSAGE):
                block = self._loose(start)
                self.position, self.closed = block.end, False
                return block
            else:
                if opcode == records.HEADER:
                    self._read_header(start, end)
                elif records.DATA_END < opcode < 0x80:  # from there on, private ones
                    self.note(Damage(start, end, f"a record of unknown kind {opcode}"))
                self.position = end

    def _read_header(self, start: int, end: int) -> None:
        data = os.pread(self._fd, end - start, start)
        try:
            self.profile, self.library = records.parse_header(data, 9, len(data))
        except BadRecordError as error:
            self.note(Damage(start, end, str(error)))

    def _has_footer(self, size: int) -> bool:
        """Whether the file ends as a closed one does: footer, magic."""
        at = size - len(records.MAGIC) - 29
        tail = os.pread(self._fd, 29 + len(records.MAGIC), max(at, 0))
        return tail[:1] == b"\x02" and tail.endswith(records.MAGIC)

    def _chunk(self, start: int, end: int) -> Block:
        """The chunk record in that range. Raises BadRecordError, UserError for lz4."""
        data = os.pread(self._fd, end - start, start)
        body = records.PREFIX.size + records.CHUNK_HEAD.size
        if len(data) < end - start or len(data) < body + 8:
            raise BadRecordError("a chunk is cut")
        first, last, size, crc, name_size = records.CHUNK_HEAD.unpack_from(
            data, records.PREFIX.size
        )
        compression = data[body : body + name_size]
        at = body + name_size + 8
        length = int.from_bytes(data[at - 8 : at], "little")
        if at + length != len(data):
            raise BadRecordError("a chunk's length is wrong")
        content = self._decompressed(compression, data[at : at + length], size)
        if len(content) != size or (crc and zlib.crc32(content) != crc):
            raise BadRecordError("a chunk's checksum is wrong")
        return Block(self, start, end, content, (first, last))

    def _decompressed(self, compression: bytes, data: bytes, size: int) -> bytes:
        if size > MAX_CHUNK:
            raise BadRecordError("a chunk's size is wrong")
        if not compression:
            return data
        if compression == b"lz4":
            raise UserError(
                f"{self.path}: compressed with lz4, which am-dbg does not read; "
                "`mcap compress --compression zstd` converts it"
            )
        if compression != b"zstd":
            raise BadRecordError(f"a chunk is compressed with {compression[:20]!r}")
        try:
            if zstandard.frame_content_size(data) > MAX_CHUNK:
                raise BadRecordError("a chunk's size is wrong")
            return self._decompress(data, max_output_size=size)
        except zstandard.ZstdError:
            raise BadRecordError("a chunk does not decompress") from None

    def _loose(self, start: int) -> Block:
        """The run of records outside of chunks that begins there."""
        size = self.size()
        data = os.pread(self._fd, LOOSE_BLOCK, start)
        if (need := records.PREFIX.size + self._prefix(start)[1]) > len(data):
            data = os.pread(self._fd, min(need, size - start), start)
        end = 0
        while end + records.PREFIX.size <= len(data):
            opcode, length = records.PREFIX.unpack_from(data, end)
            after = end + records.PREFIX.size + length
            inside = opcode in (records.SCHEMA, records.CHANNEL, records.MESSAGE)
            if not inside or after > len(data):
                break
            end = after
        block = Block(self, start, start + end, data[:end], (0, 0))
        block.loose = True
        return block

    def _skip_chunk(self, start: int, end: int, size: int, why: str) -> bool:
        """Moves behind a damaged chunk; when its length is damaged too, to the next whole one."""
        opcode, length = self._prefix(end)
        known = 0 < opcode <= records.DATA_END and end + records.PREFIX.size + length <= size
        if not known and end < size:
            return self._skip_to_chunk(start, size, why)
        self.note(Damage(start, end, why))
        self.position = end
        return True

    def _skip_to_chunk(self, start: int, size: int, why: str) -> bool:
        """Moves to the next whole chunk after ``start``, if any, and notes what is skipped."""
        at = start
        while at < size:
            window = os.pread(self._fd, _SCAN + 64, at)
            found = window.find(records.CHUNK_MARK)
            if found < 0:
                at += _SCAN
                continue
            begin = at + found - records.CHUNK_MARK_AT
            if begin > start and self._is_chunk(begin, size):
                self.note(Damage(start, begin, why))
                self.position = begin
                return True
            at += found + len(records.CHUNK_MARK)
        return False

    def _is_chunk(self, begin: int, size: int) -> bool:
        opcode, length = self._prefix(begin)
        end = begin + records.PREFIX.size + length
        if opcode != records.CHUNK or end > size:
            return False
        try:
            self._chunk(begin, end)
        except (BadRecordError, UserError):
            return False
        return True
