"""Async handlers live as long as the activation; their errors become the machine's."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import anyio
import anyio.lowlevel
import trio

from asyncmachine import Event, Machine, State, current_event
from tests.kernel.support import until


class Worker:
    def __init__(self) -> None:
        self.log: list[str] = []
        self.threads: set[str] = set()

    async def BusyState(self, event: Event) -> None:  # noqa: N802
        self.threads.add(threading.current_thread().name)
        self.log.append("start")
        try:
            await anyio.sleep(30)
        except BaseException:
            self.log.append("cancelled")
            raise

    async def FailState(self, event: Event) -> None:  # noqa: N802
        await anyio.lowlevel.checkpoint()
        raise ValueError("async boom")

    async def DoneState(self, event: Event) -> None:  # noqa: N802
        await anyio.lowlevel.checkpoint()
        assert current_event.get() is event
        event.machine.add("Next")


def machine() -> tuple[Machine, Worker]:
    worker = Worker()
    schema = {name: State() for name in ("Busy", "Fail", "Done", "Next")}
    m = Machine({**schema, "Multi": State(multi=True)}, id="m")
    m.bind_handlers(worker)
    return m, worker


async def life(m: Machine, worker: Worker) -> None:
    m.add("Busy")
    await anyio.sleep(0.01)
    assert worker.log == ["start"]
    m.remove("Busy")
    await anyio.sleep(0.01)
    assert worker.log == ["start", "cancelled"]
    wait = m.when("Next")
    m.add("Done")
    with anyio.fail_after(5):
        assert await wait
    m.add("Fail")
    with anyio.fail_after(5):
        await m.when_err()
    assert str(m.err) == "async boom"
    assert m.err is not None
    assert m.err.__traceback__ is not None


def test_asyncio() -> None:
    m, worker = machine()

    async def main() -> None:
        await life(m, worker)
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == 1, "no orphan task"

    asyncio.run(main())
    assert m._subscriptions is not None
    assert len(m._subscriptions) in (1, 2)  # contexts of Done and Fail, which are still active


def test_trio() -> None:
    m, worker = machine()
    trio.run(life, m, worker)


def test_without_a_loop_a_portal_serves() -> None:
    m, worker = machine()
    m.add("Busy")
    until(lambda: worker.log == ["start"])
    assert worker.threads != {threading.current_thread().name}
    m.remove("Busy")
    until(lambda: worker.log == ["start", "cancelled"])
    wait = m.when("Next")
    m.add("Done")
    assert wait.wait(5)
    m.add("Fail")
    assert m.when_err().wait(5)


def test_a_re_entry_ends_the_task() -> None:
    log: list[str] = []

    async def multi(event: Event) -> None:
        log.append(f"start {event.args['n']}")
        try:
            await anyio.sleep(30)
        finally:
            log.append(f"end {event.args['n']}")

    m, _worker = machine()
    m.bind_handlers({"MultiState": multi})
    m.add("Multi", args={"n": 1})
    until(lambda: log == ["start 1"])
    m.add("Multi", args={"n": 2})
    until(lambda: sorted(log) == ["end 1", "start 1", "start 2"])
    m.dispose()
    until(lambda: "end 2" in log)


def test_a_state_that_is_taken_back_ends_its_task() -> None:
    log: list[str] = []

    async def a_state(event: Event) -> None:
        log.append("start")
        try:
            await anyio.sleep(30)
        finally:
            log.append("end")

    def b_state(event: Event) -> None:
        until(lambda: log == ["start"])
        raise ValueError("boom")

    m = Machine({"B": State(), "A": State()})
    m.bind_handlers({"AState": a_state, "BState": b_state})
    m.add("A", "B")
    assert m.is_("A")
    assert log == ["start"], "A came before B and stays"
    m.remove("A")
    until(lambda: log == ["start", "end"])


def test_end_and_any_handlers_may_be_async() -> None:
    log: list[str] = []

    async def told(event: Event) -> None:
        log.append(event.name)

    m = Machine({"A": State()})
    m.bind_handlers({"AEnd": told, "AnyState": told})
    m.add("A")
    m.remove("A")
    until(lambda: sorted(log) == ["AEnd", "AnyState", "AnyState"])


def test_finished_tasks_leave_no_callbacks() -> None:
    done: list[int] = []

    async def quick(event: Event) -> None:
        done.append(1)

    m = Machine({"M": State(multi=True), "A": State()})
    m.bind_handlers({"AState": quick})
    m.add("A")
    until(lambda: done == [1])
    scopes: dict[int, Any] = m._waiting()._scopes
    until(lambda: all(not scope._callbacks for scope in scopes.values()))
