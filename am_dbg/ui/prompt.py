"""The line in which a search is typed; it stands in the footer's place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class Prompt(Input):
    """One row, hidden until it is needed; enter keeps the search, escape drops it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave", show=False),
        Binding("up", "other(-1)", "match above", show=False),
        Binding("down", "other(1)", "match below", show=False),
    ]

    @dataclass
    class Left(Message):
        """Escape was pressed."""

    @dataclass
    class Other(Message):
        """An arrow asks for the next match in a direction (1 or -1) while typing."""

        direction: int

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id, compact=True, select_on_focus=False)
        self.cursor_blink = False

    def open(self, label: str, text: str) -> None:
        """Appear, with a text that can be changed, and take the keys."""
        self.placeholder = label
        self.value = text
        self.cursor_position = len(text)
        self.display = True
        self.focus()

    def close(self) -> None:
        """Disappear."""
        self.display = False

    def action_leave(self) -> None:
        """Give the keys back."""
        self.post_message(self.Left())

    def action_other(self, direction: int) -> None:
        """Ask for another match."""
        self.post_message(self.Other(direction))
