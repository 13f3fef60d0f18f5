"""The index cache ``FILE.amidx``: the store's columns as they are, mapped when a file opens again.

It is beside the recording when that folder is writable, else in the user's cache folder. It can
always be rebuilt, and is ignored when the recording is not the one it was made of.
"""

from __future__ import annotations

import mmap
import os
import sys
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgpack
from platformdirs import user_cache_path

from am_dbg.store.column import Column
from am_dbg.store.snapshot import restore, state_of

if TYPE_CHECKING:
    from am_dbg.store.store import Store

MAGIC = b"AMIDX\x02\r\n"
MIN_ROWS = 20_000
"""Transitions below which indexing again is as fast as reading a cache."""

_HEAD = len(MAGIC) + 8 + 4
_PIECE = 1 << 19
_MARK = 64
"""Bytes of a block's beginning that tell it from any other: its times, size and checksum."""


def cache_paths(recording: Path) -> list[Path]:
    """Where the cache of a recording can be, the preferred place first."""
    key = sha256(os.fsencode(recording.resolve())).hexdigest()[:24]
    beside = recording.with_name(recording.name + ".amidx")
    return [beside, user_cache_path("am-dbg") / "index" / f"{key}.amidx"]


def load(store: Store, recording: Path) -> bool:
    """Fill an empty store from the recording's cache. False when there is no fresh one."""
    for path in cache_paths(recording):
        try:
            with path.open("rb") as file:
                view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
            meta = _meta(view)
            if meta is not None and _is_fresh(meta, recording):
                columns = list(_columns(view, meta))  # a cut cache shows here, the store untouched
                restore(store, meta["state"], iter(columns))
                return True
        except (OSError, ValueError):
            continue
    return False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a cache will have, taken at one moment; columns may go on growing meanwhile."""

    recording: Path
    meta: bytes
    columns: list[tuple[Column, int]]

    def save(self) -> Path | None:
        """Write it where possible; None when it can't be written anywhere."""
        for path in cache_paths(self.recording):
            part = path.with_name(f"{path.name}.{os.getpid()}.part")
            try:
                if path.parent != self.recording.parent:
                    path.parent.mkdir(parents=True, exist_ok=True)
                with part.open("xb") as file:
                    self._write(file)
                part.replace(path)
            except OSError:
                part.unlink(missing_ok=True)
                continue
            return path
        return None

    def _write(self, file: BinaryIO) -> None:
        file.write(MAGIC)
        file.write(len(self.meta).to_bytes(8, "little"))
        file.write(zlib.crc32(self.meta).to_bytes(4, "little"))
        file.write(self.meta)
        at = _HEAD + len(self.meta)
        for column, count in self.columns:
            file.write(bytes(-at % 8))
            at += -at % 8
            step = _PIECE // column.tail.itemsize
            for first in range(0, count, step):
                # small pieces, so that other threads wait for no copy
                piece = column.bytes(first, min(first + step, count))
                file.write(piece)
                at += len(piece)


def snapshot(store: Store) -> Snapshot | None:
    """The store's state now, to be saved at leisure; None when there is nothing to keep yet.

    Raises OSError when the recording can't be read any more.
    """
    if len(store.readers) != 1 or not len(store.blocks):
        return None
    recording = store.readers[0].path
    state, columns = state_of(store)
    marks = [(start, _mark(recording, start)) for start in (_edge(store, 0), _edge(store, -1))]
    meta = {
        "versions": _versions(),
        "marks": marks,
        "columns": [(column.typecode, len(column)) for column in columns],
        "state": state,
    }
    packed = msgpack.packb(meta, unicode_errors="surrogateescape")
    return Snapshot(recording, packed, [(column, len(column)) for column in columns])


def _edge(store: Store, which: int) -> int:
    return store.blocks.start[which if which >= 0 else len(store.blocks) - 1]


def _versions() -> list[str]:
    return [metadata.version("am-dbg"), sys.byteorder, str(array("I").itemsize)]


def _mark(recording: Path, start: int) -> bytes:
    with recording.open("rb") as file:
        file.seek(start)
        return file.read(_MARK)


def _meta(view: memoryview) -> dict[str, Any] | None:
    """What the cache says of itself; None when it is none, is cut, or is another version's."""
    if bytes(view[: len(MAGIC)]) != MAGIC:
        return None
    size = int.from_bytes(view[len(MAGIC) : len(MAGIC) + 8], "little")
    raw = bytes(view[_HEAD : _HEAD + size])
    if len(raw) != size or zlib.crc32(raw) != int.from_bytes(view[_HEAD - 4 : _HEAD], "little"):
        return None
    meta: dict[str, Any] = msgpack.unpackb(
        raw, unicode_errors="surrogateescape", strict_map_key=False, use_list=True
    )
    return meta if meta["versions"] == _versions() else None


def _is_fresh(meta: dict[str, Any], recording: Path) -> bool:
    if recording.stat().st_size < meta["state"]["position"]:
        return False
    return all(_mark(recording, start) == mark for start, mark in meta["marks"])


def _columns(view: memoryview, meta: dict[str, Any]) -> Iterator[Column]:
    size = int.from_bytes(view[len(MAGIC) : len(MAGIC) + 8], "little")
    at = _HEAD + size
    for typecode, count in meta["columns"]:
        at += -at % 8
        end = at + count * array(typecode).itemsize
        if end > len(view):
            raise ValueError("the cache is cut")
        yield Column(typecode, view[at:end].cast(typecode) if count else None)
        at = end
