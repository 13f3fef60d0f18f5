"""Go's gob encoding, read: any stream, whatever its types, into plain Python values.

Structs become dicts by field name (fields that are zero are absent), slices and arrays lists, maps
dicts, strings str (bytes that are no UTF-8 kept with ``surrogateescape``), values of types with
their own encoding (time.Time among them) bytes. The stream says itself what its types are; nothing
is assumed, every length is checked against the bytes there are.

Format: https://pkg.go.dev/encoding/gob
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any

MAX_FRAME = 1 << 30
"""Longest frame accepted, in bytes: what Go itself refuses beyond."""

_FLOAT = struct.Struct("<d")

BOOL, INT, UINT, FLOAT, BYTES, STRING, COMPLEX, INTERFACE = range(1, 9)
WIRE_TYPE, ARRAY_TYPE, COMMON_TYPE, SLICE_TYPE, STRUCT_TYPE, FIELD_TYPE, FIELDS, MAP_TYPE = range(
    16, 24
)
MARSHALER_TYPE = 24
FIRST_USER_ID = 64

Reader = Callable[[bytes, int, int], tuple[Any, int]]
"""(data, where, end) -> value, where it ended."""


class GobError(ValueError):
    """Bytes that are not gob; the text says what and where."""


def read_uint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """An unsigned number: below 128 one byte, else 256 minus its length, then its bytes."""
    if at >= end:
        raise GobError(f"the data end at byte {at} within a value")
    first = data[at]
    if first < 128:
        return first, at + 1
    size = 256 - first
    after = at + 1 + size
    if size > 8:
        raise GobError(f"a number of {size} bytes at byte {at}")
    if after > end:
        raise GobError(f"the data end at byte {at} within a number")
    return int.from_bytes(data[at + 1 : after], "big"), after


def read_int(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A signed number: its sign is the lowest bit of an unsigned one."""
    value, at = read_uint(data, at, end)
    return (~(value >> 1) if value & 1 else value >> 1), at


def _read_bool(data: bytes, at: int, end: int) -> tuple[bool, int]:
    value, at = read_uint(data, at, end)
    return value != 0, at


def _read_float(data: bytes, at: int, end: int) -> tuple[float, int]:
    value, at = read_uint(data, at, end)
    number: float = _FLOAT.unpack(value.to_bytes(8, "big"))[0]
    return number, at


def _read_complex(data: bytes, at: int, end: int) -> tuple[complex, int]:
    real, at = _read_float(data, at, end)
    imaginary, at = _read_float(data, at, end)
    return complex(real, imaginary), at


def _read_bytes(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    size, at = read_uint(data, at, end)
    if size > end - at:
        raise GobError(f"a length of {size} at byte {at}, but {end - at} bytes are left")
    return data[at : at + size], at + size


def _read_string(data: bytes, at: int, end: int) -> tuple[str, int]:
    text, at = _read_bytes(data, at, end)
    return text.decode("utf-8", "surrogateescape"), at


def _count(data: bytes, at: int, end: int, least: int) -> tuple[int, int]:
    """The number of elements that follow, each of which takes at least ``least`` bytes."""
    count, at = read_uint(data, at, end)
    if count * least > end - at:
        raise GobError(f"{count} elements at byte {at}, but {end - at} bytes are left")
    return count, at


class Decoder:
    """One gob stream: its type definitions hold for all values after them. Raises GobError."""

    def __init__(self) -> None:
        self._readers: dict[int, Reader] = {
            BOOL: _read_bool,
            INT: read_int,
            UINT: read_uint,
            FLOAT: _read_float,
            BYTES: _read_bytes,
            STRING: _read_string,
            COMPLEX: _read_complex,
            INTERFACE: self._read_interface,
        }
        self._wires: dict[int, dict[str, Any]] = dict(_BOOTSTRAP)

    def frame(self, data: bytes, at: int = 0, end: int | None = None) -> tuple[int, int] | None:
        """Where the frame at ``at`` has its content, and where it ends; None: not all there yet."""
        end = len(data) if end is None else end
        if at >= end or (data[at] >= 248 and at + 257 - data[at] > end):
            return None
        size, start = read_uint(data, at, end)
        if size > MAX_FRAME:
            raise GobError(f"a frame of {size} bytes at byte {at}")
        return (start, start + size) if start + size <= end else None

    def content(self, data: bytes, at: int, end: int) -> tuple[bool, Any]:
        """What a frame has: (True, value), or (False, None) when it defined a type."""
        try:
            type_id, at = read_int(data, at, end)
            if type_id < 0:
                at = self._define(-type_id, data, at, end)
                value = None
            else:
                value, at = self._read_top(type_id, data, at, end)
        except RecursionError:
            raise GobError("values are nested too deeply") from None
        if at != end:
            raise GobError(f"{end - at} bytes are left over in the frame that ends at byte {end}")
        return type_id >= 0, value

    def values(self, data: bytes) -> Iterator[Any]:
        """All values of a whole stream. Raises GobError, also when it is cut."""
        at, end = 0, len(data)
        while at < end:
            frame = self.frame(data, at, end)
            if frame is None:
                raise GobError(f"the data end within the frame at byte {at}")
            is_value, value = self.content(data, *frame)
            at = frame[1]
            if is_value:
                yield value

    def _read_top(self, type_id: int, data: bytes, at: int, end: int) -> tuple[Any, int]:
        """A value by itself: one that is no struct has a zero byte before it."""
        if "StructT" not in self._wires.get(type_id, ()):
            zero, at = read_uint(data, at, end)
            if zero:
                raise GobError(f"no zero before a value that is no struct, at byte {at}")
        return self._reader(type_id)(data, at, end)

    def _define(self, type_id: int, data: bytes, at: int, end: int) -> int:
        wire, at = self._reader(WIRE_TYPE)(data, at, end)
        if type_id < FIRST_USER_ID:
            raise GobError(f"a definition of the basic type {type_id}")
        if len(wire) != 1:
            raise GobError(f"type {type_id} is defined as {len(wire)} kinds at once")
        if self._wires.setdefault(type_id, wire) != wire:
            raise GobError(f"type {type_id} is defined twice")
        return at

    def _reader(self, type_id: int) -> Reader:
        reader = self._readers.get(type_id)
        if reader is None:
            wire = self._wires.get(type_id)
            if wire is None:
                raise GobError(f"type {type_id} is not defined")
            reader = self._readers[type_id] = self._build(wire)
        return reader

    def _build(self, wire: dict[str, Any]) -> Reader:
        (kind, shape), *_ = wire.items()
        if kind == "StructT":
            return self._struct(shape.get("Field", []))
        if kind == "SliceT" or kind == "ArrayT":
            return self._slice(shape.get("Elem", 0))
        if kind == "MapT":
            return self._map(shape.get("Key", 0), shape.get("Elem", 0))
        return _read_bytes

    def _later(self, type_id: int) -> Reader:
        """A reader that is looked up when first used: types may be defined after their users."""
        basic = self._readers.get(type_id)
        if basic is not None:
            return basic
        readers = self._readers

        def read(data: bytes, at: int, end: int) -> tuple[Any, int]:
            reader = readers.get(type_id) or self._reader(type_id)
            return reader(data, at, end)

        return read

    def _struct(self, fields: list[dict[str, Any]]) -> Reader:
        named = [(field.get("Name", ""), self._later(field.get("Id", 0))) for field in fields]
        total = len(named)

        def read(data: bytes, at: int, end: int) -> tuple[dict[str, Any], int]:
            value: dict[str, Any] = {}
            number = -1
            while True:
                if at < end and data[at] < 128:
                    delta = data[at]
                    at += 1
                else:
                    delta, at = read_uint(data, at, end)
                if not delta:
                    return value, at
                number += delta
                if number >= total:
                    raise GobError(f"field {number} of a struct of {total} at byte {at}")
                name, reader = named[number]
                value[name], at = reader(data, at, end)

        return read

    def _slice(self, element: int) -> Reader:
        reader = self._later(element)

        def read(data: bytes, at: int, end: int) -> tuple[list[Any], int]:
            count, at = _count(data, at, end, 1)
            values = []
            for _ in range(count):
                value, at = reader(data, at, end)
                values.append(value)
            return values, at

        return read

    def _map(self, key_id: int, value_id: int) -> Reader:
        read_key, read_value = self._later(key_id), self._later(value_id)

        def read(data: bytes, at: int, end: int) -> tuple[dict[Any, Any], int]:
            count, at = _count(data, at, end, 2)
            values = {}
            for _ in range(count):
                key, at = read_key(data, at, end)
                values[_hashable(key)], at = read_value(data, at, end)
            return values, at

        return read

    def _read_interface(self, data: bytes, at: int, end: int) -> tuple[Any, int]:
        """A concrete type's name, definitions new to the stream, its id, a length, the value."""
        name, at = _read_bytes(data, at, end)
        if not name:
            return None, at
        type_id, at = read_int(data, at, end)
        while type_id < 0:
            at = self._define(-type_id, data, at, end)
            _, at = read_uint(data, at, end)  # the length of what follows; it says nothing new
            type_id, at = read_int(data, at, end)
        size, at = read_uint(data, at, end)
        if size > end - at:
            raise GobError(f"a length of {size} at byte {at}, but {end - at} bytes are left")
        value, after = self._read_top(type_id, data, at, at + size)
        if after != at + size:
            raise GobError(f"{at + size - after} bytes are left over at byte {after}")
        return value, after


def _hashable(key: Any) -> Any:
    """Keys that are structs, arrays or maps as tuples, so that a dict can have them."""
    if isinstance(key, dict):
        return tuple((_hashable(name), _hashable(value)) for name, value in key.items())
    if isinstance(key, list):
        return tuple(map(_hashable, key))
    return key


def _fields(**ids: int) -> dict[str, Any]:
    return {"StructT": {"Field": [{"Name": name, "Id": id_} for name, id_ in ids.items()]}}


_BOOTSTRAP: dict[int, dict[str, Any]] = {
    WIRE_TYPE: _fields(
        ArrayT=ARRAY_TYPE,
        SliceT=SLICE_TYPE,
        StructT=STRUCT_TYPE,
        MapT=MAP_TYPE,
        GobEncoderT=MARSHALER_TYPE,
        BinaryMarshalerT=MARSHALER_TYPE,
        TextMarshalerT=MARSHALER_TYPE,
    ),
    COMMON_TYPE: _fields(Name=STRING, Id=INT),
    ARRAY_TYPE: _fields(CommonType=COMMON_TYPE, Elem=INT, Len=INT),
    SLICE_TYPE: _fields(CommonType=COMMON_TYPE, Elem=INT),
    STRUCT_TYPE: _fields(CommonType=COMMON_TYPE, Field=FIELDS),
    FIELD_TYPE: _fields(Name=STRING, Id=INT),
    FIELDS: {"SliceT": {"Elem": FIELD_TYPE}},
    MAP_TYPE: _fields(CommonType=COMMON_TYPE, Key=INT, Elem=INT),
    MARSHALER_TYPE: _fields(CommonType=COMMON_TYPE),
}
"""The types that definitions themselves are made of."""
