"""Textual's terminal driver, made to outlive its terminal.

What it writes goes through a thread that ends with the first error, and the queue to that thread
then fills and stops the application for good: it could not even leave. Here nothing that is
written is an error. This is the one place that knows Textual's driver from inside.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from textual.driver import Driver

if TYPE_CHECKING:
    from textual.app import App


class Unbroken:
    """A text stream whose errors don't matter, since nobody is there to read it."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, if it is possible."""
        try:
            return self._stream.write(text)
        except (OSError, ValueError):
            return len(text)

    def flush(self) -> None:
        """Flush, if it is possible."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            return

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def lasting(driver: type[Driver]) -> type[Driver]:
    """The driver class with an output that never fails."""

    class LastingDriver(driver):  # type: ignore[valid-type, misc]
        def __init__(self, app: App[Any], **options: Any) -> None:
            super().__init__(app, **options)
            stream: IO[str] | None = getattr(self, "_file", None)
            if stream is not None:
                self._file = Unbroken(stream)

    return LastingDriver
