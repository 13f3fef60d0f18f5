"""Mutations that a thread waits for, asks about first, or tries again.

All of these block, so they are for threads of the program's own, not for handlers: a handler would
wait for the queue that its own return lets go on. In async code, ``await
machine.when_queue(result.tick)``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from asyncmachine.errors import MachineError
from asyncmachine.mutation import CANCELED, EXECUTED, Result
from asyncmachine.states import HEALTHCHECK

if TYPE_CHECKING:
    from asyncmachine.machine import Machine
    from asyncmachine.subscription import StateContext

Args = Mapping[str, Any]


def add_sync(
    machine: Machine, *states: str, args: Args | None = None, timeout: float | None = None
) -> Result:
    """Add ``states`` and wait until that is done, at most ``timeout`` seconds.

    Executed when all are active then, canceled when not, queued when time was up. Raises
    StateError, and MachineError within a handler of the machine.
    """
    _not_in_handler(machine)
    result = machine.add(*states, args=args)
    return _settled(machine, result, timeout, lambda: machine.is_(*states))


def remove_sync(
    machine: Machine, *states: str, args: Args | None = None, timeout: float | None = None
) -> Result:
    """Remove ``states`` and wait until that is done; see ``add_sync``."""
    _not_in_handler(machine)
    result = machine.remove(*states, args=args)
    return _settled(machine, result, timeout, lambda: machine.not_(*states))


def add_and_wait(
    machine: Machine,
    waited: str,
    *states: str,
    args: Args | None = None,
    timeout: float | None = None,
) -> bool:
    """Add ``states``, then wait for the next activation of ``waited``; whether it came.

    False at once when the mutation is canceled. Raises as ``add_sync`` does.
    """
    _not_in_handler(machine)
    wait = machine.when_next_active(waited)
    if machine.add(*states, args=args).canceled:
        wait.cancel()
        return False
    return wait.wait(timeout)


def ask_add(
    machine: Machine, *states: str, args: Args | None = None, timeout: float | None = None
) -> Result:
    """Add ``states`` only if a dry run says that it would be accepted; canceled otherwise.

    So a hopeless attempt leaves no canceled transition behind. Raises as ``add_sync`` does.
    """
    return _asked(machine, machine.can_add, machine.add, states, args, timeout)


def ask_remove(
    machine: Machine, *states: str, args: Args | None = None, timeout: float | None = None
) -> Result:
    """Remove ``states`` only if a dry run says that it would be accepted; see ``ask_add``."""
    return _asked(machine, machine.can_remove, machine.remove, states, args, timeout)


def retry(
    mutate: Callable[[], Result],
    *,
    attempts: int = 10,
    delay: float = 0.1,
    max_delay: float = 5.0,
    timeout: float = 5.0,
    ctx: StateContext | None = None,
) -> Result:
    """Call ``mutate`` until it isn't canceled: at most ``attempts`` times, ``timeout`` seconds.

    Sleeps ``delay`` seconds in between, doubling up to ``max_delay``; the end of ``ctx`` ends it.
    Returns the last answer.
    """
    deadline = time.monotonic() + timeout
    result = CANCELED
    for attempt in range(attempts):
        if ctx is not None and ctx.done:
            break
        result = mutate()
        left = deadline - time.monotonic()
        if not result.canceled or attempt == attempts - 1 or left <= 0:
            break
        _sleep(min(delay, left), ctx)
        delay = min(2 * delay, max_delay)
    return result


def healthcheck(machine: Machine, every: float = 30.0) -> threading.Thread:
    """Add ``Healthcheck`` every so many seconds until the machine is disposed.

    Returns the daemon thread that does it. Raises StateError when there is no such state.
    """
    machine.tick(HEALTHCHECK)
    gone = machine.when_disposed()

    def beat() -> None:
        while not gone.wait(every):
            machine.add(HEALTHCHECK)

    return machine.go(beat, name=f"{machine.id}-healthcheck")


def _not_in_handler(machine: Machine) -> None:
    if machine.in_handler:
        raise MachineError(f"a handler of {machine.id} can't wait for its own machine")


def _settled(
    machine: Machine, result: Result, timeout: float | None, reached: Callable[[], bool]
) -> Result:
    if not result.queued:
        return result
    wait = machine.when_queue(result.tick)
    wait.wait(timeout)
    if not wait.done:
        return result
    return EXECUTED if reached() else CANCELED


def _asked(
    machine: Machine,
    check: Callable[..., Result],
    mutate: Callable[..., Result],
    states: tuple[str, ...],
    args: Args | None,
    timeout: float | None,
) -> Result:
    _not_in_handler(machine)
    answers: list[Result] = []
    answered = threading.Event()

    def told(answer: Result) -> None:
        answers.append(answer)
        answered.set()

    check(*states, args=args, on_done=told)
    answered.wait(timeout)
    if not answers or answers[0].canceled:
        return CANCELED
    result: Result = mutate(*states, args=args)
    return result


def _sleep(seconds: float, ctx: StateContext | None) -> None:
    if ctx is None:
        time.sleep(seconds)
    else:
        ctx.wait(seconds)
