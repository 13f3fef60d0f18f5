"""Copying what is shown, as an address, JSON, log lines, a diagram or a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from am_dbg.model.copying import COPIES, CopyKind, address_of
from am_dbg.model.text import Span, Token
from am_dbg.ui.choices import Choice, ChoiceScreen

if TYPE_CHECKING:
    from am_dbg.ui.screen import MainScreen


class CopyController:
    """The copy menu, of the section *General*."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen

    def copy(self) -> None:
        """Ask what to copy."""
        choices = [
            Choice(kind.letter, (Span(f"{kind.letter}   ", Token.KEY), Span(kind.words)))
            for kind in COPIES
        ]
        palette = self._screen.palette
        self._screen.app.push_screen(ChoiceScreen(palette, "Copy", choices, self._chosen))

    def copy_address(self) -> None:
        """The address at once."""
        self._copy(CopyKind("", "", address_of))

    def _chosen(self, letter: str) -> None:
        self._copy(next(kind for kind in COPIES if kind.letter == letter))

    def _copy(self, kind: CopyKind) -> None:
        """Through the terminal (OSC 52: over ssh too)."""
        screen, session = self._screen, self._screen.session
        copied = kind.make(session.store, session.cursor)
        if not copied.text:
            screen.notice(copied.what)
            return
        screen.app.copy_to_clipboard(copied.text)
        lines = copied.text.count("\n") + 1
        many = f" ({lines} lines)" if lines > 1 else ""
        screen.notice(f"copied {copied.what}{many}", Token.ACTIVE)
