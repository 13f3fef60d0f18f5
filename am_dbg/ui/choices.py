"""A box to choose from: a row by its key, by arrows and enter, or with the mouse."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from am_dbg.model.text import Line, Span, Token
from am_dbg.ui.help import OverScreen
from am_dbg.ui.line_pane import FixedLines
from am_dbg.ui.messages import RowClicked
from am_dbg.ui.themes import Palette

CHROME = 2
"""Rows of the frame."""


class Choice(NamedTuple):
    """A row, and the key that chooses it at once."""

    key: str
    line: Line


class ChoiceScreen(OverScreen):
    """Calls ``chosen`` with the key of the row that was taken; escape takes none.

    ``removed``, when given, is called with the key of the row under ``delete``.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "close", show=False),
        Binding("down", "select(1)", "down", show=False),
        Binding("up", "select(-1)", "up", show=False),
        Binding("pagedown", "select(10)", "page down", show=False),
        Binding("pageup", "select(-10)", "page up", show=False),
        Binding("enter", "take", "take", show=False),
        Binding("delete,backspace", "remove", "remove", show=False),
    ]

    def __init__(
        self,
        palette: Palette,
        title: str,
        choices: list[Choice],
        chosen: Callable[[str], None],
        removed: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__()
        self._heading = title
        self._choices = choices
        self._chosen = chosen
        self._removed = removed
        self._at = 0
        self._box = Container(id="dialog")
        self._pane = self.make_pane("choices", title, palette)

    def compose(self) -> ComposeResult:
        """The frame and what is in it."""
        with self._box:
            yield self._pane

    def on_mount(self) -> None:
        """As high as it has rows."""
        self._box.styles.height = min(len(self._choices) + CHROME, self.app.size.height - 2)
        self._fill()
        self.set_focus(self._pane)

    def _fill(self) -> None:
        hint = "enter takes, esc leaves" + (", delete removes" if self._removed else "")
        lines = [choice.line for choice in self._choices]
        title = (Span(self._heading, Token.TITLE),)
        self._pane.show(FixedLines(lines), self._at if lines else None, title, hint)

    def on_key(self, event: events.Key) -> None:
        """A row's own key takes it."""
        for choice in self._choices:
            if event.character == choice.key:
                event.stop()
                self._take(choice.key)
                return

    def action_select(self, rows: int) -> None:
        """Another row."""
        self._at = max(0, min(self._at + rows, len(self._choices) - 1))
        self._fill()

    def action_take(self) -> None:
        """The selected row."""
        if self._choices:
            self._take(self._choices[self._at].key)

    def action_remove(self) -> None:
        """Remove the selected row, where that is possible."""
        if self._removed is None or not self._choices:
            return
        self._removed(self._choices.pop(self._at).key)
        if not self._choices:
            self.dismiss()
            return
        self.action_select(0)

    def _take(self, key: str) -> None:
        self.dismiss()
        self._chosen(key)

    @on(RowClicked)
    def _row_clicked(self, event: RowClicked) -> None:
        event.stop()
        if event.row < len(self._choices):
            self._take(self._choices[event.row].key)
