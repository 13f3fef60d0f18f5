"""Mutated messages over real sockets: whatever comes, the recorder says nothing and goes on."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path
from typing import Any

import msgpack

from tests.recorder.conftest import SCHEMA, Start, info, tx

ROUNDS = 400


def mutate(rng: random.Random, data: bytes) -> bytes:
    """``data`` with a few bytes changed, left out, doubled or added."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(out))
        match rng.randrange(4):
            case 0:
                out[at] = rng.randrange(256)
            case 1:
                del out[at : at + rng.randint(1, 8)]
            case 2:
                out[at:at] = out[at : at + rng.randint(1, 16)]
            case _:
                out[at:at] = rng.choice([b"\xc0", b"\xc1", b"\xd6", b"\x91" * 40, b"\xdf\0\0\0\1"])
        out = out or bytearray(b"\x00")
    return bytes(out)


def test_whatever_comes_the_others_go_on(start: Start) -> None:
    rng = random.Random(6831)
    recorder = start("--max-message", "100000")
    good = recorder.connect()
    good.request("DbgMsgStruct", SCHEMA)
    full = tx(
        id="x", seq=1, ticks=[[0, 1]], called_states_idxs=[0, -1], args={"a": "b"},
        steps=[[1, "Any", 0, 1, 2], [2, -1, 1, 5, None]], handlers=[["AState", 0, 1, 2, "ok"]],
        log_entries=[[1, "text"]], source=["m", "t", 1, None], notes=[["when", "new", [0], [1]]],
    )  # fmt: skip
    other = {**SCHEMA, "instance": "", "groups": {"g": [0]}, "clocks": [1]}
    messages: list[list[Any]] = [
        [0, 1, "hello", [{"protocol": 1, "client": "c", "pid": 5}]],
        [0, 2, "DbgMsgStruct", [SCHEMA, other]],
        [2, b"DbgMsgTx", [full, {**full, "instance": ""}, full]],
        [0, 3, "DbgMsgGap", [{"machine_id": "m", "lost": 2, "last_seq": 3}]],
        [1, 4, None, {}],
        [0, 5, "unknown", [1, 2.5, None]],
        [0, 6, "bye", []],
    ]
    stream = b"".join(map(msgpack.packb, messages))
    for number in range(ROUNDS):
        client = recorder.connect()
        with contextlib.suppress(OSError):  # it may be closed before everything is sent
            client.sock.sendall(mutate(rng, stream))
        client.close()
        if number % 50 == 0:
            assert good.request("DbgMsgTx", tx())[0] is None
    assert good.request("DbgMsgTx", tx())[0] is None
    assert recorder.end() == 0
    assert recorder.stderr() == ""
    assert recorder.info()["rejected"] > ROUNDS / 4


def test_a_mutated_file_never_stops_info_or_append(start: Start, tmp_path: Path) -> None:
    rng = random.Random(1)
    recorder = start()
    client = recorder.connect()
    client.request("DbgMsgStruct", SCHEMA)
    for number in range(10):
        client.request("DbgMsgTx", tx(seq=number + 1, clocks=[number]))
    recorder.end()
    data = recorder.path.read_bytes()
    bad = tmp_path / "bad.mcap"
    for _ in range(3):
        bad.write_bytes(data[:100] + mutate(rng, data[100:]))
        assert info(bad)["machines"] is not None
        again = start("--append", output=bad)
        client = again.connect()
        client.request("DbgMsgStruct", SCHEMA)
        assert client.request("DbgMsgTx", tx(seq=11))[0] is None
        assert again.end() == 0
        assert not info(bad)["truncated"]
