"""The gob reader: what any stream says, what Go really sent, and only GobError for the rest."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from am_dbg.formats.gob import Decoder, GobError
from am_dbg.formats.gomessages import struct_from_go, tx_from_go
from tests.formats.gobwriter import GobWriter, signed, uint

INTEROP = Path(__file__).parent.parent / "data" / "interop"

basic = st.sampled_from(["bool", "int", "uint", "float", "bytes", "string", "complex"])
keys = st.sampled_from(["bool", "int", "uint", "string"])
names = st.text("ABCxyz", min_size=1, max_size=3)


def shapes(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.tuples(st.just("slice"), inner),
        st.tuples(st.just("map"), keys, inner),
        st.tuples(st.just("struct"), st.dictionaries(names, inner, max_size=4)),
        st.tuples(st.just("any"), inner.filter(lambda kind: kind[0] != "any")),
        st.just(("opaque",)),
    )


kinds = st.recursive(basic, shapes, max_leaves=8)
BASIC_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "bool": st.booleans(),
    "int": st.integers(-(2**63), 2**63 - 1),
    "uint": st.integers(0, 2**64 - 1),
    "float": st.floats(allow_nan=False),
    "bytes": st.binary(max_size=200),
    "string": st.binary(max_size=200).map(lambda data: data.decode("utf-8", "surrogateescape")),
    "complex": st.complex_numbers(allow_nan=False),
}


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    if isinstance(kind, str):
        return BASIC_VALUES[kind]
    if kind[0] == "opaque":
        return st.binary(max_size=20)
    if kind[0] == "slice":
        return st.lists(values_of(kind[1]), max_size=3)
    if kind[0] == "map":
        return st.dictionaries(values_of(kind[1]), values_of(kind[2]), max_size=3)
    if kind[0] == "any":
        return st.none() | values_of(kind[1])
    fields = {name: values_of(each) for name, each in kind[1].items()}
    return st.fixed_dictionaries({}, optional=fields)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_stream_of_any_types_comes_back(data: st.DataObject) -> None:
    writer = GobWriter()
    expected = []
    for kind in data.draw(st.lists(kinds, min_size=1, max_size=3)):
        for value in data.draw(st.lists(values_of(kind), min_size=1, max_size=2)):
            writer.value(kind, value)
            expected.append(value)
    assert list(Decoder().values(bytes(writer.out))) == expected


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_stream_gives_gob_errors_and_nothing_else(data: st.DataObject) -> None:
    stream = bytearray((INTEROP / "live-50.bin").read_bytes()[:6000])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(stream) - 1))
        stream[place] = data.draw(st.integers(0, 255))
    del stream[data.draw(st.integers(0, len(stream))) :]
    try:
        list(Decoder().values(bytes(stream)))
    except GobError:
        return


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_give_gob_errors_and_nothing_else(data: bytes) -> None:
    try:
        list(Decoder().values(data))
    except GobError:
        return


def frame(content: bytes) -> bytes:
    return uint(len(content)) + content


@pytest.mark.parametrize(
    ("stream", "text"),
    [
        (frame(signed(6) + b"\0" + uint(2**40)), "a length of"),
        (frame(signed(5) + b"\0" + uint(2**63)), "a length of"),
        (uint(2**33) + b"x", "a frame of"),
        (b"\xf0" + bytes(20), "a number of 16 bytes"),
        (frame(signed(99) + b"\0"), "not defined"),
        (frame(signed(2) + b"\0" + b"\x02\x02"), "left over"),
        (frame(signed(2) + b"\x01" + b"\x02"), "no zero"),
        (frame(signed(-6) + b"\x02\x01\x02\xff\x82\0\x01\x02\0\0"), "basic type"),
        (b"\x05\x0c", "the data end within the frame"),
    ],
)
def test_hostile_streams_are_refused_with_what_is_wrong(stream: bytes, text: str) -> None:
    with pytest.raises(GobError, match=text):
        list(Decoder().values(stream))


def test_a_count_beyond_the_bytes_left_is_refused() -> None:
    writer = GobWriter()
    writer.value(("slice", "int"), [1])
    definition = bytes(writer.out[: writer.out[0] + 1])
    with pytest.raises(GobError, match="elements"):
        list(Decoder().values(definition + frame(signed(64) + b"\0" + uint(2**40) + b"\x02")))


def test_endless_nesting_is_refused() -> None:
    # type 64 is a slice of itself
    definition = frame(
        signed(-64) + b"\x02\x01\x02" + signed(64) + b"\0\x01" + signed(64) + b"\0\0"
    )
    value = frame(signed(64) + b"\0" + b"\x01" * 100_000 + b"\0")
    with pytest.raises(GobError, match="nested too deeply"):
        list(Decoder().values(definition + value))


@pytest.mark.parametrize(
    ("stream", "account"),
    [
        ("live-50.bin", "live-50.json"),
        ("live-tree-50.conn0.bin", "live-tree-50.json"),
        ("live-tree-50.conn1.bin", "live-tree-50.json"),
        ("live-tree-50.conn2.bin", "live-tree-50.json"),
    ],
)
def test_what_go_sent_is_what_go_says_it_sent(stream: str, account: str) -> None:
    values = list(Decoder().values((INTEROP / stream).read_bytes()))
    requests, messages = values[0::2], values[1::2]
    assert [request.get("Seq", 0) for request in requests] == list(range(len(requests)))
    assert requests[0]["ServiceMethod"] == "RPCServer.DbgMsgSchema"
    schema = struct_from_go(messages[0])
    index = {name: place for place, name in enumerate(schema.states_index)}
    txs = [tx_from_go(message, index) for message in messages[1:]]
    said = next(
        machine
        for machine in json.loads((INTEROP / account).read_text())["machines"]
        if machine["id"] == schema.id
    )
    assert schema.states_index == said["state_names"]
    assert (schema.parent, schema.tags) == (said["parent"], said["tags"])
    assert schema.groups == said["groups"]
    assert len(txs) == said["n_msgs_sent"]
    executed = [tx for tx in txs if not tx.is_queued]
    assert executed[-1].clocks == said["final_clocks"]
    counts = Counter(tx.accepted for tx in executed)
    assert (counts[True], counts[False]) == (said["n_accepted"], said["n_canceled"])
    assert len(executed) == said["n_executed"]
    assert sum(tx.is_auto for tx in executed) == said["n_auto"]
    assert sum(tx.is_check for tx in executed) == said["n_check"]
    assert sum(tx.is_queued for tx in txs) == said["n_queued"]


def test_a_live_stream_is_read_frame_by_frame_as_its_bytes_come() -> None:
    stream = (INTEROP / "live-50.bin").read_bytes()
    whole = list(Decoder().values(stream))
    decoder, at, found = Decoder(), 0, []
    for end in range(0, len(stream) + 1, 7):
        end = min(end + 7, len(stream))
        while (frame := decoder.frame(stream, at, end)) is not None:
            is_value, value = decoder.content(stream, *frame)
            at = frame[1]
            if is_value:
                found.append(value)
    assert found == whole
