"""Mutations from many threads at once: one drainer, nothing lost, nothing doubled."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from asyncmachine import Event, Machine, Result, State, Tracer, Transition

THREADS = 8
EACH = 20_000


class Counting(Tracer):
    """Counts what ran, and checks that nothing runs beside it."""

    def __init__(self) -> None:
        self.count = 0
        self.ticks: list[int] = []
        self.inside = False

    def transition_init(self, tx: Transition) -> None:
        assert not self.inside
        self.inside = True

    def transition_end(self, tx: Transition) -> None:
        self.inside = False
        self.count += 1
        self.ticks.append(tx.mutation.queue_tick)


def run(m: Machine, per_thread: int) -> list[list[Result]]:
    """Each thread adds a multi state with arguments, so that no duplicate rule applies."""
    results: list[list[Result]] = [[] for _ in range(THREADS)]
    errors: list[BaseException] = []
    barrier = threading.Barrier(THREADS)

    def work(number: int) -> None:
        try:
            barrier.wait()
            for i in range(per_thread):
                results[number].append(m.add("M", args={"from": (number, i)}))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    return results


@pytest.mark.parametrize("kind", ["bare", "handler", "traced"])
def test_every_mutation_runs_once(kind: str) -> None:
    m = Machine({"M": State(multi=True)}, queue_limit=10**6)
    seen: Counter[tuple[int, int]] = Counter()
    counting = Counting()
    if kind != "bare":
        m.bind_handlers({"MState": lambda e: seen.update([e.args["from"]])})
    if kind == "traced":
        m.bind_tracer(counting)
    results = run(m, EACH)
    assert m.when_queue_ends().wait(30)
    total = THREADS * EACH
    assert m.tick("M") == 2 * total - 1
    assert m.queue_tick == total + 1
    assert m.queue_len == 0
    flat = [result for own in results for result in own]
    assert all(result.executed or result.queued for result in flat)
    ticks = [result.tick for result in flat if result.queued]
    assert len(set(ticks)) == len(ticks)
    if kind != "bare":
        assert len(seen) == total
        assert set(seen.values()) == {1}
    if kind == "traced":
        assert counting.count == total
        assert counting.ticks == list(range(2, total + 2)), "they run in the order of their ticks"


def test_results_of_queued_mutations_can_be_waited_for() -> None:
    m = Machine({"M": State(multi=True), "Slow": State()})
    inside, go_on = threading.Event(), threading.Event()

    def slow(event: Event) -> None:
        inside.set()
        go_on.wait(5)

    m.bind_handlers({"SlowState": slow})
    thread = threading.Thread(target=lambda: m.add("Slow"))
    thread.start()
    inside.wait(5)
    result = m.add("M")
    assert result.queued
    assert not m.when_queue(result.tick).done
    go_on.set()
    assert m.when_queue(result.tick).wait(5)
    assert m.is_("M")
    thread.join()


def test_machines_that_mutate_each_other_do_not_deadlock() -> None:
    a = Machine({"M": State(multi=True)}, queue_limit=10**6)
    b = Machine({"M": State(multi=True)}, queue_limit=10**6)
    a.bind_handlers({"MState": lambda e: b.add("M", args={}) if e.args else None})
    b.bind_handlers({"MState": lambda e: a.add("M", args={}) if e.args else None})

    def work(m: Machine) -> None:
        for i in range(1000):
            m.add("M", args={"i": i})

    threads = [threading.Thread(target=work, args=(m,)) for m in (a, b, a, b)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    assert a.when_queue_ends().wait(5)
    assert b.when_queue_ends().wait(5)
    for m in (a, b):
        assert 4000 <= m.tick("M") + 1 <= 8000


def test_clocks_read_elsewhere_are_whole() -> None:
    m = Machine({"A": State(remove="B"), "B": State(remove="A")})
    m.add("A")
    stop = threading.Event()
    torn: list[tuple[int, ...]] = []

    def read() -> None:
        while not stop.is_set():
            a, b, _exception = m.time()
            if (a + b) % 2 != 1:
                torn.append((a, b))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(5000):
        m.add("B")
        m.add("A")
    stop.set()
    reader.join()
    assert torn == []
