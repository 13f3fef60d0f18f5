"""Framing: whatever the pieces, the same messages; limits and mistakes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgpack
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.messages import DbgMsgTx, encode
from telemetry.wire import (
    Call,
    Fault,
    Framer,
    Message,
    Response,
    encode_notification,
    encode_request,
    encode_response,
)


def feed(data: bytes, limit: int = 1 << 24, cuts: tuple[int, ...] = ()) -> list[Message]:
    """All messages of ``data`` fed in pieces, and the fault at its end."""
    framer = Framer(limit)
    found: list[Message] = []
    for start, end in pairwise((0, *sorted(cuts), len(data))):
        found += framer.feed(data[start:end])
    end_fault = framer.finish()
    return found + ([end_fault] if end_fault else [])


def plain(message: Message) -> Any:
    if isinstance(message, Call):
        return message.msgid, message.method, [msgpack.unpackb(p) for p in message.params]
    return message


def only_fault(data: bytes, limit: int = 1 << 24, cuts: tuple[int, ...] = ()) -> Fault:
    (found,) = feed(data, limit, cuts)
    assert isinstance(found, Fault)
    return found


def test_golden_bytes() -> None:
    message = DbgMsgTx(machine_id="m", clocks=[1, 0], accepted=True)
    assert msgpack.unpackb(encode(message)) == msgspec.to_builtins(message)
    tx = msgpack.packb(msgspec.to_builtins(message))
    assert tx == bytes.fromhex(
        "83aa6d616368696e655f6964a16da6636c6f636b73920100a86163636570746564c3"
    )
    request = encode_request(1, "DbgMsgTx", [tx])
    assert request == bytes.fromhex("940001a84462674d73675478 91") + tx
    assert encode_notification("bye", []) == bytes.fromhex("9302a362796590")
    assert encode_response(7, None, {"recorded": 1}) == bytes.fromhex(
        "940107c081a87265636f7264656401"
    )
    neovim = bytes.fromhex("940001a46563686f98 01a374776f81a161920102 9080c0c3cb3ff8000000000000")
    (call,) = feed(neovim)
    assert plain(call) == (1, "echo", [1, "two", {"a": [1, 2]}, [], {}, None, True, 1.5])


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["request", "notification", "response", "bin"]),
            st.lists(st.dictionaries(st.text(max_size=5), st.binary(max_size=40)), max_size=20),
        ),
        max_size=6,
    ),
    st.lists(st.integers(0, 3000), max_size=8),
)
def test_pieces_do_not_matter(messages: list[tuple[str, list[Any]]], cuts: list[int]) -> None:
    data = b""
    expected: list[Any] = []
    for number, (kind, params) in enumerate(messages):
        raw = [msgpack.packb(p) for p in params]
        if kind == "request":
            data += encode_request(number, "m", raw)
            expected.append((number, "m", params))
        elif kind == "notification":
            data += encode_notification("m", raw)
            expected.append((None, "m", params))
        elif kind == "response":
            data += encode_response(number, None, "r")
            expected.append(Response(number, None, "r"))
        else:
            data += msgpack.packb([2, b"m", params])
            expected.append((None, "m", params))
    inside = tuple(cut for cut in cuts if cut < len(data))
    assert [plain(message) for message in feed(data, cuts=inside)] == expected
    # a byte at a time finds the same, and so does a limit that the longest message just meets
    assert [plain(m) for m in feed(data, cuts=tuple(range(1, len(data))))] == expected


def test_methods_come_as_str_or_bin_and_keep_what_is_no_utf8() -> None:
    bad = b"\xa3a\xffb"  # a str that is not UTF-8
    found = feed(b"".join(b"\x93\x02" + m + b"\x90" for m in (b"\xa1m", b"\xc4\x01m", bad)))
    assert [m.method for m in found if isinstance(m, Call)] == ["m", "m", "a\udcffb"]


@pytest.mark.parametrize(
    ("message", "msgid"),
    [
        ([], None),
        ([5], None),
        ([3, 1, "m", []], None),
        ([2, "m"], None),
        ([2, "m", {}], None),
        ([2, 5, []], None),
        ([0, 7, "m", {}], 7),
        ([0, 7, None, []], 7),
        ([0, 8, "m"], 8),
        ([0, "x", "m", []], None),
        ([1, "x", None, None], None),
        (["a", "b", "c"], None),
    ],
)
def test_a_wrong_shape_costs_one_message(message: list[Any], msgid: int | None) -> None:
    data = msgpack.packb(message)
    fault, after = feed(data + encode_notification("ok", []))
    assert isinstance(fault, Fault)
    assert (fault.code, fault.fatal, fault.msgid, fault.head) == ("shape", False, msgid, data)
    assert fault.text
    assert isinstance(after, Call)


def test_messages_written_with_long_headers_are_understood() -> None:
    (call,) = feed(b"\xdc\x00\x04" + b"\xcc\x00" + b"\xcd\x00\x09" + b"\xd9\x01m" + b"\xdc\x00\x00")
    assert call == Call(9, "m", [])


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "0x47"),
        (b"\xc1", "0xc1"),
        (b"\x93\x02\xc1", "not msgpack"),
        (b"\x81\xa1a\x01", "0x81"),
        (b"\x91" * 5000, "nested too deeply"),
    ],
)
def test_garbage_ends_it(data: bytes, text: str) -> None:
    fault = only_fault(data)
    assert (fault.code, fault.fatal) == ("garbage", True)
    assert text in fault.text
    assert fault.head == data[:64]
    framer = Framer()
    assert len(list(framer.feed(data))) == 1
    assert list(framer.feed(encode_notification("late", []))) == []


LIMIT = 1000


@pytest.mark.parametrize(
    "data",
    [
        b"\xdd\xff\xff\xff\xff",
        b"\xdc\x04\x00",
        b"\x94\x00\x01\xdb\x00\x00\x10\x00",
        b"\x93\x02\xa1m\xdd\x00\x00\x10\x00",
        b"\x93\x02\xa1m\x91\x81\xa1k\xda\x04\x00",
        b"\x93\x02\xa1m\x91\x81\xa1k\xc6\x7f\xff\xff\xff",
        b"\x93\x02\xa1m\x91\xdf\x00\x00\x02\x00",
        b"\x93\x02\xa1m\x91\x81\xa1k\xc9\x00\x01\x00\x00",
        b"\x93\x02\xa1m\x92\xda\x02\x00" + b"x" * 512 + b"\xda\x02\x00",
        b"\x93\x02\xa1m\x9a" + b"\xdc\x00\x64" * 10,
    ],
    ids=lambda data: data[:12].hex(),
)
def test_what_announces_too_much_is_refused_from_its_header(data: bytes) -> None:
    fault = only_fault(data, LIMIT)
    assert (fault.code, fault.fatal) == ("too_long", True)
    assert fault.head == data[:64]
    assert str(LIMIT) in fault.text
    assert only_fault(data, LIMIT, tuple(range(1, len(data)))).code == "too_long"
    # without its last byte nothing was announced yet
    assert only_fault(data[:-1], LIMIT).code == "incomplete"


@given(st.data())
def test_the_limit_is_exact(data: st.DataObject) -> None:
    value = data.draw(
        st.recursive(
            st.none() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=40) | st.binary()
            | st.floats(allow_nan=False),
            lambda inner: st.lists(inner, max_size=20)
            | st.dictionaries(st.text(max_size=3), inner, max_size=5),
            max_leaves=40,
        )
    )  # fmt: skip
    message = encode_notification("m", [msgpack.packb(value), msgpack.packb(value)])
    cuts = tuple(data.draw(st.lists(st.integers(1, len(message)), max_size=5)))
    (found,) = feed(message, len(message), cuts)
    assert plain(found) == (None, "m", [value, value])
    assert only_fault(message, len(message) - 1, cuts).code == "too_long"


def test_a_stream_that_ends_within_a_message() -> None:
    data = encode_request(1, "m", [b"\xa5hello"])
    for length in range(1, len(data)):
        fault = only_fault(data[:length])
        assert (fault.code, fault.head) == ("incomplete", data[:length])
        assert f"{length} bytes" in fault.text
    assert Framer().finish() is None


@given(st.binary(max_size=300), st.integers(0, 300))
def test_no_bytes_raise(data: bytes, cut: int) -> None:
    found = feed(data, 200, (min(cut, len(data)),))
    assert sum(isinstance(m, Fault) and m.fatal for m in found) <= 1
