"""Random message streams: the store must answer as a model that keeps everything in plain lists."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from am_dbg.store import Flag, MachineLog, Store
from am_dbg.store.cache import snapshot
from tests.store.recordings import Tape

NAMES = ["A", "B", "Exception", "ErrDisk", "C", "D"]


@dataclass
class Row:
    time: int
    before: dict[str, int]
    after: dict[str, int]
    flags: int


@dataclass
class Model:
    """One machine, the slow way."""

    states: list[str]
    initial: dict[str, int] = field(default_factory=dict)
    clocks: dict[str, int] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    highest: int = 0
    time: int = 0
    duplicates: int = 0
    schemas: list[tuple[int, list[str], list[int] | None]] = field(default_factory=list)
    txs: list[tuple[dict[str, Any], int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.schemas.append((0, self.states, None))

    def sort(self) -> None:
        """Play it again in the order of the numbers; a schema comes before what followed it."""
        last, keys = 0, []
        for fields, _ in self.txs:
            last = fields["seq"] or last
            keys.append(last)
        schemas, txs = list(self.schemas), list(self.txs)
        fresh = Model(self.states)
        for place in sorted(range(len(txs)), key=keys.__getitem__):
            while schemas and schemas[0][0] <= place:
                fresh.schema(*schemas.pop(0)[1:])
            fresh.tx(*txs[place])
        for _, states, clocks in schemas:
            fresh.schema(states, clocks)
        self.rows, self.clocks, self.initial = fresh.rows, fresh.clocks, fresh.initial
        self.states = fresh.states

    def schema(self, states: list[str], clocks: list[int] | None) -> None:
        self.schemas.append((len(self.txs), states, clocks))
        self.states = states
        if clocks is not None:
            self.clocks = dict(zip(states, clocks, strict=True))
        if not self.rows:
            self.initial = dict(self.clocks)

    def tx(self, fields: dict[str, Any], arrival: int) -> None:
        seq = fields["seq"]
        if seq and seq in self.seen:
            self.duplicates += 1
            return
        self.txs.append((fields, arrival))
        self.seen.add(seq)
        self.highest = max(self.highest, seq)
        before = dict(self.clocks)
        if fields.get("clocks") is not None:
            padded = fields["clocks"] + [0] * len(self.states)
            self.clocks = dict(zip(self.states, padded, strict=False))
        for state, added in fields.get("ticks") or ():
            name = self.states[state]
            self.clocks[name] = self.clocks.get(name, 0) + added
        self.time = max(self.time, fields["time"] or arrival)
        flags = 0
        if not fields["accepted"] and not fields["is_queued"]:
            flags |= Flag.CANCELED
        if fields["is_queued"]:
            flags |= Flag.QUEUED
        for name, tick in self.clocks.items():
            moved = tick != before.get(name, 0)
            if moved and tick % 2 and (name == "Exception" or name.startswith("Err")):
                flags |= Flag.ERROR
        self.rows.append(Row(self.time, before, dict(self.clocks), flags))

    def at(self, pos: int) -> dict[str, int]:
        return self.rows[pos].after if pos >= 0 else self.initial


ticks = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 3)), max_size=3, unique_by=lambda pair: pair[0]
)
big = st.sampled_from([0, 1, 2, 3, 2**32 - 1, 2**32, 2**40])
operation = st.one_of(
    st.tuples(st.just("ticks"), ticks),
    st.tuples(st.just("ticks"), ticks),
    st.tuples(st.just("none"), st.none()),
    st.tuples(st.just("clocks"), st.lists(big, min_size=1, max_size=3)),
    st.tuples(st.just("grow"), st.booleans()),
    st.tuples(st.just("turn"), st.booleans()),
    st.tuples(st.just("snapshot"), st.lists(big, min_size=6, max_size=6)),
)
step = st.tuples(
    operation,
    st.sampled_from([0, 0, 0, 0, 0, 1, 3, -1, -2]),  # how far off the sequence number is
    st.sampled_from([None, -5, 0, 1, 1, 7]),  # the time, in ms from the last; None: arrival
    st.booleans(),
    st.sampled_from([False, False, True]),
    st.integers(0, 1),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(step, max_size=40), st.booleans())
def test_store_answers_as_the_model_does(steps: list[Any], numbered: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        play = Play(Path(folder) / "x.mcap", numbered)
        play.go_on(steps)
        with play.tape.store() as store:
            play.check(store)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(step, max_size=25), st.lists(step, max_size=25), st.booleans())
def test_so_does_one_that_goes_on_from_its_cache(
    before: list[Any], after: list[Any], numbered: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        play = Play(Path(folder) / "x.mcap", numbered)
        play.go_on(before)
        with play.tape.store(close=False) as store:
            taken = snapshot(store)
            assert taken is not None
            assert taken.save() == Path(folder) / "x.mcap.amidx"
        play.go_on(after)
        play.tape.writer.close()
        with Store.open([play.tape.path]) as store:
            assert store.cached
            assert not store.feed()
            play.check(store)


@dataclass
class Play:
    """A stream of steps, recorded and told to the models."""

    path: Path
    numbered: bool

    def __post_init__(self) -> None:
        self.tape = Tape(self.path)
        self.models = [Model(NAMES[:3]), Model(NAMES[:4])]
        self.nexts = [1, 1]
        for no, model in enumerate(self.models):
            self.tape.schema(f"m{no}", model.states)

    def go_on(self, steps: list[Any]) -> None:
        for (kind, value), off, delta, accepted, queued, no in steps:
            model = self.models[no]
            if kind in ("grow", "turn", "snapshot"):
                change_schema(self.tape, f"m{no}", model, kind, value)
                continue
            seq = 0
            if self.numbered:
                seq = max(self.nexts[no] + off, 1)
                self.nexts[no] = max(self.nexts[no], seq + 1)
            last = max(model.time or self.tape.now, 1)
            fields = {
                "seq": seq,
                "time": 0 if delta is None else last + delta * 1_000_000,
                "accepted": accepted,
                "is_queued": queued,
            }
            if kind != "none":
                fields[kind] = value
            self.tape.tx(f"m{no}", **fields)
            model.tx(fields, self.tape.now)

    def check(self, store: Store) -> None:
        for no, model in enumerate(self.models):
            model.sort()
            check(store, store.machines[no], model, self.numbered)
        assert store.status.duplicates == sum(model.duplicates for model in self.models)
        assert store.status.unreadable == 0


def change_schema(tape: Tape, machine: str, model: Model, kind: str, value: Any) -> None:
    states = list(model.states)
    clocks: list[int] | None = None
    if kind == "grow":
        states += [name for name in NAMES if name not in states][:1]
    elif kind == "turn":
        states = states[1:] + states[:1]
    else:
        clocks = [value[i % 6] for i in range(len(states))]
    tape.schema(machine, states, clocks=clocks)
    model.schema(states, clocks)


def check(store: Store, machine: MachineLog, model: Model, numbered: bool) -> None:
    rows, states = model.rows, model.states
    assert machine.states == states
    assert not store.late
    assert len(machine) == len(rows)
    assert machine.last_ticks() == [model.clocks.get(name, 0) for name in states]
    for pos in range(-1, len(rows)):
        clocks = model.at(pos)
        expected = [clocks.get(name, 0) for name in states]
        assert machine.ticks(pos) == expected
        assert [machine.tick(i, pos) for i in range(len(states))] == expected
        assert machine.time_sum(pos) == sum(clocks.values())
    for pos, row in enumerate(rows):
        assert machine.time_at(pos) == row.time
        assert store.pos(machine.n(pos)) == pos
        assert machine.flags_at(pos) & (Flag.CANCELED | Flag.QUEUED | Flag.ERROR) == row.flags
        own = {c[0]: c for c in machine.changes(pos) if c[1] != c[2]}
        for i, name in enumerate(states):
            if row.after.get(name, 0) != row.before.get(name, 0):
                assert own[i] == (i, row.before.get(name, 0), row.after.get(name, 0))
    check_moves(machine, model)
    counts = machine.counts
    assert counts.queued == sum(bool(row.flags & Flag.QUEUED) for row in rows)
    assert counts.canceled == sum(bool(row.flags & Flag.CANCELED) for row in rows)
    assert counts.executed == len(rows) - counts.queued
    if numbered:
        assert counts.lost == model.highest - len(model.seen)
        assert counts.lost == sum(gap.lost for gap in machine.gaps)


def check_moves(machine: MachineLog, model: Model) -> None:
    rows = model.rows
    for flag in (Flag.ERROR, Flag.CANCELED, Flag.QUEUED):
        places = [pos for pos, row in enumerate(rows) if row.flags & flag]
        for pos in range(-1, len(rows) + 1):
            assert machine.next_with(flag, pos) == next((p for p in places if p > pos), None)
            assert machine.prev_with(flag, pos) == next(
                (p for p in reversed(places) if p < pos), None
            )
    for state in range(len(model.states)):
        places = [pos for pos in range(len(rows)) if state in {c[0] for c in machine.changes(pos)}]
        for pos in range(-1, len(rows)):
            assert machine.next_change(state, pos) == next((p for p in places if p > pos), None)
            assert machine.prev_change(state, pos) == next(
                (p for p in reversed(places) if p < pos), None
            )
    moments = {row.time + d for row in rows for d in (-1, 0, 1)} | {0}
    for moment in moments:
        expected = sum(row.time <= moment for row in rows) - 1
        assert machine.pos_at(moment) == expected
    assert machine.pos_at(None) == len(rows) - 1
