"""Writes a recording: messages gathered into compressed chunks, each of which stands for itself.

Gathering (``write``, ``take``) and committing (``commit``) may run in different threads: a recorder
gathers on its event loop while a worker compresses and writes what was taken before.
"""

from __future__ import annotations

import contextlib
import os
import struct
import zlib
from collections import Counter
from collections.abc import Mapping
from importlib import metadata as package_metadata
from pathlib import Path

import zstandard
from msgspec import Raw

from am_dbg.errors import UserError
from am_dbg.recording import records
from am_dbg.recording.locking import lock
from am_dbg.recording.reader import RecordingReader
from am_dbg.recording.records import Channel

CHUNK_SIZE = 1 << 20
"""Bytes of messages at which a chunk is closed."""

EVENTS_TOPIC = "am-dbg/events"
EVENTS_KIND = "DbgEvent"
"""Where a recorder tells about itself and its connections, apart from the machines' messages."""

_pack = records.MESSAGE_HEAD.pack
_INDEX = struct.Struct("<QQQII")
_NO_TIME = (1 << 64) - 1


class Gathered:
    """Messages on their way into one chunk: their records, and what the chunk says of them."""

    __slots__ = ("_first", "counts", "data", "end", "start")

    def __init__(self) -> None:
        # One growing buffer: parts to be joined later cost more, and keep what they were cut from.
        self.data = bytearray()
        self.counts: dict[int, int] = {}
        self._first: dict[Channel, int] = {}
        self.start = _NO_TIME
        self.end = 0

    def add(self, channel: Channel, log_time: int, publish_time: int, data: bytes | Raw) -> None:
        """Adds one message; times in Unix ns."""
        sequence = channel.sequence
        if channel not in self._first:
            self._first[channel] = sequence
        channel.sequence = sequence + 1
        records = self.data
        records += _pack(
            5, len(data) + 22, channel.id, sequence & 0xFFFFFFFF, log_time, publish_time
        )
        records += data
        if log_time < self.start:
            self.start = log_time
        if log_time > self.end:
            self.end = log_time

    def seal(self) -> None:
        """Counts what is here, before the channels' sequences go on elsewhere."""
        self.counts = {channel.id: channel.sequence - at for channel, at in self._first.items()}

    def records(self) -> bytes:
        """The chunk's records: the schemas and channels used, then the messages."""
        channels = sorted(self._first, key=lambda channel: channel.id)
        schemas = dict.fromkeys(channel.schema_record for channel in channels)
        return b"".join((*schemas, *(channel.record for channel in channels), self.data))


class RecordingWriter:
    """A new recording, or with ``append`` one that goes on.

    Appending cuts off a torn tail and the old summary; ``recovered`` is then the number of bytes
    that were torn off, None when the file had been closed properly. Raises UserError when the file
    exists (without ``append``), can't be written, is written by somebody else or isn't ours.
    """

    def __init__(self, path: Path | str, append: bool = False) -> None:
        self.path = Path(path)
        self.channels: dict[int, Channel] = {}
        self.recovered: int | None = None
        self._schema_ids: dict[str, int] = {}
        self._counts: Counter[int] = Counter()
        self._index = bytearray()  # packed: a recording of a week has millions of chunks
        self._times = (_NO_TIME, 0)
        self._gathered = Gathered()
        self._compress = zstandard.ZstdCompressor(level=1).compress
        self._fd = self._open(append)
        try:
            if append and os.fstat(self._fd).st_size:
                self._resume()
            else:
                self._position = 0
                library = f"am-dbg/{package_metadata.version('am-dbg')}"
                self._write(records.MAGIC + records.header_record(library))
        except OSError as error:
            os.close(self._fd)
            raise UserError(f"{self.path}: {error.strerror}") from None
        except BaseException:
            os.close(self._fd)
            raise

    def __enter__(self) -> RecordingWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def position(self) -> int:
        """The file's size in bytes: what has been written."""
        return self._position

    @property
    def removed(self) -> bool:
        """Whether the file has been deleted meanwhile."""
        return os.fstat(self._fd).st_nlink == 0

    @property
    def gathered(self) -> Gathered:
        """What waits for the next chunk."""
        return self._gathered

    def channel(self, topic: str, kind: str, metadata: Mapping[str, str]) -> Channel:
        """A new channel. Raises OverflowError when the format has no more (65,535)."""
        channel_id = len(self.channels) + 1
        while channel_id in self.channels:
            channel_id += 1
        if channel_id > records.MAX_CHANNELS:
            raise OverflowError(f"a recording has room for {records.MAX_CHANNELS} channels")
        schema_id = self._schema_ids.setdefault(kind, len(self._schema_ids) + 1)
        channel = Channel(channel_id, topic, kind, metadata, schema_id)
        self.channels[channel_id] = channel
        return channel

    def write(self, channel: Channel, log_time: int, publish_time: int, data: bytes | Raw) -> None:
        """Adds a message (times in Unix ns); a full chunk is written. Raises OSError."""
        self._gathered.add(channel, log_time, publish_time, data)
        if len(self._gathered.data) >= CHUNK_SIZE:
            self.flush()

    def flush(self) -> None:
        """Writes what waits. Raises OSError."""
        self.commit(self.take())

    def take(self) -> Gathered:
        """What waits; the next message begins a new chunk."""
        taken = self._gathered
        taken.seal()
        self._gathered = Gathered()
        return taken

    def commit(self, gathered: Gathered) -> None:
        """Writes that as one chunk. Raises OSError; the file is then as it was before."""
        if not gathered.data:
            return
        content = gathered.records()
        chunk = records.chunk_record(
            gathered.start, gathered.end, len(content), zlib.crc32(content), self._compress(content)
        )
        offset = self._position
        self._write(chunk)
        self._note_chunk(gathered.start, gathered.end, offset, len(chunk), len(content))
        self._counts.update(gathered.counts)

    def close(self) -> None:
        """Writes what waits and the summary, and closes the file. Raises OSError."""
        if self._fd < 0:
            return
        try:
            self.flush()
            self._write(self._end())
        finally:
            os.close(self._fd)
            self._fd = -1

    def _open(self, append: bool) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | (0 if append else os.O_EXCL)
        try:
            fd = os.open(self.path, flags, 0o644)
        except FileExistsError:
            raise UserError(
                f"{self.path} exists; go on in it with --append, or choose another file"
            ) from None
        except OSError as error:
            raise UserError(f"{self.path}: {error.strerror}") from None
        if not lock(fd):
            os.close(fd)
            raise UserError(f"{self.path}: another recorder is writing this file")
        return fd

    def _write(self, data: bytes) -> None:
        """Appends all of it or nothing."""
        view = memoryview(data)
        at = self._position
        try:
            while view:
                written = os.pwrite(self._fd, view, at)
                at += written
                view = view[written:]
        except OSError:
            # What can't be cut off now is overwritten by the next try.
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._position)
            raise
        self._position = at

    def _note_chunk(self, start: int, end: int, offset: int, length: int, size: int) -> None:
        self._index += _INDEX.pack(start, end, offset, length, size)
        self._times = min(self._times[0], start), max(self._times[1], end)

    def _resume(self) -> None:
        """Reads what the file has, cuts off the rest, and goes on with the same channels."""
        with RecordingReader(self.path) as reader:
            for block in reader.blocks():
                counts = Counter(channel.id for channel, *_ in block.messages())
                self._counts.update(counts)
                if not block.loose:
                    size = len(block.data)
                    self._note_chunk(*block.times, block.start, block.end - block.start, size)
            if reader.profile not in ("", records.PROFILE):
                raise UserError(f"{self.path}: not a recording of am-dbg; it can't be gone on with")
            if not reader.closed:
                self.recovered = reader.size() - reader.position
            self._position = reader.position
            for channel in reader.channels.values():
                self._take_over(channel)
        os.ftruncate(self._fd, self._position)
        if self._position == len(records.MAGIC):
            library = f"am-dbg/{package_metadata.version('am-dbg')}"
            self._write(records.header_record(library))

    def _take_over(self, old: Channel) -> None:
        schema_id = self._schema_ids.setdefault(old.kind, old.schema_id)
        channel = Channel(old.id, old.topic, old.kind, old.metadata, schema_id)
        channel.sequence = self._counts[old.id]
        self.channels[old.id] = channel

    def _end(self) -> bytes:
        """Everything from the end of the data to the end of the file."""
        data_end = records.record(records.DATA_END, records.u32(0))
        start = self._position + len(data_end)
        channels = self.channels.values()
        schemas = dict.fromkeys(channel.schema_record for channel in channels)
        chunks = list(_INDEX.iter_unpack(self._index))
        first = self._times[0] if chunks else 0
        summary = b"".join(
            (
                *schemas,
                *(channel.record for channel in channels),
                *(records.chunk_index_record(*chunk) for chunk in chunks),
                records.statistics_record(
                    self._counts, len(schemas), len(channels), len(chunks), first, self._times[1]
                ),
                records.footer_prefix(start),
            )
        )
        crc = records.u32(zlib.crc32(summary))
        return b"".join((data_end, summary, crc, records.MAGIC))
