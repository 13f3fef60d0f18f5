"""The end of a machine, its children's part in it, and what a missed deadline leaves behind."""

from __future__ import annotations

import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from asyncmachine.core import LOGGER
from asyncmachine.errors import HandlerTimeoutError
from asyncmachine.pipe_ends import drop_pipes
from asyncmachine.queue import Mutations
from asyncmachine.semlog import OPS
from asyncmachine.states import DISPOSING, START
from asyncmachine.subscription import Subscription

if TYPE_CHECKING:
    from asyncmachine.machine import Machine


class Disposal(Mutations):
    """Disposing, once and for all."""

    def _init_disposal(self) -> None:
        self._when_disposed = Subscription()
        self._dispose_callbacks: list[Callable[[str], Any]] = []
        self._children: weakref.WeakSet[Machine] = weakref.WeakSet()
        self._late: deque[HandlerTimeoutError] = deque(maxlen=10)

    @property
    def disposed(self) -> bool:
        """Whether the machine is gone."""
        return self._disposed

    @property
    def children(self) -> tuple[Machine, ...]:
        """Machines made with this one as parent that still exist."""
        return tuple(self._children)

    @property
    def late_handlers(self) -> tuple[HandlerTimeoutError, ...]:
        """The last 10 handlers that ran into ``handler_timeout``."""
        return tuple(self._late)

    def dispose(self) -> Subscription:
        """End the machine: remove ``Start``, let the queue finish, release everybody who waits.

        Returns what ``when_disposed`` does. Within a handler, or while another thread drains, it
        happens when the queue ends. Afterwards mutations are canceled and nothing is active.
        """
        with self._lock:
            if self._disposing or self._dispose_asked:
                return self._when_disposed
            self._dispose_asked = True
        if self._self.is_(START):
            self.remove(START)
        with self._lock:
            busy = self._draining
        if not busy:
            self.dispose_force()
        return self._when_disposed

    def dispose_force(self) -> None:
        """End the machine now, whatever it is doing; what waits in the queue is lost."""
        with self._lock:
            if self._disposing:
                return
            self._disposing = True
            self._set_plain()
            self._clear_queue()
        self._log(OPS, "dispose", "graceful shutdown via Dispose()")
        self._fire(self._hooks.machine_dispose, self.id)
        with self._lock:
            self._disposed = True
            self._bindings = ()
            self._handlers_changed()
        if self._subscriptions is not None:
            self._subscriptions.close()
        if self._thread is not None:
            self._thread.leave()
        drop_pipes(self._self)
        for child in self.children:
            child._parent_ended()
        for callback in self._dispose_callbacks:
            try:
                callback(self.id)
            except Exception as error:
                LOGGER.error("[%s] dispose callback failed", self.id[:5], exc_info=error)
        self._when_disposed._resolve()

    def on_dispose(self, callback: Callable[[str], Any]) -> None:
        """Call ``callback(machine id)`` at the end of disposal."""
        self._dispose_callbacks.append(callback)

    def _parent_ended(self) -> None:
        """Add ``Disposing`` if the schema has it (its handlers decide), else dispose."""
        if DISPOSING in self._index:
            self.add(DISPOSING)
        else:
            self.dispose()

    def _drained(self) -> None:
        if self._dispose_asked and not self._disposing:
            self.dispose_force()

    def _after_deadline(self, name: str) -> None:
        """A handler was left behind: drop the queue, add one error, refuse the rest for a while."""
        thread = self._thread
        assert thread is not None
        with self._lock:
            lost = self._pending
            self._clear_queue()
            # Ticks handed out are never used again, and whoever waits for one is released.
            self.queue_tick += lost
            self.add_err(HandlerTimeoutError(f"{name} missed its deadline"))
            self._backoff_until = time.monotonic() + thread.backoff
            self._set_plain()
        if self._subscriptions is not None:
            self._subscriptions.queue_moved(self.queue_tick)
