"""What the kernel raises and reports.

Mistakes of the program (an unknown state, a wrong schema, a handler that can't be bound) are raised
at once, in the caller. What goes wrong while the machine runs becomes the state ``Exception``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class MachineError(Exception):
    """Base of everything the kernel raises."""


class StateError(MachineError, LookupError):
    """A state that the schema doesn't have; the text suggests the nearest spelling."""


class SchemaError(MachineError, ValueError):
    """A schema that contradicts itself; the text names the state and the relation."""


class BindingError(MachineError, ValueError):
    """A handler that can't be bound: unknown, ambiguous, or never called."""


class HandlerTimeoutError(MachineError, TimeoutError):
    """A handler ran longer than ``handler_timeout`` seconds."""


class DisposedError(MachineError):
    """Something was asked of a machine that is gone and can't answer."""


class NestedEvalError(MachineError, RuntimeError):
    """``eval`` was called from within the machine it would have to wait for."""


class ArgsError(MachineError, TypeError):
    """Arguments that lack what a dataclass needs (see ``unpack``)."""


class LoopLimitError(MachineError, RuntimeError):
    """An auto state whose handlers fail every time was given up: the machine would spin."""


def is_cancellation(error: BaseException) -> bool:
    """Whether it only says that a task was cancelled, by asyncio or by trio."""
    return type(error).__name__ in ("CancelledError", "Cancelled")


def suggest(name: str, known: Iterable[str]) -> str:
    """``"; did you mean 'Foo'?"`` for the nearest of ``known``, or nothing when none is near."""
    by_lower = {other.lower(): other for other in known}
    near = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=0.6)
    return f"; did you mean {by_lower[near[0]]!r}?" if near else ""


def unknown_state(name: object, known: Iterable[str], machine_id: str) -> StateError:
    """The error for a mutation or query that names a state the machine doesn't have."""
    return StateError(f"{name} not defined in schema for {machine_id}{suggest(str(name), known)}")
