"""Sources, waits, contexts and pipes: the index against looking at every message."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from am_dbg.store.notes import KINDS, Told, told_in
from am_dbg.store.told import ToldIndex, told_index
from am_dbg.store.waits import Waits
from tests.model.session import Session


@pytest.mark.parametrize("seed", range(6))
def test_what_was_open_at_a_moment(seed: int) -> None:
    rng = random.Random(seed)
    waits = Waits()
    spans: list[list[Any]] = []
    for n in range(3000):
        if rng.random() < 0.5:
            key = rng.randrange(8)
            waits.begin(n, key)
            spans.append([n, key, None])
        key = rng.randrange(9)
        waits.end(n, key)
        first = next((s for s in spans if s[1] == key and s[2] is None), None)
        if first is not None:
            first[2] = n
    for n in [0, 1, *rng.sample(range(3000), 40), 2999, 5000]:
        wanted = [(s, key) for s, key, e in spans if s <= n and (e is None or e > n)][::-1]
        assert waits.count(n) == len(wanted)
        assert waits.open_at(n, 10_000) == wanted
        assert waits.open_at(n, 3) == wanted[:3]


def test_a_leak_among_many_short_ones_is_found_quickly() -> None:
    waits = Waits()
    waits.begin(0, 7)
    for n in range(1, 200_000):
        waits.begin(n, 1)
        waits.end(n, 1)
    assert waits.open_at(199_999, 50) == [(0, 7)]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path / "session.mcap")


def indexed(session: Session) -> ToldIndex:
    store = session.store()
    facts = told_index(store)
    while facts.work(0.0):
        pass
    assert facts.share == 1.0
    return facts


def test_children_of_a_transition_in_any_machine(session: Session) -> None:
    session.machine("a", ["A"]).machine("b", ["B"])
    session.tx("a", 1, "A", "A")
    session.tx("b", 2, "B", "B", source=("a", "t1", 1, "AState"))
    session.tx("a", 3, "A", "A", log_entries=[(3, "[source] a/t1/1")])
    session.tx("a", 4, "A", "A", args={"id": "[source] nothing"})
    facts = indexed(session)
    assert facts.children("a", "t1") == [1, 2]
    assert facts.children("a", "t2") == []


def test_waits_and_contexts_from_notes(session: Session) -> None:
    session.machine("m", ["A", "B"])
    session.tx("m", 1, "A", "A", notes=[("when", "new", [0, 1], None), ("ctx", "new", [0], "A")])
    session.tx("m", 2, "B", notes=[("when_time", "new", [1], [4]), ("when", "new", [0, 1], None)])
    session.tx(
        "m", 3, "A", "A", notes=[("ctx", "match", [0], "A"), ("when", "match", [1, 0], None)]
    )
    session.tx("m", 4, "A", "A", notes=[("when_time", "gone", [1], [4])])
    facts = indexed(session)
    assert [facts.count(0, "when", n) for n in range(4)] == [1, 2, 1, 1]
    assert [facts.count(0, "ctx", n) for n in range(4)] == [1, 1, 0, 0]
    assert [facts.count(0, "when_time", n) for n in range(4)] == [0, 1, 1, 0]
    assert facts.open_at(0, "when_time", 2, 9) == [(1, Told("when_time", "new", ("B",), (4,)))]
    assert facts.open_at(0, "when", 3, 9) == [(1, Told("when", "new", ("A", "B"), None))]
    assert facts.told_any(0, ("when_args", "when"))
    assert not facts.told_any(0, ("when_args",))


def test_waits_and_contexts_from_the_log_of_other_libraries(session: Session) -> None:
    session.machine("m", ["A", "B"])
    lines = [
        "[when:new] A B",
        "[whenNot:new] A",
        "[whenTime:new] A,B 1 2",
        "[whenArgs:new] A (k1,k2)",
        "[whenQueue:new] 5",
        "[whenQuery:new] 3",
        "[ctx:new] A",
        "[pipe-out:add] A to other",
        "[pipe-in:remove] B from other",
    ]
    session.tx("m", 1, log_entries=[(3, line) for line in lines])
    over = [
        "[when:match] B A",
        "[whenTime:match] A B [1 2]",
        "[whenArgs:match] A (k1,k2)",
        "[whenQueue:match] 5",
        "[ctx:match] A",
        "[pipe:gc] other",
    ]
    session.tx("m", 2, pre_log_entries=[(3, line) for line in over])
    facts = indexed(session)
    assert [facts.count(0, kind, 0) for kind in KINDS] == [1] * len(KINDS)
    assert {kind for kind in KINDS if facts.count(0, kind, 1)} == {"when_not", "when_query"}
    assert facts.open_at(0, "pipe_in", 0, 9)[0][1].data == ("other", "", "remove")


def test_a_line_that_repeats_a_note_is_not_counted_twice(session: Session) -> None:
    session.machine("m", ["A"])
    for at in range(2):
        session.tx("m", at, notes=[("when", "new", [0], None)], log_entries=[(3, "[when:new] A")])
    facts = indexed(session)
    assert facts.count(0, "when", 1) == 2


def test_pipes_of_the_schema_and_later_ones(session: Session) -> None:
    pipe = ("pipe_out", "new", [0], ["other", "X", "add"])
    session.machine("m", ["A"], pipes=[pipe])
    session.tx("m", 1, "A", "A")
    session.tx("m", 2, notes=[("pipe_in", "new", [0], ["other", "Y", "remove"])])
    session.tx("m", 3, notes=[("pipe_out", "gone", [0], ["other", "X", "add"])])
    facts = indexed(session)
    assert [facts.count(0, "pipe_out", n) for n in range(3)] == [1, 1, 0]
    assert [facts.count(0, "pipe_in", n) for n in range(3)] == [0, 1, 1]
    assert facts.open_at(0, "pipe_out", 1, 9)[0][1].data == ("other", "X", "add")


def test_the_index_follows_a_recording_that_grows(session: Session) -> None:
    session.machine("m", ["A"]).tx("m", 1, "A", "A", source=("m", "t0", 1, None))
    store = session.store()
    facts = told_index(store)
    assert told_index(store) is facts
    while facts.work(0.0):
        pass
    for at in range(500):
        session.tx("m", at, "A", "A", source=("m", "t0", 1, None))
    session.writer.flush()
    while store.feed(0.0001):
        facts.work(0.0)
    while facts.work(0.0):
        pass
    assert facts.children("m", "t0") == list(range(501))


def test_what_is_no_record_is_left_out() -> None:
    notes: list[Any] = [("when", "strange", [0], None), ("other", "new", [0], None)]
    lines = [(3, "[when:new]"), (3, "[pipe-up:add] A to B"), (3, "[when:newer] A")]
    assert list(told_in(notes, lines, ["A"], ())) == []
    assert next(iter(told_in([("when", "new", [4], None)], (), ["A"], ()))).states == ("#4",)
