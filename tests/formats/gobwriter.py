"""Writes gob, for tests: types as tuples, values as the reader gives them back.

A type is one of ``bool int uint float bytes string complex``, ``("slice", T)``, ``("map", K, T)``,
``("struct", {name: T})``, ``("opaque",)`` or ``("any", T)``, an interface with a T in it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

BASIC = {"bool": 1, "int": 2, "uint": 3, "float": 4, "bytes": 5, "string": 6, "complex": 7}
INTERFACE = 8


def uint(value: int) -> bytes:
    if value < 128:
        return bytes([value])
    data = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([256 - len(data)]) + data


def signed(value: int) -> bytes:
    return uint(~value << 1 | 1 if value < 0 else value << 1)


def text(value: bytes) -> bytes:
    return uint(len(value)) + value


def number(value: float) -> bytes:
    return uint(int.from_bytes(struct.pack("<d", value), "big"))


class GobWriter:
    """One stream; type ids count up from 64, definitions come before the value that needs them."""

    def __init__(self) -> None:
        self.out = bytearray()
        self._ids: dict[str, int] = {}

    def value(self, kind: Any, value: Any) -> None:
        type_id = self._id(kind)
        self._frame(signed(type_id) + self._top(kind, value))

    def _frame(self, content: bytes) -> None:
        self.out += uint(len(content)) + content

    def _top(self, kind: Any, value: Any) -> bytes:
        zero = b"" if kind[0] == "struct" else b"\0"
        return zero + self._plain(kind, value)

    def _id(self, kind: Any) -> int:
        if isinstance(kind, str):
            return BASIC[kind]
        if kind[0] == "any":
            self._id(kind[1])
            return INTERFACE
        key = repr(kind)
        if key not in self._ids:
            type_id = self._ids[key] = 64 + len(self._ids)
            self._frame(signed(-type_id) + self._wire(kind, type_id))
        return self._ids[key]

    def _wire(self, kind: Any, type_id: int) -> bytes:
        common = b"\x01" + b"\x02" + signed(type_id) + b"\0"  # CommonType{Id: type_id}
        if kind[0] == "slice":
            return b"\x02" + common + b"\x01" + signed(self._id(kind[1])) + b"\0\0"
        if kind[0] == "map":
            key, element = signed(self._id(kind[1])), signed(self._id(kind[2]))
            return b"\x04" + common + b"\x01" + key + b"\x01" + element + b"\0\0"
        if kind[0] == "opaque":
            return b"\x05" + common + b"\0\0"
        fields = b"".join(
            b"\x01" + text(name.encode()) + b"\x01" + signed(self._id(each)) + b"\0"
            for name, each in kind[1].items()
        )
        body = b"\x01" + uint(len(kind[1])) + fields if kind[1] else b""
        return b"\x03" + common + body + b"\0\0"

    def _plain(self, kind: Any, value: Any) -> bytes:
        if isinstance(kind, str):
            return BASICS[kind](value)
        if kind[0] == "opaque":
            return text(value)
        if kind[0] == "slice":
            return uint(len(value)) + b"".join(self._plain(kind[1], each) for each in value)
        if kind[0] == "map":
            pairs = (self._plain(kind[1], k) + self._plain(kind[2], v) for k, v in value.items())
            return uint(len(value)) + b"".join(pairs)
        if kind[0] == "any":
            if value is None:
                return b"\0"
            content = self._top(kind[1], value)
            return text(b"main.T") + signed(self._id(kind[1])) + text(content)
        out, last = b"", -1
        for place, (name, each) in enumerate(kind[1].items()):
            if name in value:
                out += uint(place - last) + self._plain(each, value[name])
                last = place
        return out + b"\0"


BASICS: dict[str, Callable[[Any], bytes]] = {
    "bool": lambda value: uint(int(value)),
    "int": signed,
    "uint": uint,
    "float": number,
    "bytes": text,
    "string": lambda value: text(value.encode("utf-8", "surrogateescape")),
    "complex": lambda value: number(value.real) + number(value.imag),
}
