"""Marks: a letter for a place, kept with the recording's notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

from am_dbg.model.marks import (
    BEFORE_JUMP,
    free_letter,
    go_to_mark,
    is_letter,
    mark_line,
    mark_of,
)
from am_dbg.model.text import Token
from am_dbg.ui.choices import Choice, ChoiceScreen
from am_dbg.ui.notes import save_marks

if TYPE_CHECKING:
    from am_dbg.ui.screen import MainScreen

LIST = "?"
ROW_WIDTH = 120


class MarkController:
    """Actions about marks, of the section *Time*."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen

    def mark(self) -> None:
        """Ask for a letter; it then means this place."""
        self._screen.ask_key(self._set, "mark this place with which letter?")

    def go_to_mark(self) -> None:
        """Ask for a letter, and go to its place."""
        letters = " ".join(sorted(self._screen.session.marks)) or "none yet"
        text = f"go to which mark?  {letters}   {BEFORE_JUMP} before the jump   {LIST} list"
        self._screen.ask_key(self._go, text)

    def mark_note(self) -> None:
        """Ask for a note; it and the place get the next free letter."""
        self._screen.ask(self, "note for this place:")

    def marks(self) -> None:
        """The list of marks."""
        screen, session = self._screen, self._screen.session
        if not session.marks:
            screen.notice("no marks yet: m and a letter sets one, M one with a note")
            return
        width = min(screen.size.width - 8, ROW_WIDTH)
        choices = [
            Choice(letter, mark_line(session.store, letter, mark, width))
            for letter, mark in sorted(session.marks.items())
        ]
        screen.app.push_screen(
            ChoiceScreen(screen.palette, "Marks", choices, self._go_to, self._remove)
        )

    # -- the note's text -------------------------------------------------------------------------

    def typed(self, text: str) -> None:
        """Nothing to do before it is whole."""

    def entered(self) -> None:
        """Mark the place with the note."""
        text = self._screen.prompt.editor.text.strip()
        self._screen.asked()
        if text:
            self._note(free_letter(self._screen.session.marks), text)

    def dropped(self) -> None:
        """No note."""
        self._screen.asked()

    def other(self, direction: int) -> None:
        """There is nothing to choose from."""

    # -- letters ---------------------------------------------------------------------------------

    def _set(self, event: events.Key) -> None:
        letter = event.character
        if letter is not None and is_letter(letter):
            self._note(letter)
        elif event.key != "escape":
            self._screen.notice("a mark has a letter or a digit for its name")

    def _note(self, letter: str, note: str = "") -> None:
        screen, session = self._screen, self._screen.session
        mark = mark_of(session.store, session.cursor, note)
        if mark is None:
            return
        session.marks[letter] = mark
        kept = not session.recordings or save_marks(session.recordings[0], session.marks)
        where = "" if kept else "; it can't be kept: no folder for notes can be written"
        screen.notice(f"marked {letter}; ' {letter} comes back here{where}", Token.ACTIVE)

    def _go(self, event: events.Key) -> None:
        if event.character == LIST:
            self.marks()
        elif event.character == BEFORE_JUMP:
            self._screen.places.go_back()
        elif event.key != "escape":
            self._go_to(event.character or event.key)

    def _go_to(self, letter: str) -> None:
        screen, session = self._screen, self._screen.session
        mark = session.marks.get(letter)
        if mark is None:
            screen.notice(f"no mark {letter}; m {letter} sets it")
            return
        screen.move(go_to_mark(session.store, session.cursor, mark))

    def _remove(self, letter: str) -> None:
        session = self._screen.session
        session.marks.pop(letter, None)
        if session.recordings:
            save_marks(session.recordings[0], session.marks)
