"""Places: going to one by what is typed, back and forward among those visited, by units of time."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from am_dbg.model import cursor as moves
from am_dbg.model import visited as places
from am_dbg.model.addresses import SCHEME
from am_dbg.model.cursor import Cursor, Move, refresh
from am_dbg.model.format import SECOND, clock_time, duration
from am_dbg.model.goto import EXAMPLES, arrival, go_to_text, suggestions
from am_dbg.model.text import Line, Span, Token
from am_dbg.model.visited import Visited

if TYPE_CHECKING:
    from am_dbg.ui.screen import MainScreen

MS = 1_000_000
TIME_UNITS = (MS, 10 * MS, 100 * MS, SECOND, 10 * SECOND, 60 * SECOND, 600 * SECOND, 3600 * SECOND)
"""What the keys for units of time move by, in ns."""
NO_MORE = "no {} place {}; places are noted where one jumps or stays"


class PlaceController:
    """Actions of the section *Time* that jump."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self._offered: list[str] = []
        self._since = time.monotonic()
        self._walking = False

    # -- go to -----------------------------------------------------------------------------------

    def go_to(self) -> None:
        """Ask where to go."""
        self._offered = []
        self._screen.ask(self, "go to:")
        self._remark((Span(f"   {EXAMPLES}", Token.DIM),))

    def typed(self, text: str) -> None:
        """Say where that leads, or why nowhere, and what it may become."""
        session = self._screen.session
        if not text.strip():
            self._remark((Span(f"   {EXAMPLES}", Token.DIM),))
            return
        self._offered = suggestions(session.store, session.cursor, text)
        self._preview(text)

    def _preview(self, text: str) -> None:
        session = self._screen.session
        move = self._where(text)
        there = arrival(session.store, session.cursor, move)
        spans = [Span(f"   → {there}", Token.ACTIVE)] if there else []
        if move.message:
            spans.append(Span(f"   {move.message}", Token.WARNING))
        if self._offered:
            spans.append(Span("   ↓ " + "  ".join(self._offered), Token.DIM))
        self._remark(tuple(spans))

    def entered(self) -> None:
        """Go there; what leads nowhere stays, to be corrected."""
        screen = self._screen
        text = screen.prompt.editor.text
        move = self._where(text)
        if move.message and move.cursor == screen.session.cursor and text.strip():
            self._preview(text)
            return
        screen.asked()
        if text.strip().startswith(SCHEME):
            screen.moves.go(text)
        elif text.strip():
            screen.move(move)

    def dropped(self) -> None:
        """Stay."""
        self._screen.asked()

    def other(self, direction: int) -> None:
        """Take another of the names offered."""
        editor, offered = self._screen.prompt.editor, self._offered
        if not offered:
            return
        at = offered.index(editor.text) + direction if editor.text in offered else 0
        editor.text = offered[at % len(offered)]
        self._preview(editor.text)

    def _where(self, text: str) -> Move:
        session = self._screen.session
        return go_to_text(session.store, session.cursor, text, session.marks, session.lens.visible)

    def _remark(self, line: Line) -> None:
        self._screen.prompt.remark = line
        self._screen.prompt.show_text()

    # -- by time ---------------------------------------------------------------------------------

    def earlier(self) -> None:
        """A unit of time back."""
        self._by_time(-1)

    def later(self) -> None:
        """A unit of time forward."""
        self._by_time(1)

    def longer_unit(self) -> None:
        """The next longer unit of time."""
        self._unit(1)

    def shorter_unit(self) -> None:
        """The next shorter one."""
        self._unit(-1)

    def _by_time(self, direction: int) -> None:
        screen, session = self._screen, self._screen.session
        unit = TIME_UNITS[session.time_unit]
        move = moves.by_time(session.store, session.cursor, direction * unit, session.lens.visible)
        if not move.message and move.cursor.moment is not None:
            sign = "+" if direction > 0 else "−"
            words = f"{sign}{duration(unit)}: {clock_time(move.cursor.moment)}"
            move = move._replace(message=f"{words}   u U other units")
        screen.move(move)

    def _unit(self, by: int) -> None:
        session = self._screen.session
        session.time_unit = (session.time_unit + by) % len(TIME_UNITS)
        self._screen.notice(f", and . move by {duration(TIME_UNITS[session.time_unit])}")

    # -- back and forward ------------------------------------------------------------------------

    def moved(self, before: Cursor, after: Cursor) -> None:
        """Note where the user was, if that is worth coming back to."""
        if self._walking or before.machine < 0:
            return
        session, now = self._screen.session, time.monotonic()
        stayed = 0.0 if session.pace.playing else now - self._since
        here = replace(session.visited, here=self._pinned(before))
        session.visited = places.moved(here, after, stayed)
        if (before.machine, before.pos) != (after.machine, after.pos):
            self._since = now

    def go_back(self) -> None:
        """To the place before."""
        self._go(places.go_back(self._here()), "earlier", "to go back to")

    def go_forward(self) -> None:
        """To the place that was left by going back."""
        self._go(places.go_forward(self._here()), "later", "to go forward to")

    def back_machine(self) -> None:
        """To the nearest place before in another machine."""
        self._go(places.go_back(self._here(), machine=True), "earlier", "in another machine")

    def forward_machine(self) -> None:
        """To the nearest place after in another machine."""
        self._go(places.go_forward(self._here(), machine=True), "later", "in another machine")

    def _here(self) -> Visited:
        session = self._screen.session
        if session.machine is None:
            return session.visited
        return replace(session.visited, here=self._pinned(session.cursor))

    def _pinned(self, cursor: Cursor) -> Cursor:
        """A followed end goes on moving; what was seen is the end as it was."""
        if not cursor.following:
            return cursor
        return moves.follow(self._screen.session.store, cursor, on=False).cursor

    def _go(self, there: Visited | None, which: str, what: str) -> None:
        screen, session = self._screen, self._screen.session
        if there is None or there.here is None:
            screen.notice(NO_MORE.format(which, what))
            return
        session.visited = there
        self._walking, self._since = True, time.monotonic()
        try:
            place = replace(there.here, state=session.cursor.state)
            screen.move(Move(refresh(session.store, place, session.lens.visible)))
        finally:
            self._walking = False
