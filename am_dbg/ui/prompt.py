"""Typing a text in one row, where the footer is.

Textual's input takes its keys from a queue of its own: what is typed right behind ``/`` or behind
the last letter would reach the wrong widget. Here every key is taken in order, by the screen.
"""

from __future__ import annotations

from typing import Protocol

from am_dbg.model.text import Line, Span, Token
from am_dbg.ui.bars import Bar


class Asker(Protocol):
    """Who asked for a text, and takes what is typed."""

    def typed(self, text: str) -> None:
        """The text has changed."""
        ...

    def entered(self) -> None:
        """The text is right."""
        ...

    def dropped(self) -> None:
        """The user leaves without an answer."""
        ...

    def other(self, direction: int) -> None:
        """Another choice: down (1) or up (-1)."""
        ...


class LineEditor:
    """A text that grows and shrinks at its end."""

    def __init__(self, text: str = "") -> None:
        self.text = text

    def press(self, key: str, character: str | None) -> bool:
        """Take a key; False when it is none that changes a text."""
        if key in ("backspace", "ctrl+h"):
            self.text = self.text[:-1]
        elif key == "ctrl+u":
            self.text = ""
        elif key == "ctrl+w":
            self.text = self.text.rstrip().rpartition(" ")[0]
        elif character is not None and character.isprintable():
            self.text += character
        else:
            return False
        return True

    def paste(self, text: str) -> None:
        """Take the first line of a pasted text."""
        self.text += next(iter(text.strip().splitlines()), "")

    def line(self, label: str) -> Line:
        """The label, the text, the cursor."""
        return (
            Span(label, Token.KEY),
            Span(" "),
            Span(self.text, Token.STRONG),
            Span("█", Token.KEY),
        )


class PromptBar(Bar):
    """The row: hidden until something is asked for."""

    def __init__(self) -> None:
        super().__init__(id="prompt")
        self.label = ""
        self.remark: Line = ()
        """What is said behind the text: where it leads, what is wrong with it."""
        self.editor = LineEditor()
        self.asking = False

    def open(self, label: str, text: str) -> None:
        """Appear, with a text that can be changed."""
        self.label, self.editor, self.remark = label, LineEditor(text), ()
        self.asking = self.display = True
        self.show_text()

    def close(self) -> None:
        """Disappear."""
        self.asking = self.display = False

    def show_text(self) -> None:
        """Show the text as it is now."""
        self.show((*self.editor.line(self.label), *self.remark))
