"""What a third party's client may send, and what becomes of it, over real sockets."""

from __future__ import annotations

import socket
from typing import Any

import msgpack
import pytest
from mcap.reader import make_reader

from tests.recorder.conftest import SCHEMA, Client, Start, messages, run_info, tx, wait_for


def test_a_hand_written_client(start: Start) -> None:
    recorder = start("--until-idle", "0.2")
    client = recorder.connect()
    error, hello = client.request("hello", {"protocol": 1, "client": "by/hand", "x": [1]})
    assert error is None
    assert (hello["protocol"], hello["max_message"]) == (1, 16 << 20)
    assert hello["server"].startswith("am-dbg/")
    schema = {
        "id": "third",
        "states_index": ["A", "B"],
        "states": {"A": {"auto": True, "unknown": 1}, "B": {"require": ["A"]}},
        "tags": ["t1"],
        "parent": "above",
        "colour": {"of": "money"},
        "unknown": [None, 1.5, b"\x00"],
    }
    assert client.request("DbgMsgStruct", schema) == (None, {"recorded": 1, "rejected": 0})
    for number in range(500):
        clocks = [number + 1, (number + 1) // 2]
        method = b"DbgMsgTx" if number % 100 == 7 else "DbgMsgTx"
        client.notify(
            method,
            {
                "machine_id": "third",
                "clocks": clocks,
                "accepted": number % 10 != 9,
                "is_auto": number % 5 == 0,
                "steps": [[4, -1, 0, 0, None], [1, "Any", 1, 0, 2]],
                "log_entries": [[2, "text"]],
                "new_field": number,
            },
        )
    client.notify("no_such_notification", 1, 2)
    client.notify(b"no_such_notification")
    client.send(1, 77, None, "an answer to nothing")
    error, result = client.request("no_such_method", 1)
    assert error.startswith("method: ")
    assert result is None
    last = {"machine_id": "third", "clocks": [501, 250], "accepted": True}
    assert client.request("DbgMsg", last) == (None, {"recorded": 1, "rejected": 0})
    assert client.request(b"bye") == (None, {"recorded": 0, "rejected": 0})
    client.close()
    assert recorder.wait() == 0

    found = recorder.info()
    (machine,) = found["machines"]
    assert machine.pop("first_time") <= machine.pop("last_time")
    assert len(machine.pop("instance")) == 16
    assert machine == {
        "id": "third",
        "parent": "above",
        "tags": ["t1"],
        "states": ["A", "B"],
        "transitions": 501,
        "queued": 0,
        "accepted": 451,
        "canceled": 50,
        "auto": 100,
        "checks": 0,
        "log_entries": 500,
        "steps": 1000,
        "gaps": 0,
        "lost": 0,
        "clocks": [501, 250],
        "connected": False,
    }
    assert (found["records"], found["rejected"], found["truncated"]) == (502, 0, False)
    assert found["bytes"] == recorder.path.stat().st_size
    ignored = recorder.events("ignored")
    assert {event["method"] for event in ignored} == {"no_such_notification"}
    assert sum(event["count"] for event in ignored) == 2
    kinds = [event["kind"] for event in recorder.events("connected", "hello", "disconnected")]
    assert kinds == ["connected", "hello", "disconnected"]
    assert {e["conn"] for e in recorder.events("connected", "hello", "disconnected")} == {"1"}
    with recorder.path.open("rb") as stream:
        rows = list(make_reader(stream, validate_crcs=True).iter_messages())
    assert sum(channel.topic == "third" for _, channel, _ in rows) == 502


BAD_BYTES = {
    "garbage": (b"GET / HTTP/1.1\r\n\r\n", "garbage", "0x47"),
    "not msgpack": (b"\x93\x02\xc1", "garbage", "not msgpack"),
    "no array": (b"\x81\xa1a\x01", "garbage", "array"),
    "too long": (b"\x93\x02\xa8DbgMsgTx\x91\xdb\x7f\xff\xff\xff", "too_long", "16777216"),
    "too many": (b"\xdd\xff\xff\xff\xff", "too_long", "16777216"),
}


@pytest.mark.parametrize("name", BAD_BYTES)
def test_bytes_that_end_their_connection_and_no_other(start: Start, name: str) -> None:
    data, code, text = BAD_BYTES[name]
    recorder = start()
    good = recorder.connect()
    good.request("DbgMsgStruct", SCHEMA)
    bad = recorder.connect()
    bad.sock.sendall(data)
    assert bad.closed_by_server()
    assert good.request("DbgMsgTx", tx()) == (None, {"recorded": 1, "rejected": 0})
    assert recorder.end() == 0
    (event,) = recorder.events("rejected")
    assert (event["code"], event["data"]) == (code, data[:64])
    assert text in event["text"]
    assert "\n" not in event["text"]
    assert recorder.info()["rejected"] == 1


@pytest.mark.parametrize(
    "message",
    [[5], [2, "m"], [2, "DbgMsgTx", {}], [7, 8, 9], [0, 3, "DbgMsgTx", "x"], []],
    ids=str,
)
def test_a_wrong_shape_costs_one_message(start: Start, message: list[Any]) -> None:
    recorder = start()
    client = recorder.connect()
    client.send(*message)
    if message[:2] == [0, 3]:
        kind, msgid, error, result = client.receive()
        assert (kind, msgid, result) == (1, 3, None)
        assert error.startswith("shape: ")
    assert client.request("DbgMsgStruct", SCHEMA)[0] is None
    assert recorder.end() == 0
    (event,) = recorder.events("rejected")
    assert (event["code"], event["data"]) == ("shape", msgpack.packb(message))


def test_half_a_message(start: Start) -> None:
    recorder = start()
    client = recorder.connect()
    data = msgpack.packb([2, "DbgMsgStruct", [SCHEMA]])
    client.sock.sendall(data[:20])
    client.close()
    wait_for(lambda: recorder.events("disconnected"), "the end of the connection")
    assert recorder.end() == 0
    (event,) = recorder.events("rejected")
    assert (event["code"], event["data"]) == ("incomplete", data[:20])


BAD_TXS = {
    "no machine": ({"accepted": True}, "machine_id"),
    "wrong type": (tx(accepted=5), "accepted"),
    "not a map": (7, "object"),
    "no schema": ({"machine_id": "other"}, "no schema for other"),
    "no schema for that instance": (tx(instance="00000000000000bb"), "no schema for m"),
    "ticks beyond": (tx(ticks=[[0, 1], [3, 1]]), "no state 3"),
    "called beyond": (tx(called_states_idxs=[3]), "no state 3"),
    "called below": (tx(called_states_idxs=[-2]), "-1"),
    "step from": (tx(steps=[[1, 3, 0, 0, 0]]), "no state 3"),
    "step to": (tx(steps=[[1, "Any", 0, 0, 0], [1, 0, 9, 0, 0]]), "no state 9"),
    "clocks beyond": (tx(clocks=[1, 1, 1, 1]), "4 clocks for 3 states"),
    "both": (tx(clocks=[1], ticks=[[0, 1]]), "both"),
    "note": (tx(notes=[["when", "new", [3], None]]), "no state 3"),
    "negative": (tx(clocks=[-1]), ">= 0"),
    "type": (tx(type=4), "<= 3"),
    "log level": (tx(log_entries=[[6, "x"]]), "<= 5"),
    "huge": (tx(clocks=[2**64 - 1]), "9223372036854775807"),
}


def test_a_batch_is_judged_map_by_map(start: Start) -> None:
    recorder = start()
    client = recorder.connect()
    client.request("DbgMsgStruct", SCHEMA)
    bad = [message for message, _ in BAD_TXS.values()]
    mixed = [tx(id="first"), *bad, tx(id="last")]
    assert client.request("DbgMsgTx", *mixed) == (None, {"recorded": 2, "rejected": len(bad)})
    for name, (message, text) in BAD_TXS.items():
        error, result = client.request("DbgMsgTx", message)
        assert (name, result) == (name, None)
        assert error.startswith("shape: ")
        assert text in error, name
    assert client.request("DbgMsgTx") == (None, {"recorded": 0, "rejected": 0})
    assert recorder.end() == 0
    assert [message.get("id") for message in messages(recorder.path, "DbgMsgTx")] == [
        "first",
        "last",
    ]
    rejected = recorder.events("rejected")
    assert len(rejected) == 2 * len(bad)
    assert {event["code"] for event in rejected} == {"shape"}
    for event, (message, text) in zip(rejected, BAD_TXS.values(), strict=False):
        assert text in event["text"]
        assert event["data"] == msgpack.packb(message)[:64]


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"id": "x"}, "states_index"),
        ({"states_index": ["A"]}, "id"),
        ({"id": "x", "states_index": ["A", "A"]}, "twice"),
        ({"id": "x", "states_index": ["A"], "clocks": [1, 2]}, "2 clocks for 1 states"),
        ({"id": "x", "states_index": ["A"], "groups": {"g": [1]}}, "group g: no state 1"),
        ({"id": "x", "states_index": "A"}, "array"),
    ],
)
def test_schemas_that_are_none(start: Start, schema: dict[str, Any], text: str) -> None:
    recorder = start()
    error, _ = recorder.connect().request("DbgMsgStruct", schema)
    assert error.startswith("shape: ")
    assert text in error
    assert recorder.end() == 0
    assert recorder.info()["machines"] == []


def test_a_schema_may_come_over_another_connection(start: Start) -> None:
    recorder = start()
    first, second = recorder.connect(), recorder.connect()
    first.request("DbgMsgStruct", SCHEMA)
    assert second.request("DbgMsgTx", tx(clocks=[1])) == (None, {"recorded": 1, "rejected": 0})
    grown = {**SCHEMA, "states_index": ["A", "B", "C", "D"]}
    first.request("DbgMsgStruct", grown)
    assert second.request("DbgMsgTx", tx(ticks=[[3, 2]]))[0] is None
    assert recorder.end() == 0
    (machine,) = recorder.info()["machines"]
    assert machine["clocks"] == [1, 0, 0, 2]


def test_text_that_is_no_utf8_is_kept(start: Start) -> None:
    recorder = start()
    client = recorder.connect()
    name = b"A\xff".decode("utf-8", "surrogateescape")
    schema = {"id": "m", "states_index": [name], "instance": "00000000000000aa"}
    bad = msgpack.packb([2, "DbgMsgStruct", [schema]], unicode_errors="surrogateescape")
    client.sock.sendall(bad)
    late = tx(log_entries=[[1, name]])
    client.sock.sendall(msgpack.packb([0, 5, "DbgMsgTx", [late]], unicode_errors="surrogateescape"))
    assert client.receive() == [1, 5, None, {"recorded": 1, "rejected": 0}]
    assert recorder.end() == 0
    assert messages(recorder.path, "DbgMsgTx") == [late]
    assert recorder.info()["machines"][0]["states"] == [name]


def test_hello_comes_once_first_and_speaks_1(start: Start) -> None:
    recorder = start()
    other = recorder.connect()
    assert other.request("hello", {"protocol": 2}) == ("protocol: server speaks 1", None)
    assert other.closed_by_server()
    late = recorder.connect()
    late.request("DbgMsgStruct", SCHEMA)
    error, _ = late.request("hello", {"protocol": 1})
    assert error.startswith("shape: hello")
    assert late.request("DbgMsgTx", tx())[0] is None
    wrong = recorder.connect()
    error, _ = wrong.request("hello", {"protocol": "one"})
    assert error.startswith("shape: ")
    assert recorder.end() == 0


def test_pieces_and_pipelines(start: Start) -> None:
    recorder = start()
    client = recorder.connect()
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    data = msgpack.packb([0, 1, "DbgMsgStruct", [SCHEMA]])
    for number in range(2, 60):
        data += msgpack.packb([0, number, "DbgMsgTx", [tx(id=str(number))] * 3])
    for at in range(0, len(data), 7):
        client.sock.sendall(data[at : at + 7])
    answers = [client.receive() for _ in range(59)]
    assert sorted(answer[1] for answer in answers) == list(range(1, 60))
    assert recorder.end() == 0
    assert recorder.info()["records"] == 1 + 58 * 3


def test_the_longest_message_allowed(start: Start) -> None:
    recorder = start("--max-message", "100000")
    client = recorder.connect()
    assert client.request("hello", {})[1]["max_message"] == 100000
    client.request("DbgMsgStruct", SCHEMA)
    head = len(msgpack.packb([0, 3, "DbgMsgTx", [tx(stack_trace="x" * 99_000)]])) - 99_000
    assert client.request("DbgMsgTx", tx(stack_trace="x" * (100_000 - head)))[0] is None
    client.sock.sendall(msgpack.packb([2, "DbgMsgTx", [tx(stack_trace="x" * 100_000)]]))
    assert client.closed_by_server()
    assert recorder.end() == 0
    assert [event["code"] for event in recorder.events("rejected")] == ["too_long"]


def test_info_for_people_escapes_what_a_terminal_would_obey(start: Start) -> None:
    recorder = start()
    client: Client = recorder.connect()
    schema = {"id": "evil\x1b[31m[bold]\u202e", "states_index": ["A"]}
    client.request("DbgMsgStruct", schema)
    assert recorder.end() == 0
    done = run_info(recorder.path)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "evil\\x1b[31m[bold]\\u202e" in done.stdout
    assert "1 machine, 1 record, 0 rejected" in done.stdout
