"""Async handlers: tasks that live as long as the activation they were started for.

A task runs in the event loop of the thread that drains (asyncio or trio), or, when there is none,
in one daemon thread per process. It ends with its state's activation; what it raises becomes an
error of the machine.
"""

from __future__ import annotations

import atexit
import sys
import threading
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from asyncmachine.errors import MachineError
from asyncmachine.handlers import ANY_STATE, Handler, Slot
from asyncmachine.transition import current_event

if TYPE_CHECKING:
    from asyncmachine.machine import Machine
    from asyncmachine.transition import Event

Cancel = Callable[[], None]

detached: ContextVar[Event | None] = ContextVar("asyncmachine_detached", default=None)
"""The event whose async handler this task is: it is no part of the transition any more."""

_loop_lock = threading.Lock()
_own_loop: _OwnLoop | None = None


def refuse_coroutine(value: object, name: str) -> None:
    """Raise MachineError when a plain handler has answered with a coroutine that nobody awaits."""
    if type(value) is CoroutineType:
        value.close()
        raise MachineError(f"handler {name} returned a coroutine: make it an async def")


def start_async(machine: Machine, event: Event, slot: Slot, handler: Handler) -> None:
    """Start ``handler`` as a task of the state's activation (FooEnd: until Foo comes back)."""
    state = -1 if slot.kind == ANY_STATE else slot.state
    scope = machine._waiting().scope(state)
    done = False

    async def run() -> None:
        nonlocal done
        detached.set(event)
        current_event.set(event)  # system tasks and our own loop have a context of their own
        try:
            if not scope.done:
                await handler(event)
        except Exception as error:
            machine._report(error)
        finally:
            done = True
            if cancel is not None:
                scope.remove_callback(cancel)

    cancel: Cancel | None = None
    cancel = _spawn(run)
    if not done:
        scope.on_done(cancel)


def _spawn(run: Callable[[], Coroutine[Any, Any, None]]) -> Cancel:
    """Run a coroutine in the current event loop, else in our own; returns how to cancel it."""
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
    return _the_own_loop().spawn(run)


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


class _OwnLoop:
    """The process's own event loop, in a daemon thread; it ends with the process."""

    def __init__(self) -> None:
        import asyncio

        self._asyncio = asyncio
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="asyncmachine-async", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def _run(self) -> None:
        self._loop.run_forever()
        tasks = self._asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self._loop.run_until_complete(self._asyncio.wait(tasks, timeout=1))
        self._loop.close()

    def spawn(self, run: Callable[[], Coroutine[Any, Any, None]]) -> Cancel:
        """Run a coroutine on the loop; returns how to cancel it."""
        future = self._asyncio.run_coroutine_threadsafe(run(), self._loop)

        def cancel() -> None:
            future.cancel()

        return cancel

    def close(self) -> None:
        """At exit: cancel what still runs, and let it clean up for at most a second."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(2)


def _the_own_loop() -> _OwnLoop:
    global _own_loop
    with _loop_lock:
        if _own_loop is None:
            _own_loop = _OwnLoop()
        return _own_loop


def after_fork() -> None:
    """A forked child has none of its parent's threads."""
    global _own_loop, _loop_lock
    _loop_lock = threading.Lock()
    if _own_loop is not None:
        atexit.unregister(_own_loop.close)
        _own_loop = None
