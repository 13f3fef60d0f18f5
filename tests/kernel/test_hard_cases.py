"""Hard cases: callbacks that mutate, loops that end, handlers of odd kinds, wrong input."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable
from typing import Any

import anyio
import anyio.lowlevel
import pytest
import trio
import trio.lowlevel

from asyncmachine import (
    BindingError,
    Event,
    Machine,
    MachineError,
    SchemaError,
    State,
    StateError,
    Subscription,
)
from tests.kernel.support import until, until_async


@pytest.fixture
def m() -> Machine:
    return Machine({"A": State(), "B": State(), "M": State(multi=True)}, id="m")


def test_a_callback_may_mutate_wait_and_cancel(m: Machine) -> None:
    first, second = m.when("A"), m.when("A")
    seen: list[str] = []

    def told() -> None:
        m.add("B")
        second.cancel()
        m.when("B").on_done(lambda: seen.append("B"))

    first.on_done(told)
    assert m.add("A").executed
    assert second.done
    assert seen == ["B"]
    assert len(m._waiting()) == 0


def test_a_handler_does_not_wait_for_itself(m: Machine) -> None:
    """Without a timeout that would be for ever; with one, time is up."""
    outcomes: list[object] = []

    def hopeful(event: Event) -> None:
        m.add("B")
        outcomes.append(m.when("B").wait(0.001))
        m.when("B").wait()

    m.bind_handlers({"AState": hopeful})
    assert m.add("A").canceled
    assert outcomes == [False]
    assert "can't wait for its own machine" in str(m.err)
    assert m.is_("B")


def test_another_thread_waits_for_a_handler_of_it(m: Machine) -> None:
    m.bind_handlers({"AState": lambda e: m.go(lambda: m.when("B").wait() and m.add("M"))})
    m.add("A")
    m.add("B")
    assert m.when("M").wait(5)


def test_an_async_handler_awaits_its_own_machine(m: Machine) -> None:
    got: list[bool] = []

    async def a_state(event: Event) -> None:
        assert event.machine.add("B")
        got.append(await event.machine.when("B"))

    m.bind_handlers({"AState": a_state})
    m.add("A")
    until(lambda: got == [True])


async def endless(log: list[str], event: Event) -> None:
    log.append("start")
    try:
        await anyio.sleep(60)
    finally:
        log.append("end")


def test_an_async_handler_that_removes_its_state_is_cancelled_where_it_awaits(m: Machine) -> None:
    log: list[str] = []

    async def a_state(event: Event) -> None:
        event.machine.remove("A")
        log.append("goes on")
        await anyio.sleep(60)
        log.append("never")

    m.bind_handlers({"AState": a_state})

    async def main() -> None:
        m.add("A")
        await until_async(lambda: m.not_("A") and len(asyncio.all_tasks()) == 1)

    asyncio.run(main())
    assert log == ["goes on"]
    assert m.err is None


@pytest.mark.parametrize("runner", [asyncio.run, "trio"])
def test_a_loop_ends_with_a_handler_in_it(m: Machine, runner: Any) -> None:
    log: list[str] = []
    m.bind_handlers({"AState": functools.partial(endless, log)})

    async def main() -> None:
        m.add("A")
        while not log:
            await anyio.lowlevel.checkpoint()

    trio.run(main) if runner == "trio" else runner(main())
    assert log == ["start", "end"]
    assert m.is_("A"), "the loop is gone, the state isn't"
    assert m.remove("A").executed
    assert m.err is None


def test_a_re_entry_under_trio(m: Machine) -> None:
    log: list[str] = []
    m.bind_handlers({"MState": functools.partial(endless, log)})

    async def main() -> None:
        with trio.fail_after(5):
            m.add("M")
            while log != ["start"]:
                await trio.lowlevel.checkpoint()
            m.add("M")
            while sorted(log) != ["end", "start", "start"]:
                await trio.lowlevel.checkpoint()
            m.remove("M")
            while sorted(log) != ["end", "end", "start", "start"]:
                await trio.lowlevel.checkpoint()

    trio.run(main)


def test_disposal_within_an_async_handler(m: Machine) -> None:
    log: list[str] = []

    async def a_state(event: Event) -> None:
        event.machine.dispose()
        await endless(log, event)

    m.bind_handlers({"AState": a_state})

    async def main() -> None:
        m.add("A")
        assert await m.when_disposed()
        await until_async(lambda: len(asyncio.all_tasks()) == 1)

    asyncio.run(main())
    assert m.disposed
    assert log == ["start", "end"]


def test_errors_of_task_groups(m: Machine) -> None:
    async def bad() -> None:
        raise ValueError("in the group")

    async def a_state(event: Event) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(bad())

    m.bind_handlers({"AState": a_state})
    m.add("A")
    assert m.when_err().wait(5)
    assert isinstance(m.err, ExceptionGroup)


def test_gather_and_wait_for(m: Machine) -> None:
    async def wait_for(state: str) -> bool:
        return await m.when(state)

    async def main() -> tuple[bool, bool]:
        both = asyncio.gather(wait_for("A"), wait_for("B"))
        await asyncio.sleep(0)
        m.add("A")
        m.add("B")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(wait_for("M"), 0.001)
        return await both

    assert list(asyncio.run(main())) == [True, True]
    assert len(m._waiting()) == 0


def test_many_tasks_await_one_wait(m: Machine) -> None:
    wait = m.when("A")

    async def one() -> bool:
        return await wait

    async def main() -> list[bool]:
        tasks = [asyncio.create_task(one()) for _ in range(100)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        await asyncio.sleep(0)
        assert not wait.done, "one that gives up leaves the others waiting"
        m.add("A")
        return await asyncio.gather(*tasks[1:])

    assert all(asyncio.run(main()))


class Called:
    def __init__(self, log: list[str]) -> None:
        self.log = log

    async def __call__(self, event: Event) -> None:
        self.log.append(event.name)


def test_callable_objects_and_partials_may_be_async(m: Machine) -> None:
    log: list[str] = []

    async def named(log: list[str], event: Event) -> None:
        log.append(event.name)

    m.bind_handlers({"AState": Called(log), "BState": functools.partial(named, log)})
    m.add("A", "B")
    until(lambda: sorted(log) == ["AState", "BState"])
    with pytest.raises(BindingError, match="can't be async"):
        m.bind_handlers({"AEnter": Called(log)})


@pytest.mark.parametrize("name", ["AState", "AEnter"])
@pytest.mark.parametrize("timeout", [None, 5])
def test_a_plain_handler_that_answers_with_a_coroutine_is_wrong(
    name: str, timeout: float | None
) -> None:
    m = Machine({"A": State()}, handler_timeout=timeout)
    m.bind_handlers({name: lambda e: Called([])(e)})
    assert m.add("A").canceled
    assert "make it an async def" in str(m.err)


def test_disposal_while_threads_mutate_and_dispose() -> None:
    for _ in range(20):
        m = Machine({"A": State(), "B": State(remove="A"), "Start": State()})
        m.add("Start")
        waits: list[Subscription] = [m.when_err() for _ in range(5)]

        def mutate(m: Machine = m) -> None:
            for _ in range(200):
                m.add("A")
                m.add("B")

        threads = [threading.Thread(target=work) for work in (mutate, mutate, m.dispose, m.dispose)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive()
        assert m.when_disposed().wait(5)
        assert all(wait.done for wait in waits)
        assert m.add("A").canceled


def test_machines_that_answer_each_other_need_no_stack() -> None:
    one, other = Machine({"X": State(multi=True)}), Machine({"X": State(multi=True)})
    rounds = 0

    def answer(peer: Machine) -> Callable[[Event], None]:
        def handler(event: Event) -> None:
            nonlocal rounds
            rounds += 1
            if rounds < 20_000:
                peer.add("X")

        return handler

    one.bind_handlers({"XState": answer(other)})
    other.bind_handlers({"XState": answer(one)})
    one.add("X")
    assert rounds == 20_000
    assert one.err is None
    assert other.err is None


def test_system_exit_reaches_the_caller(m: Machine) -> None:
    def leave(event: Event) -> None:
        raise SystemExit(3)

    m.bind_handlers({"AState": leave})
    with pytest.raises(SystemExit):
        m.add("A")
    assert m.transition is None
    assert m.add("B").executed


WRONG: list[tuple[Callable[[Machine], object], type[MachineError], str]] = [
    (lambda m: m.add(["A"]), StateError, "one by one"),  # type: ignore[arg-type]
    (lambda m: m.add(None), StateError, "None not defined"),  # type: ignore[arg-type]
    (lambda m: m.tick("a"), StateError, "did you mean 'A'"),
    (lambda m: m.when("Nowhere"), StateError, "Nowhere"),
    (lambda m: m.bind_handlers({"AStat": print}), BindingError, "did you mean 'AState'"),
    (lambda m: m.bind_handlers({3: print}), BindingError, "by name"),
    (lambda m: m.import_({"id": "m"}), SchemaError, "state_names time machine_tick missing"),
    (lambda m: Machine(3), SchemaError, "mapping or a Schema"),  # type: ignore[arg-type]
    (lambda m: Machine({"": State()}), SchemaError, "have names"),
    (lambda m: Machine({3: State()}), SchemaError, "have names"),  # type: ignore[dict-item]
    (lambda m: Machine({"A": {"auto": "false"}}), SchemaError, "auto is true or false"),
    (lambda m: Machine({"A": {"atuo": True}}), SchemaError, "did you mean 'auto'"),
]


@pytest.mark.parametrize(("call", "kind", "text"), WRONG, ids=[text for _, _, text in WRONG])
def test_wrong_input_is_named(
    m: Machine, call: Callable[[Machine], object], kind: type[MachineError], text: str
) -> None:
    with pytest.raises(kind, match=text):
        call(m)
