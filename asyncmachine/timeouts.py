"""Handler timeouts: one watchdog for all machines, and the thread that allows a deadline."""

from __future__ import annotations

import contextvars
import heapq
import itertools
import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from asyncmachine.errors import HandlerTimeoutError
from asyncmachine.handlers import Handler, Slot
from asyncmachine.semlog import DECISIONS, EVERYTHING, OPS, LogRecord

if TYPE_CHECKING:
    from asyncmachine.machine import Machine
    from asyncmachine.transition import Event, Transition


class Watch:
    """One handler being watched until ``due``, on the monotonic clock in seconds."""

    __slots__ = ("_lock", "_notice", "_noticed", "due", "finished")

    def __init__(self, due: float, lock: threading.Lock, notice: Callable[[], None]) -> None:
        self.due = due
        self.finished = False
        self._lock = lock
        self._notice = notice
        self._noticed = False

    def notice(self) -> None:
        """Tell once that it is late."""
        with self._lock:
            noticed, self._noticed = self._noticed, True
        if not noticed:
            self._notice()

    def finish(self) -> bool:
        """The handler has returned: whether it was late, noticed meanwhile or not."""
        self.finished = True
        late = time.monotonic() > self.due
        if late:
            self.notice()
        return late


class Watchdog:
    """One daemon thread that notices late handlers of all machines while they run."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._notice_lock = threading.Lock()
        self._heap: list[tuple[float, int, Watch]] = []
        self._serial = itertools.count()
        self._thread: threading.Thread | None = None
        self._waking = float("inf")
        self._crowded = 256

    def watch(self, seconds: float, notice: Callable[[], None]) -> Watch:
        """Call ``notice`` on the watchdog's thread unless finished within ``seconds``."""
        due = time.monotonic() + seconds
        watch = Watch(due, self._notice_lock, notice)
        with self._condition:
            if len(self._heap) >= self._crowded:
                self._drop_finished()
            heapq.heappush(self._heap, (due, next(self._serial), watch))
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._loop, name="asyncmachine-watchdog", daemon=True
                )
                self._thread.start()
            elif due < self._waking:
                self._condition.notify()
        return watch

    def _drop_finished(self) -> None:
        """Quick handlers leave their entries behind until they are due: don't let them pile up."""
        self._heap = [entry for entry in self._heap if not entry[2].finished]
        heapq.heapify(self._heap)
        self._crowded = max(256, 2 * len(self._heap))

    def _loop(self) -> None:
        while True:
            with self._condition:
                while not self._heap or self._heap[0][0] > time.monotonic():
                    if self._heap and self._heap[0][2].finished:
                        heapq.heappop(self._heap)
                        continue
                    due = self._heap[0][0] if self._heap else None
                    self._waking = float("inf") if due is None else due
                    self._condition.wait(None if due is None else due - time.monotonic())
                watch = heapq.heappop(self._heap)[2]
            if not watch.finished:
                watch.notice()

    def after_fork(self) -> None:
        """A forked child has none of its parent's threads."""
        self.__init__()  # type: ignore[misc]


WATCHDOG = Watchdog()


class HandlerThread:
    """A thread that runs a machine's handlers, so that a stuck one can be left behind."""

    def __init__(self, deadline: float, backoff: float) -> None:
        self.deadline = deadline
        self.backoff = backoff
        self._work: queue.SimpleQueue[Callable[[], None] | None] | None = None

    def call(self, call: Callable[[], Any]) -> Outcome:
        """Start ``call`` on the thread; returns at once."""
        if self._work is None:
            self._work = queue.SimpleQueue()
            threading.Thread(
                target=self._loop, args=(self._work,), name="asyncmachine-handlers", daemon=True
            ).start()
        outcome = Outcome(call)
        self._work.put(outcome.run)
        return outcome

    def forget(self) -> None:
        """In a forked child: the thread isn't there."""
        self._work = None

    @staticmethod
    def _loop(work: queue.SimpleQueue[Callable[[], None] | None]) -> None:
        while (job := work.get()) is not None:
            job()

    def leave(self) -> None:
        """Let the thread end after what it is doing; the next call starts another."""
        if self._work is not None:
            self._work.put(None)
            self._work = None


class Outcome:
    """What a handler on the handler thread came to."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._call = call
        self._finished = threading.Event()
        self._lock = threading.Lock()
        self._left: Callable[[], None] | None = None
        self.value: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        """On the handler thread."""
        try:
            self.value = self._call()
        except BaseException as error:
            self.error = error
        with self._lock:
            self._finished.set()
            left = self._left
        if left is not None:
            left()

    def wait(self, seconds: float | None) -> bool:
        """Whether it finished within ``seconds``."""
        return self._finished.wait(seconds)

    def abandon(self, when_finished: Callable[[], None]) -> None:
        """Nobody waits any more; ``when_finished`` is called if it ever ends."""
        with self._lock:
            if not self._finished.is_set():
                self._left = when_finished
                return
        when_finished()

    def result(self) -> Any:
        """The value; raises what the handler raised."""
        if self.error is not None:
            raise self.error
        return self.value


def call_timed(
    machine: Machine, tx: Transition, slot: Slot, handler: Handler, event: Event
) -> tuple[Any, bool]:
    """Call a handler under ``handler_timeout``: its answer, and whether it was late."""
    if machine._thread is not None:
        return _call_on_thread(machine, tx, slot, handler, event)
    timeout = machine._timeout
    if timeout is None:
        return handler(event), False
    watch = WATCHDOG.watch(timeout, lambda: _tell_late(machine, tx, slot))
    try:
        value = handler(event)
    except Exception:
        if watch.finish():
            return None, True
        raise
    if watch.finish():
        machine._log(EVERYTHING, "handler:ack-timeout", _where(slot))
        return None, True
    return value, False


def _where(slot: Slot) -> tuple[str, str]:
    return (slot.name, slot.bound[0][0].id)


def _tell_late(machine: Machine, tx: Transition, slot: Slot) -> None:
    machine._keep(LogRecord(OPS, "cancel", (tuple(tx.names(tx.targets)), "timeout")))
    machine._log(DECISIONS, "handler:timeout", _where(slot))
    machine._late.append(HandlerTimeoutError(f"{slot.name} took longer than {machine._timeout} s"))


def _call_on_thread(
    machine: Machine, tx: Transition, slot: Slot, handler: Handler, event: Event
) -> tuple[Any, bool]:
    thread = machine._thread
    assert thread is not None
    context = contextvars.copy_context()
    outcome = thread.call(lambda: context.run(handler, event))
    if outcome.wait(machine._timeout):
        return outcome.result(), False
    _tell_late(machine, tx, slot)
    if outcome.wait(thread.deadline):
        machine._log(EVERYTHING, "handler:ack-timeout", _where(slot))
        return None, True
    machine._log(EVERYTHING, "handler:deadline", _where(slot))

    def finished() -> None:
        text = f"deadlined handler finished, theoretical leak: {slot.name}"
        machine._log(OPS, "error", (None, text, ""))

    outcome.abandon(finished)
    thread.leave()
    machine._after_deadline(slot.name)
    return None, True
