"""MessagePack-RPC without any input or output: bytes in, messages out, for servers and clients.

A request is ``[0, msgid, method, params]``, a response ``[1, msgid, error, result]``, a
notification ``[2, method, params]``; nothing frames them but their own structure. Elements of
params stay encoded (``msgspec.Raw``), so that one bad element is refused alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

import msgpack
import msgspec
from msgspec import Raw

from telemetry.messages import MAX_MESSAGE
from telemetry.scan import HeaderScan, TooLongError, starts_array

REQUEST, RESPONSE, NOTIFICATION = 0, 1, 2

FaultCode = Literal["garbage", "too_long", "shape", "incomplete"]

HEAD = 64
"""Bytes of a bad message that are kept for whoever has to find its sender's mistake."""


class Call(NamedTuple):
    """A request, or a notification when ``msgid`` is None."""

    msgid: int | None
    method: str
    params: list[Raw]


class Response(NamedTuple):
    """An answer: ``error`` is None when it went well, by convention else ``"code: text"``."""

    msgid: int
    error: Any
    result: Any


class Fault(NamedTuple):
    """Something that is no message: why, its first bytes, and the id to answer if it has one.

    After a ``fatal`` one nothing can be understood any more: the connection has to be closed.
    """

    code: FaultCode
    text: str
    head: bytes
    fatal: bool
    msgid: int | None = None


Message = Call | Response | Fault

_decode_notification = msgspec.msgpack.Decoder(tuple[int, Raw, list[Raw]]).decode
_decode_request = msgspec.msgpack.Decoder(tuple[int, int, Raw, list[Raw]]).decode
_decode_array = msgspec.msgpack.Decoder(list[Raw]).decode
_encode = msgspec.msgpack.Encoder().encode


class Framer:
    """Takes a stream apart into messages; ``limit`` is the longest one allowed, in bytes.

    A message that announces more than that, anywhere inside, is refused before its bytes come.
    """

    def __init__(self, limit: int = MAX_MESSAGE) -> None:
        self.limit = limit
        # Only finds where a message ends, at C speed, and goes on where the last bytes ended.
        self._unpacker = msgpack.Unpacker(max_buffer_size=0)
        self._offset = 0  # of the frame that is being received, in the stream
        self._pieces: list[bytes] = []
        self._size = 0
        self._scan: HeaderScan | None = None
        self._dead = False
        self._methods: dict[bytes, str] = {}

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that ``data`` completes. Ends for good with a fatal Fault."""
        if self._dead or not data:
            return
        unpacker = self._unpacker
        unpacker.feed(data)
        start = -self._size  # of the frame, within data
        base = self._offset - start
        view = memoryview(data)
        while True:
            if start >= 0 and start < len(data) and not starts_array(data[start]):
                yield self._no_array(data, start)
                return
            try:
                unpacker.skip()
            except msgpack.OutOfData:
                break
            except (ValueError, msgpack.StackError) as error:
                yield self._garbage(view[max(start, 0) :], error)
                return
            end = unpacker.tell() - base
            frame = view[start:end] if start >= 0 else self._join(view[:end])
            if end - start > self.limit:
                yield self._fatal("too_long", self._too_long(), frame)
                return
            yield self._parse(frame)
            self._scan = None
            start = end
        yield from self._keep(view, start, base)

    def finish(self) -> Fault | None:
        """What is wrong when the stream ends here: a message that is not whole, or nothing."""
        if self._dead or not self._size:
            return None
        head = b"".join(self._pieces)[:HEAD]
        text = f"the connection ended {self._size} bytes into a message"
        return self._fatal("incomplete", text, memoryview(head))

    def _keep(self, view: memoryview, start: int, base: int) -> Iterator[Fault]:
        """Keeps the beginning of a frame, unless it announces too much already."""
        rest = bytes(view[max(start, 0) :])
        self._offset = base + start
        if start >= 0:
            self._pieces, self._size = [], 0
        if not rest:
            return
        self._pieces.append(rest)
        self._size += len(rest)
        if self._scan is None:
            self._scan = HeaderScan(self.limit)
        try:
            self._scan.feed(rest)
        except TooLongError:
            yield self._fatal("too_long", self._too_long(), memoryview(self._pieces[0]))

    def _join(self, tail: memoryview) -> memoryview:
        frame = b"".join((*self._pieces, tail))
        self._pieces, self._size = [], 0
        return memoryview(frame)

    def _parse(self, frame: memoryview) -> Message:
        try:
            first = frame[0]
            if first == 0x93:
                kind, method, params = _decode_notification(frame)
                if kind == NOTIFICATION:
                    return Call(None, self._method(method), params)
            elif first == 0x94 and frame[1] == REQUEST:
                _, msgid, method, params = _decode_request(frame)
                return Call(msgid, self._method(method), params)
            return self._parse_any(_decode_array(frame))
        except (ValueError, UnicodeError, RecursionError) as error:
            return self._bad_shape(frame, str(error) or type(error).__name__)

    def _parse_any(self, parts: list[Raw]) -> Message:
        """The message of these elements, however they are written. Raises ValueError."""
        kind = _plain(parts[0]) if parts else None
        if kind == NOTIFICATION and len(parts) == 3:
            return Call(None, self._method(parts[1]), _decode_array(parts[2]))
        if kind == REQUEST and len(parts) == 4:
            return Call(_id(parts[1]), self._method(parts[2]), _decode_array(parts[3]))
        if kind == RESPONSE and len(parts) == 4:
            return Response(_id(parts[1]), _plain(parts[2]), _plain(parts[3]))
        raise ValueError(
            "no message: [0, msgid, method, params], [1, msgid, error, result] "
            f"or [2, method, params], but {len(parts)} elements that begin with {kind!r:.40}"
        )

    def _method(self, raw: Raw) -> str:
        """The method's name, sent as str or bin. Raises ValueError."""
        data = bytes(raw)
        known = self._methods.get(data)
        if known is not None:
            return known
        name = _plain(raw)
        if isinstance(name, bytes):
            name = name.decode("utf-8", "surrogateescape")
        if not isinstance(name, str):
            raise ValueError(f"the method is {name!r:.40}, not a name")
        if len(self._methods) < 64 and len(data) < 256:
            self._methods[data] = name
        return name

    def _bad_shape(self, frame: memoryview, text: str) -> Fault:
        msgid = None
        try:
            parts = _decode_array(frame)
            if len(parts) >= 2 and _plain(parts[0]) == REQUEST:
                msgid = _id(parts[1])
        except (ValueError, RecursionError):
            msgid = None  # not even that can be read
        return Fault("shape", text, bytes(frame[:HEAD]), False, msgid)

    def _no_array(self, data: bytes, start: int) -> Fault:
        first = data[start]
        text = f"not msgpack-rpc: a message is an array, this begins with byte 0x{first:02x}"
        return self._fatal("garbage", text, memoryview(data)[start:])

    def _garbage(self, rest: memoryview, error: Exception) -> Fault:
        deep = isinstance(error, msgpack.StackError)
        text = "nested too deeply" if deep else "not msgpack: a byte that begins no value"
        head = b"".join((*self._pieces, rest[:HEAD]))[:HEAD]
        return self._fatal("garbage", text, memoryview(head))

    def _too_long(self) -> str:
        return f"a message announces more than the {self.limit} bytes allowed"

    def _fatal(self, code: FaultCode, text: str, head: memoryview) -> Fault:
        self._dead = True
        self._pieces = []
        return Fault(code, text, bytes(head[:HEAD]), True)


def encode_request(msgid: int, method: str, params: Sequence[bytes]) -> bytes:
    """A request; each element of ``params`` is encoded already."""
    return b"".join((b"\x94\x00", _encode(msgid), _encode(method), _array(len(params)), *params))


def encode_notification(method: str, params: Sequence[bytes]) -> bytes:
    """A notification; each element of ``params`` is encoded already."""
    return b"".join((b"\x93\x02", _encode(method), _array(len(params)), *params))


def encode_response(msgid: int, error: str | None, result: Any = None) -> bytes:
    """A response; ``error`` as ``"code: text"``, since stock clients break on anything else."""
    try:
        return _encode((RESPONSE, msgid, error, result))
    except UnicodeEncodeError:
        packed: bytes = msgpack.packb(
            (RESPONSE, msgid, error, result), unicode_errors="surrogateescape"
        )
        return packed


def _array(count: int) -> bytes:
    """The header of an array."""
    if count < 16:
        return bytes((0x90 | count,))
    if count < 1 << 16:
        return b"\xdc" + count.to_bytes(2, "big")
    return b"\xdd" + count.to_bytes(4, "big")


def _plain(raw: Raw) -> Any:
    """The value of ``raw``, bytes that are no UTF-8 kept escaped. Raises ValueError."""
    try:
        return msgpack.unpackb(raw, unicode_errors="surrogateescape", strict_map_key=False)
    except (TypeError, msgpack.StackError, msgpack.ExtraData) as error:
        raise ValueError(str(error)) from None


def _id(raw: Raw) -> int:
    value = _plain(raw)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError(f"the message id is {value!r:.40}, not a number")
