"""What is left after 100,000 waits of every kind, however they end: nothing."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
from collections.abc import Callable

import anyio
import pytest
import trio

from asyncmachine import Machine, State, Subscription
from asyncmachine.subscriptions import Waiter

MANY = 100_000


@pytest.fixture
def m() -> Machine:
    return Machine({"A": State(), "B": State(), "M": State(multi=True)}, id="m")


def left(machine: Machine) -> int:
    return 0 if machine._subscriptions is None else len(machine._subscriptions)


def nothing_left(machine: Machine) -> None:
    assert left(machine) == 0
    waits = machine._waiting()
    assert not waits._by_state
    assert not waits._args
    gc.collect()
    found = [o for o in gc.get_objects() if type(o) is Waiter and o.owner is waits]
    assert found == []
    assert machine._plain, "with nobody waiting the machine is as fast as before"


KINDS: dict[str, Callable[[Machine, int], Subscription]] = {
    "when": lambda m, i: m.when("B"),
    "when_not": lambda m, i: m.when_not("A"),
    "when_time": lambda m, i: m.when_time("B", m.tick("B") + 1),
    "when_ticks": lambda m, i: m.when_ticks("B", 1),
    "when_next_active": lambda m, i: m.when_next_active("B"),
    "when_query": lambda m, i: m.when_query(lambda clock: clock["B"] % 2 == 1),
    "when_args": lambda m, i: m.when_args("B", {"i": i}),
    "when_queue": lambda m, i: m.when_queue(m.queue_tick + 1),
    "when_err": lambda m, i: m.when_err(),
}


def test_met(m: Machine) -> None:
    kinds = list(KINDS.values())
    for i in range(MANY // (3 * len(kinds))):
        m.set("A")
        waits = [wait(m, i) for wait in kinds for _ in range(3)]
        assert not any(wait.done for wait in waits)
        m.set("B", "Exception", args={"i": i})
        assert all(wait.matched for wait in waits)
    del waits
    nothing_left(m)


@pytest.mark.parametrize("kind", KINDS)
def test_cancelled(m: Machine, kind: str) -> None:
    m.add("A")
    for i in range(MANY // len(KINDS)):
        wait = KINDS[kind](m, i)
        wait.cancel()
        assert wait.done
        assert not wait.matched
    del wait
    nothing_left(m)


@pytest.mark.parametrize("kind", KINDS)
def test_forgotten_by_their_owner(m: Machine, kind: str) -> None:
    m.add("A")
    for i in range(MANY // len(KINDS)):
        KINDS[kind](m, i)
        assert len(m._waiting().dropped) <= 1
    nothing_left(m)


def test_a_wait_with_a_callback_lives_though_nobody_holds_it(m: Machine) -> None:
    seen: list[str] = []
    m.when("A").on_done(lambda: seen.append("A"))
    gc.collect()
    m.add("A")
    assert seen == ["A"]
    nothing_left(m)


def test_thread_timeouts(m: Machine) -> None:
    for _ in range(1000):
        assert not m.when("A").wait(0)
    nothing_left(m)


def test_a_wait_that_timed_out_can_go_on(m: Machine) -> None:
    wait = m.when("A")
    assert not wait.wait(0)
    gc.collect()
    assert left(m) == 1
    threading.Timer(0.01, m.add, ["A"]).start()
    assert wait.wait(5)


async def give_up(m: Machine, times: int) -> None:
    for _ in range(times):
        with anyio.move_on_after(0):
            await m.when("A")


def test_asyncio_timeouts(m: Machine) -> None:
    asyncio.run(give_up(m, 2000))
    nothing_left(m)


def test_trio_timeouts(m: Machine) -> None:
    trio.run(give_up, m, 2000)
    nothing_left(m)


def test_cancelled_tasks(m: Machine) -> None:
    async def main() -> None:
        async def one() -> None:
            await m.when("A")

        tasks = [asyncio.create_task(one()) for _ in range(1000)]
        await asyncio.sleep(0)
        assert left(m) == 1000
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    asyncio.run(main())
    nothing_left(m)


def test_bound_to_a_context(m: Machine) -> None:
    m.add("A")
    ctx = m.new_state_ctx("A")
    for _ in range(MANY // 4):
        m.when("B", ctx=ctx)
        m.when("B", ctx=ctx).cancel()
    assert left(m) == 1, "the context itself"
    assert not ctx._callbacks
    m.remove("A")
    del ctx
    nothing_left(m)


def test_a_loop_that_is_gone_hurts_nobody(m: Machine) -> None:
    """The event loop that awaited ends with the wait pending; the machine goes on."""
    coroutine = give_up_never(m)

    async def start() -> None:
        coroutine.send(None)

    asyncio.run(start())
    assert left(m) == 1
    assert m.add("A").executed
    coroutine.close()
    nothing_left(m)


async def give_up_never(m: Machine) -> None:
    await m.when("A")


def test_contexts(m: Machine) -> None:
    for _ in range(MANY // 4):
        m.add("M")
        first, again = m.new_state_ctx("M"), m.new_state_ctx("M")
        assert first is again
    m.remove("M")
    del first, again
    nothing_left(m)


def test_after_disposal_everybody_is_released(m: Machine) -> None:
    m.add("A")
    waits = [make(m, 0) for make in KINDS.values()]
    ends: list[Subscription] = []

    def end(event: object) -> None:
        ends.append(m.when_queue_ends())
        m.dispose_force()

    m.bind_handlers({"MState": end})
    m.add("M")
    assert all(wait.done and not wait.matched for wait in (*waits, *ends))
    late = [make(m, 0) for name, make in KINDS.items() if name != "when_queue"]
    assert all(wait.done and not wait.matched for wait in late)
    assert m.when_queue_ends().done
