"""A box that takes every key while it is open: none is anybody else's."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import BindingType

from am_dbg.ui.help import OverScreen


class Dialog(OverScreen):
    """The application hands all keys and pastes to it, at once and in order."""

    BINDINGS: ClassVar[list[BindingType]] = []

    def take_key(self, event: events.Key) -> None:
        """A key."""
        raise NotImplementedError

    def take_paste(self, text: str) -> None:
        """A pasted text."""
        raise NotImplementedError
