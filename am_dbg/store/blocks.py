"""Where each message is in its file, and the blocks read last."""

from __future__ import annotations

from collections import OrderedDict

from am_dbg.errors import UserError
from am_dbg.recording import Block, RecordingReader
from am_dbg.store.column import Column

CACHE_BYTES = 32 << 20
"""Decompressed bytes kept; the block asked for last is kept whatever its size."""

HEAD = 31
"""Bytes of a message record before its payload; 8 of them, from the second on, are its length."""


class Blocks:
    """The recordings' blocks by number, and each message's place: a block and an offset within."""

    def __init__(self, readers: list[RecordingReader]) -> None:
        self.readers = readers
        self.first = Column("I")
        """The first tx number of each block."""
        self.start = Column("Q")
        """Where the block begins in its file."""
        self.file = Column("H")
        self.offset = Column("I")
        """Where a message's payload begins within its block's data."""
        self._kept: OrderedDict[int, Block] = OrderedDict()
        self._bytes = 0
        self._glanced: tuple[int, Block] | None = None

    def __len__(self) -> int:
        return len(self.start)

    @property
    def kept_bytes(self) -> int:
        """Decompressed bytes of the blocks that are kept."""
        return self._bytes

    def add(self, file: int, block: Block, n: int) -> None:
        """A block that is about to be indexed; its first message will be number ``n``."""
        self.first.append(n)
        self.start.append(block.start)
        self.file.append(file)
        self._keep(len(self) - 1, block)

    def number(self, n: int) -> int:
        """The number of the block that message ``n`` is in."""
        return self.first.right(n) - 1

    def range(self, number: int, total: int) -> tuple[int, int]:
        """First message of a block, and one past its last; ``total`` is the number of messages."""
        after = self.first[number + 1] if number + 1 < len(self) else total
        return self.first[number], after

    def block(self, number: int) -> Block:
        """That block, read again if need be. Raises UserError when it can't be."""
        kept = self._kept.get(number)
        if kept is not None:
            self._kept.move_to_end(number)
            return kept
        block = self._read(number)
        self._keep(number, block)
        return block

    def glance(self, number: int) -> Block:
        """That block; of those read with `glance` only the last is kept: a search reads them all.

        Raises UserError when it can't be read.
        """
        kept = self._kept.get(number)
        if kept is not None:
            return kept
        if self._glanced is None or self._glanced[0] != number:
            self._glanced = number, self._read(number)
        return self._glanced[1]

    def _read(self, number: int) -> Block:
        try:
            return self.readers[self.file[number]].block_at(self.start[number])
        except OSError as error:
            raise UserError(str(error)) from None

    def payload(self, n: int, keep: bool = True) -> memoryview:
        """The msgpack of message ``n``; ``keep``: its block will be wanted again.

        Raises UserError when it can't be read any more.
        """
        number = self.number(n)
        data = (self.block(number) if keep else self.glance(number)).data
        at = self.offset[n]
        if at > len(data):
            raise UserError("the recording was changed by somebody else")
        length = int.from_bytes(data[at - HEAD + 1 : at - HEAD + 9], "little")
        return memoryview(data)[at : at - HEAD + 9 + length]

    def arrival(self, n: int) -> int:
        """When message ``n`` arrived, Unix ns. Raises UserError when it can't be read any more."""
        data, at = self.glance(self.number(n)).data, self.offset[n]
        return int.from_bytes(data[at - 16 : at - 8], "little")

    def _keep(self, number: int, block: Block) -> None:
        self._kept[number] = block
        self._bytes += len(block.data)
        while self._bytes > CACHE_BYTES and len(self._kept) > 1:
            self._bytes -= len(self._kept.popitem(last=False)[1].data)
