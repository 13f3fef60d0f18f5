"""Async handlers: tasks that live as long as the activation they were started for.

A task runs in the event loop of the thread that drains (asyncio or trio), or, when there is none,
in one daemon portal per process. It ends with its state's activation; what it raises becomes an
error of the machine.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from asyncmachine.handlers import ANY_STATE, Handler, Slot

if TYPE_CHECKING:
    from asyncmachine.machine import Machine
    from asyncmachine.transition import Event

Cancel = Callable[[], None]

_portal_lock = threading.Lock()
_portal: Any = None


def start_async(machine: Machine, event: Event, slot: Slot, handler: Handler) -> None:
    """Start ``handler`` as a task of the state's activation (FooEnd: until Foo comes back)."""
    state = -1 if slot.kind == ANY_STATE else slot.state
    scope = machine._waiting().scope(state)
    done = False

    async def run() -> None:
        nonlocal done
        try:
            if not scope.done:
                await handler(event)
        except Exception as error:
            machine.add_err(error)
        finally:
            done = True
            if cancel is not None:
                scope.remove_callback(cancel)

    cancel: Cancel | None = None
    cancel = _spawn(run)
    if not done:
        scope.on_done(cancel)


def _spawn(run: Callable[[], Coroutine[Any, Any, None]]) -> Cancel:
    """Run a coroutine in the current event loop, else in the portal; returns how to cancel it."""
    trio = sys.modules.get("trio")
    if trio is not None:
        try:
            token = trio.lowlevel.current_trio_token()
        except RuntimeError:
            token = None
        if token is not None:
            return _spawn_trio(trio, token, run)
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        if loop is not None:
            return _spawn_asyncio(loop, run)
    future = _the_portal().start_task_soon(run)

    def cancel() -> None:
        future.cancel()

    return cancel


def _spawn_trio(trio: Any, token: Any, run: Callable[[], Coroutine[Any, Any, None]]) -> Cancel:
    scope = trio.CancelScope()

    async def scoped() -> None:
        with scope:
            await run()

    trio.lowlevel.spawn_system_task(scoped)

    def cancel() -> None:
        try:
            token.run_sync_soon(scope.cancel)
        except trio.RunFinishedError:
            return

    return cancel


def _spawn_asyncio(loop: Any, run: Callable[[], Coroutine[Any, Any, None]]) -> Cancel:
    task = loop.create_task(run())
    _running.add(task)
    task.add_done_callback(_running.discard)

    def cancel() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)

    return cancel


_running: set[Any] = set()
"""Tasks in progress: event loops hold them weakly."""


def _the_portal() -> Any:
    """The process's own event loop, in a daemon thread, started when first needed."""
    global _portal
    with _portal_lock:
        if _portal is None:
            from anyio.from_thread import start_blocking_portal

            manager = start_blocking_portal(name="asyncmachine-async")
            _portal = manager.__enter__()
        return _portal
