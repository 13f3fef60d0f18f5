"""A store without its oldest part answers as the whole one does, and goes on like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from am_dbg.store import Flag, Store
from am_dbg.store.flags import CALL_SHIFT
from am_dbg.store.shortening import Shortening
from tests.store.recordings import STATES, Tape

ROUNDS = 400
KINDS = (1 << CALL_SHIFT) - 1
"""Flags without the place of what was called, which is the store's own affair."""


def begin(tape: Tape) -> None:
    tape.event("connected", conn="1", peer="here")
    for name in ("m", "k"):
        tape.schema(name, instance=f"{name}1", clocks=[0, 0, 0, 0])
    tape.schema("early", instance="e1", clocks=[2, 1, 0, 0], parent="m")
    tape.tx("early", "e1", id="e", seq=1, ticks=[(0, 1)])


def rounds(tape: Tape, first: int, count: int) -> None:
    for i in range(first, first + count):
        for name in ("m", "k"):
            seq = i + 1 if i < 20 else i + 6  # five that never came
            state = i % 3
            tape.tx(
                name,
                f"{name}1",
                id=f"{name}{i}",
                seq=seq,
                ticks=[(state, 1), (3, 1)] if i % 50 == 49 else [(state, 1)],
                called_states_idxs=[state],
                accepted=i % 7 != 3,
                args={"path": "x" * 40},
            )
        if i % 40 == 39:
            tape.flush()  # a chunk


def follow(store: Store) -> Store:
    while store.feed():
        pass
    return store


def shorten(store: Store, share: float) -> tuple[Store, Shortening]:
    making = Shortening(store, share)
    while not making.step(0.001):
        pass
    made = making.over()
    assert made is not None
    return made, making


def agree(whole: Store, short: Store, dropped: list[int]) -> None:
    assert [m.label for m in short.machines] == [m.label for m in whole.machines]
    for old, new in zip(whole.machines, short.machines, strict=True):
        shift = dropped[old.no] if old.no < len(dropped) else 0
        assert len(new) == len(old) - shift
        assert new.ticks(-1) == old.ticks(shift - 1)
        for pos in range(len(new)):
            there = pos + shift
            assert new.ticks(pos) == old.ticks(there)
            assert new.time_at(pos) == old.time_at(there)
            assert new.time_sum(pos) == old.time_sum(there)
            assert new.flags_at(pos) & KINDS == old.flags_at(there) & KINDS
            assert new.changes(pos) == old.changes(there)
            assert short.message(new.n(pos)).id == whole.message(old.n(there)).id
        assert new.sequence.expected == old.sequence.expected
        assert new.sequence.lost == old.sequence.lost
        assert (new.parent, new.children) == (old.parent, old.children)
        assert new.connected == old.connected
    for name in ("records", "lost", "rejected", "connected"):
        assert getattr(short.status, name) == getattr(whole.status, name)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.9, 1.0])
def test_what_is_kept_is_as_in_the_whole(tmp_path: Path, share: float) -> None:
    tape = Tape(tmp_path / "long.mcap")
    begin(tape)
    rounds(tape, 0, ROUNDS)
    store = tape.store(close=False)
    short, making = shorten(store, share)
    whole = follow(Store.open([tape.path], cache=False))
    assert len(short) == len(whole) - making.rows
    assert sum(making.dropped) == making.rows
    if 0 < share < 1:
        assert abs(len(short) - share * len(whole)) < 100  # by whole chunks
    agree(whole, short, making.dropped)
    tape.writer.close()


def test_it_goes_on_as_the_recording_grows(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "long.mcap")
    begin(tape)
    rounds(tape, 0, ROUNDS)
    store = tape.store(close=False)
    store.feed(0.0001)  # in the middle of a block
    making = Shortening(store, 0.4)
    making.step(0.0005)
    rounds(tape, ROUNDS, 60)  # while it is being made
    tape.schema("new", instance="n1", clocks=[0, 0, 0, 0])
    tape.tx("new", "n1", id="n", seq=1, ticks=[(0, 1)])
    tape.schema("m", [*STATES[:2], "D", *STATES[2:]], "m1")
    tape.flush()
    while not making.step(0.001):
        pass
    short = making.over()
    assert short is not None
    tape.event("disconnected", conn="1")
    tape.tx("m", "m1", id="last", seq=ROUNDS + 66, clocks=[9, 9, 9, 9, 9])
    tape.writer.close()
    follow(short)
    whole = follow(Store.open([tape.path], cache=False))
    agree(whole, short, making.dropped)
    assert not short.machines[0].connected
    assert short.machines[0].next_with(Flag.NEW_SCHEMA, -1) is not None


def test_again_and_again(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "long.mcap")
    begin(tape)
    rounds(tape, 0, ROUNDS)
    short, first = shorten(tape.store(close=False), 0.5)
    rounds(tape, ROUNDS, ROUNDS)
    tape.flush()
    follow(short)
    shorter, second = shorten(short, 0.5)
    whole = follow(Store.open([tape.path], cache=False))
    agree(whole, shorter, [a + b for a, b in zip(first.dropped, second.dropped, strict=True)])
    tape.writer.close()
