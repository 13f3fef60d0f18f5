"""Waiting: from threads, asyncio and trio, with callbacks; cancelled; and what is left behind."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
import trio

from asyncmachine import Machine, MachineError, State, Subscription
from tests.kernel.support import until


@pytest.fixture
def m() -> Machine:
    return Machine({"A": State(), "B": State(), "M": State(multi=True)}, id="m")


def pending(machine: Machine) -> int:
    return 0 if machine._subscriptions is None else len(machine._subscriptions)


def test_when_and_when_not(m: Machine) -> None:
    both, none = m.when("A", "B"), m.when_not("A", "B")
    assert none.matched
    assert not both.done
    m.add("A")
    assert not both.done
    m.add("B")
    assert both.matched
    gone = m.when_not("A")
    m.remove("A")
    assert gone.matched
    assert m.when().matched
    failed = m.when_err()
    assert pending(m) == 1
    m.add_err("x")
    assert failed.matched
    assert pending(m) == 0


def test_they_resolve_after_the_transition_has_ended(m: Machine) -> None:
    seen: list[bool] = []
    wait = m.when("A")
    m.bind_handlers({"AState": lambda e: seen.append(wait.done)})
    m.add("A")
    assert seen == [False]
    assert wait.done


def test_canceled_transitions_release_nobody(m: Machine) -> None:
    m.bind_handlers({"AEnter": lambda e: False})
    wait = m.when("A")
    m.add("A")
    assert not wait.done


def test_times(m: Machine) -> None:
    exact = m.when_time(["A", "M"], [1, 3])
    ticks, following = m.when_ticks("M", 3), m.when_next_active("M")
    m.add("M")
    assert following.matched
    again = m.when_next_active("M")
    m.add("M", "A")
    assert again.matched
    assert exact.matched
    assert ticks.matched
    assert m.when_time("A", 1).matched
    with pytest.raises(MachineError):
        m.when_time(["A"], [1, 2])


def test_query(m: Machine) -> None:
    wait = m.when_query(lambda clock: clock["A"] >= 2)
    m.add("A")
    assert not wait.done
    m.remove("A")
    assert wait.matched
    failing = m.when_query(lambda clock: clock["Nowhere"] > 0)
    m.add("A")
    assert failing.done
    assert not failing.matched
    assert pending(m) == 0


def test_args_are_compared_exactly(m: Machine) -> None:
    """Quirk: the original shares a waiter whose arguments are a superset, so it waits for more."""
    two, one = m.when_args("A", {"x": 1, "y": 2}), m.when_args("A", {"x": 1})
    m.add("A", args={"x": 1, "z": 3})
    assert one.matched
    assert not two.done
    m.remove("A")
    m.add("A", args={"x": 1, "y": 2})
    assert two.matched


def test_args_match_right_after_the_states_handlers(m: Machine) -> None:
    order: list[str] = []
    m.when_args("A", {"x": 1}).on_done(lambda: order.append("args"))
    m.bind_handlers({name: lambda e: order.append(e.name) for name in ("AState", "BState")})
    m.add("A", "B", args={"x": 1})
    assert order == ["AState", "args", "BState"]


def test_queue(m: Machine) -> None:
    waits: list[Subscription] = []
    ends: list[Subscription] = []

    def nested(event: object) -> None:
        result = m.add("B")
        waits.append(m.when_queue(result.tick))
        ends.append(m.when_queue_ends())

    m.bind_handlers({"AState": nested, "BEnter": lambda e: False})
    m.add("A")
    assert waits[0].matched, "a canceled mutation wakes it too"
    assert ends[0].matched
    assert m.when_queue_ends().matched
    assert m.when_queue(1).matched
    assert pending(m) == 0


def test_cancel(m: Machine) -> None:
    wait = m.when("A")
    called: list[bool] = []
    wait.on_done(lambda: called.append(wait.matched))
    assert pending(m) == 1
    wait.cancel()
    wait.cancel()
    assert called == [False]
    assert pending(m) == 0
    m.add("A")
    assert not wait.matched


def test_cancelling_one_leaves_the_others(m: Machine) -> None:
    """Quirk: the original may release a foreign waiter of a shared state."""
    first, second = m.when("A", "B"), m.when("A")
    first.cancel()
    m.add("A")
    assert second.matched


def test_wait_from_a_thread(m: Machine) -> None:
    wait = m.when("A")
    assert not wait.wait(0.01)
    thread = threading.Thread(target=lambda: m.add("A"))
    thread.start()
    assert wait.wait(5)
    thread.join()
    assert wait.wait()


def test_asyncio(m: Machine) -> None:
    async def main() -> bool:
        wait = m.when("A")
        threading.Timer(0.01, m.add, ["A"]).start()
        async with asyncio.timeout(5):
            return await wait

    assert asyncio.run(main())

    async def given_up() -> None:
        async with asyncio.timeout(0.01):
            await m.when("B")

    with pytest.raises(TimeoutError):
        asyncio.run(given_up())
    assert asyncio.run(_already(m))


async def _already(m: Machine) -> bool:
    return await m.when("A")


def test_trio(m: Machine) -> None:
    async def main() -> bool:
        wait = m.when("A")
        threading.Timer(0.01, m.add, ["A"]).start()
        with trio.fail_after(5):
            return await wait

    assert trio.run(main)

    async def given_up() -> None:
        with trio.fail_after(0.01):
            await m.when("B")

    with pytest.raises(trio.TooSlowError):
        trio.run(given_up)


def test_a_failing_callback_is_harmless(m: Machine, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise RuntimeError("callback")

    wait = m.when("A")
    wait.on_done(fail)
    other = m.when("A")
    assert m.add("A").executed
    assert other.matched
    assert "callback" in caplog.text


def test_contexts(m: Machine) -> None:
    over = m.new_state_ctx("A")
    assert not over.alive, "quirk: the original's lives until the next activation"
    m.add("A")
    ctx = m.new_state_ctx("A")
    assert ctx is m.new_state_ctx("A")
    assert ctx.alive
    assert (ctx.machine_id, ctx.state, ctx.tick) == ("m", "A", 1)
    m.add("A")
    assert ctx.alive
    order: list[bool] = []
    m.bind_handlers({"AEnd": lambda e: order.append(ctx.alive)})
    m.remove("A")
    assert order == [False]
    m.add("M")
    multi = m.new_state_ctx("M")
    m.add("M")
    assert not multi.alive, "a re-entry is a new activation"
    assert pending(m) == 0


def test_a_context_ends_a_wait(m: Machine) -> None:
    m.add("A")
    wait = m.when("B", ctx=m.new_state_ctx("A"))
    m.remove("A")
    assert wait.done
    assert not wait.matched
    assert pending(m) == 0
    m.add("A")
    ctx = m.new_state_ctx("A")
    met = m.when("B", ctx=ctx)
    m.add("B")
    assert met.matched
    assert not ctx._callbacks


def test_waiting_costs_only_its_own_states(m: Machine) -> None:
    waits = [m.when("B") for _ in range(2000)]
    start = time.perf_counter()
    for _ in range(500):
        m.add("A")
        m.remove("A")
    assert time.perf_counter() - start < 2
    m.add("B")
    assert all(wait.matched for wait in waits)


def test_registering_while_another_thread_mutates(m: Machine) -> None:
    stop = threading.Event()

    def toggle() -> None:
        while not stop.is_set():
            m.add("A")
            m.remove("A")

    thread = threading.Thread(target=toggle)
    thread.start()
    try:
        for _ in range(100):
            assert m.when("A").wait(5)
            assert m.when_not("A").wait(5)
    finally:
        stop.set()
        thread.join()
    until(lambda: pending(m) == 0)
