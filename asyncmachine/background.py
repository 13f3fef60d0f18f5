"""Work beside the machine (threads whose errors become its errors) and within its queue (eval)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from asyncmachine.errors import DisposedError, MachineError, NestedEvalError
from asyncmachine.mutation import EVAL, NO_ARGS, Called, Mutation
from asyncmachine.queries import Queries
from asyncmachine.queue import Mutations
from asyncmachine.semlog import EXTERNAL, OPS
from asyncmachine.subscription import StateContext
from asyncmachine.transition import Event

T = TypeVar("T")

_NOTHING_CALLED = Called((), (), False, False)


class Background(Mutations, Queries):
    """Threads and evals."""

    def go(
        self, work: Callable[[], Any], *, ctx: StateContext | None = None, name: str = ""
    ) -> threading.Thread:
        """Run ``work`` on a daemon thread, unless ``ctx`` is over; what it raises becomes an error.

        Returns the thread, started.
        """

        def run() -> None:
            if ctx is not None and ctx.done:
                return
            try:
                work()
            except Exception as error:
                self._report(error)

        thread = threading.Thread(target=run, name=name or f"{self.id}-go", daemon=True)
        thread.start()
        return thread

    def fork(
        self, event: Event, work: Callable[[], Any], *, ctx: StateContext | None = None
    ) -> threading.Thread | None:
        """As ``go``, from a handler: nothing happens when its transition is broken already."""
        if not event.is_valid():
            return None
        return self.go(work, ctx=ctx, name=f"{self.id}-{event.name}")

    def go_after(
        self, seconds: float, work: Callable[[], Any], *, ctx: StateContext | None = None
    ) -> threading.Timer:
        """As ``go``, ``seconds`` later; ``cancel()`` of the timer calls it off, so does ``ctx``."""

        def run() -> None:
            if ctx is not None:
                ctx.remove_callback(timer.cancel)
                if ctx.done:
                    return
            try:
                work()
            except Exception as error:
                self._report(error)

        timer = threading.Timer(seconds, run)
        timer.daemon = True
        timer.start()
        if ctx is not None:
            ctx.on_done(timer.cancel)
        return timer

    def eval(self, work: Callable[[], T], *, source: str = "", timeout: float = 1.0) -> T:
        """Run ``work`` between transitions, on whichever thread drains; returns what it does.

        source: says in the log what it is. Raises NestedEvalError within a handler of this machine,
        DisposedError when the machine ends first, MachineError after ``timeout`` seconds, in which
        case ``work`` isn't run any more.
        """
        if self.in_handler:
            raise NestedEvalError(f"eval {source or work!r} within a handler of {self.id}")
        if self._disposing:
            raise DisposedError(f"machine {self.id} is disposed")
        job = _Eval(work)
        mutation = Mutation(EVAL, _NOTHING_CALLED, NO_ARGS, None)
        mutation._eval = job.run
        with self._lock:
            self._token += 1
            mutation.queue_token = self._token
            self._queue.appendleft(mutation)
            self._log(EXTERNAL, "exter", f"eval: {source or work!r}")
            idle = not self._draining
            self._draining = True
        if idle:
            self._drain(mutation, None)
        if not job.finished.wait(timeout) and job.call_off():
            self._log(OPS, "eval:timeout", source or repr(work))
            raise MachineError(f"eval {source or work!r} of {self.id} timed out")
        if job.error is not None:
            raise job.error
        return job.value  # type: ignore[no-any-return]


class _Eval:
    """An eval: run once on the drainer, or called off before."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._taken = False
        self.finished = threading.Event()
        self.value: Any = None
        self.error: BaseException | None = None

    def _take(self) -> bool:
        with self._lock:
            taken, self._taken = self._taken, True
        return not taken

    def call_off(self) -> bool:
        """Whether it will never run; when it is running already, waits for its end."""
        if self._take():
            return True
        self.finished.wait()
        return False

    def run(self) -> None:
        """On the drainer."""
        if not self._take():
            return
        try:
            self.value = self._work()
        except Exception as error:
            self.error = error
        finally:
            self.finished.set()
