"""Handlers that log errors, to be bound as they are or inherited from."""

from __future__ import annotations

from typing import Any

from asyncmachine.semlog import CHANGES, LogRecord
from asyncmachine.transition import Event, Transition


class ExceptionHandler:
    """Logs each error of the machine, with its traceback unless ``trace`` is false.

    The line, ``[error:add] A (boom)``, is kept at level 2 of the semantic log, and goes to the
    machine's ``logger`` at severity ERROR whatever ``log_level`` is.
    """

    trace = True

    def ExceptionState(self, event: Event) -> None:  # noqa: N802 - named after the state
        """Log the error that the mutation carries."""
        error = event.args.get("err")
        failed: Transition | None = event.args.get("tx")
        head: Any = None
        if failed is not None:
            head = (failed.mutation.type_name, tuple(failed.names(failed.called)))
        trace = str(event.args.get("trace", "")) if self.trace else ""
        record = LogRecord(CHANGES, "error", (head, str(error or event.machine.err), trace))
        machine = event.machine
        machine._log(record.level, record.kind, record.data)
        if machine.log_level < CHANGES:
            machine.logger.error("[%s] %s", machine.id[:5], record.text())
