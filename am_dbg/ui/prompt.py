"""The line in which a search is typed; it stands in the footer's place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from am_dbg.model.text import Span, Token
from am_dbg.ui.bars import Bar


class Prompt(Input):
    """The input itself: enter keeps the search, escape drops it, arrows go to other matches."""

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

    def __init__(self) -> None:
        super().__init__(id="prompt", compact=True, select_on_focus=False)
        self.cursor_blink = False

    def open(self, text: str) -> None:
        """Take the keys, with a text that can be changed."""
        self.value = text
        self.cursor_position = len(text)
        self.focus()

    def action_leave(self) -> None:
        """Give the keys back."""
        self.post_message(self.Left())

    def action_other(self, direction: int) -> None:
        """Ask for another match."""
        self.post_message(self.Other(direction))


class PromptLine(Horizontal):
    """What is asked for and the input, in the footer's place while it is needed."""

    def __init__(self) -> None:
        super().__init__(id="asking")
        self.prompt = Prompt()
        self.label = Bar(id="asked")

    def compose(self) -> ComposeResult:
        """The question, the answer."""
        yield self.label
        yield self.prompt

    def ask(self, label: str, text: str) -> None:
        """Appear and take the keys."""
        self.label.show((Span(label, Token.KEY),))
        self.label.styles.width = len(label) + 2
        self.display = True
        self.prompt.open(text)

    def close(self) -> None:
        """Disappear."""
        self.display = False
