"""One wait: awaited, waited for from a thread, or given a callback; and an activation's context.

A subscription resolves once: *matched*, or not when it was cancelled or the machine was disposed.
One that nobody holds and that has no callbacks can't be asked any more, so it is forgotten: an
``await`` that ran into a timeout leaves nothing behind.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import Any, Protocol, TypeVar

from asyncmachine.core import LOGGER
from asyncmachine.errors import MachineError

_guard = threading.Lock()

Callback = Callable[[], Any]
T = TypeVar("T")


def taken(items: deque[T]) -> Iterator[T]:
    """Takes items off the front until none is left, whoever else is taking them meanwhile."""
    while True:
        try:
            item = items.popleft()
        except IndexError:
            return
        yield item


def after_fork() -> None:
    """In a forked child: whoever held the lock isn't there."""
    global _guard
    _guard = threading.Lock()


class Registered(Protocol):
    """What a pending subscription is registered as, wherever that is."""

    def forget(self) -> None:
        """The subscription was cancelled."""

    def keep(self, subscription: Subscription | None) -> None:
        """It has callbacks, so it must live even if nobody holds it; None: it has none left."""

    def dropped(self) -> None:
        """Nobody can ask it any more. Called by the garbage collector: must take no lock."""

    def stuck(self) -> bool:
        """Whether this thread would wait for itself."""


class Subscription:
    """A wait for one event. ``done`` once resolved; ``matched`` says whether it came to pass."""

    __slots__ = ("__weakref__", "_callbacks", "_registered", "done", "matched")

    def __init__(self) -> None:
        self.done = False
        self.matched = False
        self._callbacks: list[Callback] | None = None
        self._registered: Registered | None = None

    def __bool__(self) -> bool:
        return self.done

    def __del__(self) -> None:
        if self._registered is not None:
            self._registered.dropped()

    def cancel(self) -> None:
        """Stop waiting. Waiters are released, with ``matched`` false."""
        if not self.done:
            registered = self._registered
            if registered is not None:
                registered.forget()
            self._resolve(matched=False)

    def on_done(self, callback: Callback) -> None:
        """Call ``callback`` when resolved, on the resolving thread; at once if it is already."""
        with _guard:
            if not self.done:
                if self._callbacks is None:
                    self._callbacks = []
                    if self._registered is not None:
                        self._registered.keep(self)
                self._callbacks.append(callback)
                return
        callback()

    def remove_callback(self, callback: Callback) -> None:
        """Take a callback back; nothing happens if it isn't there."""
        with _guard:
            if self._callbacks is not None and callback in self._callbacks:
                self._callbacks.remove(callback)
                if not self._callbacks:
                    self._callbacks = None
                    if self._registered is not None:
                        self._registered.keep(None)

    def wait(self, timeout: float | None = None) -> bool:
        """Block this thread until resolved, at most ``timeout`` seconds. Whether it matched.

        A handler of the machine can't wait for ever: it would wait for itself. Raises MachineError
        then.
        """
        if not self.done:
            registered = self._registered
            if timeout is None and registered is not None and registered.stuck():
                raise MachineError("a handler can't wait for its own machine")
            event = threading.Event()
            self.on_done(event.set)
            try:
                event.wait(timeout)
            finally:
                self.remove_callback(event.set)
        return self.matched

    def __await__(self) -> Generator[Any, Any, bool]:
        if not self.done:
            trio = sys.modules.get("trio")
            token = _trio_token(trio) if trio is not None else None
            if trio is not None and token is not None:
                yield from self._wait_trio(trio, token)
            else:
                yield from self._wait_asyncio()
        return self.matched

    def _wait_trio(self, trio: Any, token: Any) -> Generator[Any, Any, None]:
        event = trio.Event()

        def wake() -> None:
            try:
                token.run_sync_soon(event.set)
            except trio.RunFinishedError:
                return

        self.on_done(wake)
        try:
            yield from event.wait().__await__()
        finally:
            self.remove_callback(wake)

    def _wait_asyncio(self) -> Generator[Any, Any, None]:
        import asyncio

        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()

        def settle() -> None:
            if not future.done():
                future.set_result(None)

        def wake() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle)

        self.on_done(wake)
        try:
            yield from future
        finally:
            self.remove_callback(wake)

    def _resolve(self, matched: bool = True) -> None:
        with _guard:
            if self.done:
                return
            self.matched = matched
            self.done = True
            callbacks, self._callbacks = self._callbacks, None
            registered, self._registered = self._registered, None
        if registered is not None:
            registered.keep(None)
        for callback in callbacks or ():
            try:
                callback()
            except Exception as error:
                LOGGER.error("callback %r of a subscription failed", callback, exc_info=error)


def _trio_token(trio: Any) -> Any:
    try:
        return trio.lowlevel.current_trio_token()
    except RuntimeError:
        return None


class StateContext(Subscription):
    """Lives as long as one activation of a state; ``done`` when that has ended.

    state: its name. tick: its tick when the context was made.
    """

    __slots__ = ("machine_id", "state", "tick")

    def __init__(self, machine_id: str, state: str, tick: int) -> None:
        super().__init__()
        self.machine_id = machine_id
        self.state = state
        self.tick = tick

    @property
    def alive(self) -> bool:
        """Whether the activation goes on."""
        return not self.done

    def __repr__(self) -> str:
        return f"<StateContext {self.machine_id}/{self.state}:{self.tick} alive={self.alive}>"
