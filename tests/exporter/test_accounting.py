"""Whatever is dropped, repeated or lost on the way: a reader's clocks are the machine's.

The exporter's own parts run without a thread: hypothesis decides when the sender works, what
arrives, what is answered, and when the connection breaks.
"""

from __future__ import annotations

from typing import Any

import msgpack
from hypothesis import given, settings
from hypothesis import strategies as st

from asyncmachine import Event, Machine, State, Tracer, Transition
from telemetry.address import TcpAddress
from telemetry.args import named
from telemetry.batches import Limits
from telemetry.dbg import DbgTracer
from telemetry.environment import Settings
from telemetry.outbox import Outbox
from telemetry.sender import Sender
from telemetry.window import Window
from telemetry.wire import Response
from tests.exporter.reader import Reader

NAMES = ("A", "B", "C", "D")


class Handlers:
    """Refuses to leave C, and follows B up with a queued mutation and a check."""

    def CExit(self, event: Event) -> bool:  # noqa: N802 - handlers are named by states
        return False

    def BState(self, event: Event) -> None:  # noqa: N802
        event.machine.add("D")
        event.machine.can_add("C")


class Truth(Tracer):
    """The clocks after each transition, from the machine itself."""

    def __init__(self) -> None:
        self.after: dict[str, list[int]] = {}
        self.messages = 0

    def transition_end(self, tx: Transition) -> None:
        self.after[tx.id] = list(tx.after)
        self.messages += 1

    def mutation_queued(self, machine: Machine, mutation: Any) -> None:
        self.messages += 1


class Link:
    """A machine, its exporter without a thread, and a reader behind an unreliable network."""

    def __init__(self, room: int) -> None:
        sender = Sender(TcpAddress("localhost", 1), "test", "", Outbox(max_messages=room))
        sender.outbox.wake = lambda: None
        self.outbox = sender.outbox
        self.window = Window(self.outbox, self._send)
        self.requests: list[bytes] = []
        self.delivered: list[int] = []
        self.reader = Reader()
        schema = {
            "A": State(multi=True, remove=["B"]),
            "B": State(),
            "C": State(require=["A"]),
            "D": State(auto=True, require=["B"]),
        }
        self.machine = Machine(schema, id="m")
        self.machine.bind_handlers(Handlers())
        self.truth = Truth()
        DbgTracer(sender, True, named(), Settings()).attach(self.machine)
        self.machine.bind_tracer(self.truth)
        self.extra = 0

    def _send(self, request: bytes) -> None:
        self.requests.append(request)

    def work(self, turns: int) -> None:
        left = iter(range(turns))
        self.window.work(lambda: next(left, None) is None)

    def deliver(self, count: int) -> None:
        for request in self.requests[:count]:
            _, msgid, method, params = msgpack.unpackb(request)
            for message in params:
                self.reader.apply(method, message)
            self.delivered.append(msgid)
        del self.requests[:count]

    def answer(self, count: int) -> None:
        for msgid in self.delivered[:count]:
            assert self.window.answer(Response(msgid, None, {"recorded": 1, "rejected": 0})) == ""
        del self.delivered[:count]

    def reconnect(self) -> None:
        self.requests.clear()
        self.delivered.clear()
        self.reader.reconnected()
        self.window.begin_again(Limits())

    def grow(self, front: bool) -> None:
        """Gives the machine one more state, in front of the others or behind them."""
        self.extra += 1
        name = f"X{self.extra}"
        names = list(self.machine.state_names)
        schema = {**self.machine.schema, name: State()}
        self.machine.set_schema(schema, [name, *names] if front else [*names, name])

    def settle(self) -> None:
        while not (self.window.nothing_left() and not self.requests and not self.delivered):
            self.work(100)
            self.deliver(len(self.requests))
            self.answer(len(self.delivered))


mutations = st.tuples(
    st.sampled_from(["add", "remove", "set", "can_add"]),
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True),
)
steps = st.one_of(
    mutations,
    mutations,
    st.tuples(st.just("work"), st.integers(0, 3)),
    st.tuples(st.just("deliver"), st.integers(1, 3)),
    st.tuples(st.just("answer"), st.integers(1, 3)),
    st.tuples(st.just("reconnect"), st.none()),
    st.tuples(st.just("grow"), st.booleans()),
    st.tuples(st.just("import"), st.lists(st.integers(0, 9), min_size=5, max_size=5)),
)


def carry_out(link: Link, what: str, value: Any) -> None:
    machine = link.machine
    if what in ("work", "deliver", "answer", "grow"):
        getattr(link, what)(value)
    elif what == "reconnect":
        link.reconnect()
    elif what == "import":
        data = machine.export_()
        ticks = [before + more for before, more in zip(data["time"], value, strict=False)]
        data["time"] = ticks + data["time"][len(ticks) :]
        data.pop("active")
        machine.import_(data)
    else:
        getattr(machine, what)(*value)


@settings(max_examples=400, deadline=None)
@given(room=st.integers(1, 12), todo=st.lists(steps, max_size=60))
def test_clocks_are_right_whatever_happens(room: int, todo: list[tuple[str, Any]]) -> None:
    link = Link(room)
    for what, value in todo:
        carry_out(link, what, value)
    link.machine.add("A")
    link.settle()
    seen = link.reader["m"]
    assert seen.clocks == list(link.machine.time())
    assert seen.schema["states_index"] == list(link.machine.state_names)
    assert {tx: link.truth.after[tx] for tx in seen.clocks_at} == seen.clocks_at
    assert len(seen.seqs) + seen.lost() == link.truth.messages
    assert link.outbox.dropped == seen.lost()


@settings(max_examples=50, deadline=None)
@given(room=st.integers(1, 5), burst=st.integers(1, 40))
def test_gaps_say_what_is_missing(room: int, burst: int) -> None:
    link = Link(room)
    link.work(1)
    for _ in range(burst):
        link.machine.add("A")
    link.settle()
    seen = link.reader["m"]
    assert sum(gap["lost"] for gap in seen.gaps) == seen.lost()
    for gap in seen.gaps:
        assert gap["reason"] == "outbox"
        assert gap["last_seq"] - gap["first_seq"] + 1 == gap["lost"]
        assert not seen.seqs & set(range(gap["first_seq"], gap["last_seq"] + 1))
        assert 0 < gap["since"] <= gap["until"]


def test_whole_clocks_come_at_least_every_256_messages() -> None:
    """The reader itself fails when they don't."""
    link = Link(room=100_000)
    for _ in range(1000):
        link.machine.add("A")
    link.settle()
    seen = link.reader["m"]
    assert 2000 / 256 <= sum("clocks" in m for m in seen.messages) < 20


def test_what_was_recorded_but_not_answered_is_told_again() -> None:
    """The reader has the first half; the second half must not build on clocks that it skipped."""
    link = Link(room=100)
    for _ in range(2):
        link.machine.add("A")
        link.work(1)
    link.deliver(2)
    link.reconnect()
    link.settle()
    seen = link.reader["m"]
    assert seen.clocks == list(link.machine.time())
    assert len(seen.messages) == link.truth.messages
    assert {tx: link.truth.after[tx] for tx in seen.clocks_at} == seen.clocks_at


def test_unanswered_differences_are_repeated_from_where_they_began() -> None:
    link = Link(room=100)
    link.machine.add("A")
    link.work(5)
    link.deliver(9)
    link.answer(9)
    for _ in range(3):
        link.machine.add("A")
    link.work(5)
    link.reconnect()
    link.settle()
    seen = link.reader["m"]
    assert {tx: link.truth.after[tx] for tx in seen.clocks_at} == seen.clocks_at
    assert len(seen.messages) == link.truth.messages


def test_a_queued_mutation_after_a_gap_has_the_clocks_of_then() -> None:
    link = Link(room=4)  # each mutation and its automatic one: two queued, two carried out
    link.work(1)
    for _ in range(3):
        link.machine.add("A")
    before = list(link.machine.time())
    link.machine.add("A")
    link.settle()
    assert link.reader["m"].queued()[0]["clocks"] == before


def test_everything_was_recorded_and_nothing_answered() -> None:
    link = Link(room=100)
    link.machine.add("A")
    link.work(5)
    link.deliver(9)
    link.reconnect()
    link.settle()
    assert link.reader["m"].clocks == list(link.machine.time())
    assert link.reader["m"].lost() == 0


def test_lost_changes_of_the_schema_arrive() -> None:
    link = Link(room=2)
    link.work(1)
    link.grow(front=True)
    for _ in range(5):
        link.machine.add("A")
    link.settle()
    assert link.reader["m"].schema["states_index"][0] == "X1"
    assert link.reader["m"].clocks == list(link.machine.time())
