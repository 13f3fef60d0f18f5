"""A column of whole numbers: a mapped, finished part and a growing tail, seen as one sequence."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator


class Column:
    """Append-only unsigned numbers, ``typecode`` as in ``array`` (``I`` 32 bits, ``Q`` 64 bits).

    ``append`` is the tail's own method, bound, for the indexer's loop. It raises OverflowError for
    a number that does not fit; `widened` makes a 64-bit column of a 32-bit one.
    """

    __slots__ = ("append", "base", "split", "tail")

    def __init__(self, typecode: str, base: memoryview | None = None) -> None:
        self.tail = array(typecode)
        self.base = base
        self.split = len(base) if base is not None else 0
        self.append = self.tail.append

    def __len__(self) -> int:
        return self.split + len(self.tail)

    def __getitem__(self, i: int) -> int:
        """The number at ``i``, which is not negative. Raises IndexError."""
        k = i - self.split
        if k >= 0:
            return self.tail[k]
        value: int = self.base[i]  # type: ignore[index]  # split > 0 only with a base
        return value

    def __setitem__(self, i: int, value: int) -> None:
        """Put another number at ``i``; in the mapped part only in memory, not in its file."""
        k = i - self.split
        if k >= 0:
            self.tail[k] = value
        else:
            self.base[i] = value  # type: ignore[index]  # split > 0 only with a base

    def __iter__(self) -> Iterator[int]:
        if self.base is not None:
            yield from self.base
        yield from self.tail

    @property
    def typecode(self) -> str:
        """``I`` or ``Q``."""
        return self.tail.typecode

    def last(self) -> int:
        """The last number. Raises IndexError when there is none."""
        return self[len(self) - 1]

    def right(self, value: int) -> int:
        """Of a sorted column: how many numbers are at most ``value``."""
        tail = self.tail
        if not self.split or (tail and tail[0] <= value):
            return self.split + bisect_right(tail, value)
        return bisect_right(self.base, value)  # type: ignore[arg-type]  # split > 0

    def left(self, value: int) -> int:
        """Of a sorted column: how many numbers are below ``value``."""
        tail = self.tail
        if not self.split or (tail and tail[0] < value):
            return self.split + bisect_left(tail, value)
        return bisect_left(self.base, value)  # type: ignore[arg-type]  # split > 0

    def parts(self) -> Iterator[memoryview]:
        """The column's bytes, in order, for writing them down."""
        if self.base is not None:
            yield self.base.cast("B")
        # a copy: an array whose memory is lent out cannot grow
        yield memoryview(self.tail.tobytes())

    def bytes(self, first: int, last: int) -> bytes:
        """The numbers from ``first`` to before ``last`` as the machine's own bytes."""
        split = self.split
        base = b""
        if self.base is not None and first < split:
            base = self.base[first : min(last, split)].tobytes()
        return base + self.tail[max(first - split, 0) : max(last - split, 0)].tobytes()

    def nbytes(self) -> int:
        """Length of the column in bytes."""
        return len(self) * self.tail.itemsize

    def thaw(self) -> None:
        """Bring the mapped part into memory, so that ``tail`` has all and can be written."""
        if self.base is not None:
            self.tail[0:0] = array(self.typecode, self.base.tobytes())
            self.base = None
            self.split = 0

    def widened(self) -> Column:
        """The same numbers in 64 bits, all in memory."""
        wide = Column("Q")
        wide.tail.extend(self)
        return wide
