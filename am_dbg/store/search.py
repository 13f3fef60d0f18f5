"""Full text search over log lines and arguments: the raw blocks are scanned, only hits are decoded.

Msgpack does not escape text, so what is in a message is in its block's bytes as it stands.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from am_dbg.errors import UserError
from telemetry.messages import Decoder, LogEntry, ShapeError

if TYPE_CHECKING:
    from am_dbg.store.store import Store


class Hit(NamedTuple):
    """A text that has the needle: tx number, ``pre log arg``, place in its list, the text.

    For ``arg`` the place counts the arguments and the text is ``name=value``.
    """

    n: int
    where: str
    place: int
    text: str


class _Texts(Struct, gc=False):
    log_entries: list[LogEntry] = []
    pre_log_entries: list[LogEntry] = []
    args: dict[str, str] = {}


_decode = Decoder(_Texts)


def search(
    store: Store, needle: str, start: int, step: int = 1, machine: int | None = None
) -> Iterator[Hit | None]:
    """Hits after tx number ``start`` (``step`` 1), or before it (-1), nearest first.

    Case is ignored. ``machine`` limits it to one machine's number. After each block that had
    nothing it yields None, so that a caller can show progress, paint, or stop.
    """
    if not needle or not len(store):
        return
    blocks, find = store.blocks, finder(needle)
    edge = min(max(start, 0), len(store) - 1)
    first = blocks.number(edge)
    numbers = range(first, len(blocks)) if step > 0 else range(first, -1, -1)
    for number in numbers:
        found = False
        for n in candidates(store, number, folded(store, number), find)[::step]:
            if (n > start) if step > 0 else (n < start):
                for hit in _hits(store, n, needle, machine)[::step]:
                    found = True
                    yield hit
        if not found:
            yield None


def search_outward(
    store: Store, needle: str, start: int, machine: int | None = None
) -> Iterator[Hit | None]:
    """Hits on both sides of ``start``, itself included, block by block outward."""
    sides = [
        search(store, needle, start - 1, 1, machine),
        search(store, needle, start, -1, machine),
    ]
    while sides:
        for side in list(sides):
            for hit in side:
                yield hit
                if hit is None:
                    break
            else:
                sides.remove(side)


def folded(store: Store, number: int) -> bytes:
    """The bytes of a block, ASCII letters in lower case; empty when it can't be read any more."""
    try:
        return store.blocks.glance(number).data.lower()
    except UserError:
        return b""


def candidates(
    store: Store, number: int, data: bytes, find: Callable[[bytes, int], int], since: int = 0
) -> list[int]:
    """Messages of a block, tx number ``since`` at the earliest, whose bytes have what ``find``
    finds, in order. ``data`` is the block's, as `find` wants it.
    """
    first, last = store.blocks.range(number, len(store))
    first = max(first, since)
    if not data or first >= last:
        return []
    offsets = array("I", store.blocks.offset.bytes(first, last))
    found = []
    at = find(data, offsets[0])
    while at >= 0:
        k = bisect_right(offsets, at)
        found.append(first + k - 1)
        if k >= len(offsets):
            break
        at = find(data, offsets[k])
    return found


def finder(needle: str) -> Callable[[bytes, int], int]:
    """Finds the needle in bytes whose ASCII letters are lower case, from a place on; -1: not there.

    Lower-casing bytes leaves other letters alone, so of those every case is looked for.
    """
    if needle.isascii():
        pattern = needle.lower().encode()
        return lambda data, at: data.find(pattern, at)
    parts = []
    for char in needle.lower():
        cases = sorted({char, char.upper(), char.title()} if ord(char) > 127 else {char})
        choices = (re.escape(case.encode("utf-8", "surrogateescape")) for case in cases)
        parts.append(b"(?:" + b"|".join(choices) + b")")
    search_in = re.compile(b"".join(parts)).search

    def find(data: bytes, at: int) -> int:
        match = search_in(data, at)
        return match.start() if match else -1

    return find


def _hits(store: Store, n: int, needle: str, machine: int | None) -> list[Hit]:
    if machine is not None and store.machine[n] != machine:
        return []
    try:
        texts = _decode(store.blocks.payload(n, keep=False))
    except (ShapeError, UserError):
        return []
    wanted = needle.lower()
    return [
        Hit(n, where, place, text)
        for where, place, text in chain(
            (("pre", place, text) for place, (_, text) in enumerate(texts.pre_log_entries)),
            (("log", place, text) for place, (_, text) in enumerate(texts.log_entries)),
            (
                ("arg", place, f"{name}={value}")
                for place, (name, value) in enumerate(texts.args.items())
            ),
        )
        if wanted in text.lower()
    ]
