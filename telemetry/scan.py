"""How long a msgpack value that has not come in whole will be at least.

The C unpacker only says that bytes are missing, so a header that announces a gigabyte would have
it waiting, and us buffering. This reads the headers of what is there, and no more than headers.
"""

from __future__ import annotations

import msgpack


class TooLongError(ValueError):
    """The value cannot end within the bytes allowed."""


def _fixed() -> list[int]:
    """By first byte: bytes of a value with its header; 0 when its length comes in extra bytes."""
    sizes = [1] * 256
    sizes[0xA0:0xC0] = [1 + length for length in range(32)]
    for first, size in {
        0xC4: 0, 0xC5: 0, 0xC6: 0, 0xC7: 0, 0xC8: 0, 0xC9: 0, 0xCA: 5, 0xCB: 9,
        0xCC: 2, 0xCD: 3, 0xCE: 5, 0xCF: 9, 0xD0: 2, 0xD1: 3, 0xD2: 5, 0xD3: 9,
        0xD4: 3, 0xD5: 4, 0xD6: 6, 0xD7: 10, 0xD8: 18, 0xD9: 0, 0xDA: 0, 0xDB: 0,
        0xDC: 0, 0xDD: 0, 0xDE: 0, 0xDF: 0,
    }.items():  # fmt: skip
        sizes[first] = size
    return sizes


def _held() -> list[int]:
    """By first byte: how many values a fixarray or fixmap holds."""
    counts = [0] * 256
    counts[0x80:0x90] = [2 * pairs for pairs in range(16)]
    counts[0x90:0xA0] = list(range(16))
    return counts


_FIXED = _fixed()
_HELD = _held()

_LENGTH = {
    0xC4: 1, 0xC5: 2, 0xC6: 4, 0xC7: 1, 0xC8: 2, 0xC9: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4,
    0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4,
}  # fmt: skip
"""By first byte: bytes of the length that follows it."""


def starts_array(first: int) -> bool:
    """Whether a value with that first byte is an array."""
    return 0x90 <= first <= 0x9F or first == 0xDC or first == 0xDD


class HeaderScan:
    """Follows one incomplete value; every value counts at least one byte towards ``limit``."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._rest = b""  # from where the next header begins
        self._at = 0  # bytes of the value before ``_rest``
        self._open = 1  # values that have not begun yet
        self._missing = 0  # content bytes of the last value that have not come
        self._first = True

    def feed(self, data: bytes) -> None:
        """The next bytes of the value. Raises TooLongError."""
        if self._missing >= len(data):
            self._missing -= len(data)
            self._at += len(data)
            return
        data = self._rest + data[self._missing :]
        self._at += self._missing
        self._missing = 0
        at = self._skip_whole(data) if self._first else 0
        self._first = False
        at = self._walk(data, at)
        self._rest = data[at:]
        self._at += at

    def _skip_whole(self, data: bytes) -> int:
        """Jumps over the elements of params that are whole already, at C speed."""
        unpacker = msgpack.Unpacker(max_buffer_size=0)
        unpacker.feed(data)
        at, left = 0, 1
        try:
            left = unpacker.read_array_header()
            at = unpacker.tell()
            while left > 1:
                unpacker.skip()
                left, at = left - 1, unpacker.tell()
            if not starts_array(data[at]):
                return self._stop(at, left)
            left = unpacker.read_array_header()
            at = unpacker.tell()
            while left:
                unpacker.skip()
                left, at = left - 1, unpacker.tell()
        except (ValueError, IndexError, msgpack.UnpackException):
            return self._stop(at, left)
        return self._stop(at, left)

    def _stop(self, at: int, left: int) -> int:
        self._open = left
        return at

    def _walk(self, data: bytes, at: int) -> int:
        """Reads headers from ``at`` on; where it stopped."""
        size, limit, opened = len(data), self._limit - self._at, self._open
        fixed, held = _FIXED, _HELD
        while opened and at < size:
            first = data[at]
            length = fixed[first]
            if length:
                opened += held[first] - 1
                at += length
            else:
                width = _LENGTH[first]
                content = at + 1 + width
                if content > size:
                    break
                count = int.from_bytes(data[at + 1 : content], "big")
                opened -= 1
                at = content
                if first < 0xDC:  # not a container
                    at += count + (0xC7 <= first <= 0xC9)
                else:
                    opened += count if first < 0xDE else 2 * count
            if at + opened > limit:
                raise TooLongError
            if at > size:
                self._missing = at - size
                at = size
        self._open = opened
        if at + opened > limit:
            raise TooLongError
        return at
