"""Search in the focused pane: names are narrowed, texts are searched from the cursor on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from am_dbg.model import cursor as moves
from am_dbg.model.everywhere import Result
from am_dbg.model.search import matching
from am_dbg.ui.everywhere import EverywhereScreen
from am_dbg.ui.strips import plain
from am_dbg.ui.text_search import TextSearch

if TYPE_CHECKING:
    from am_dbg.ui.screen import MainScreen

NARROWED = ("machines", "states", "activity", "matrix")
"""Panes that show only what matches; in the others a match is a place to go to."""
TEXT_WIDTH = 1000
"""Cells of a row that are searched."""


class SearchController:
    """Actions of the section *Find*."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self.texts = TextSearch(screen)
        self._pane = ""
        self._start = 0
        self._everywhere = ""

    @property
    def _needle(self) -> str:
        return self._screen.session.search.get(self._screen.pane, "")

    def search(self) -> None:
        """Ask for a text."""
        screen = self._screen
        self._pane = screen.pane
        self._start = self._position()
        screen.ask(self, f"search {screen.pane}:")

    def typed(self, text: str) -> None:
        """The text has changed."""
        screen = self._screen
        if not self._pane:
            return
        screen.session.search[self._pane] = text.strip()
        screen.refresh_views()
        if self._pane not in NARROWED and text.strip():
            self._find(1, self._start, inclusive=True)

    def entered(self) -> None:
        """The text is right; without one, the last search goes on."""
        pane, text = self._pane, self._screen.prompt.editor.text
        self._screen.asked()
        self._pane = ""
        if pane in NARROWED and self._needle:
            self._choose_found()
        elif not text and self._needle:
            self.other(1)

    def dropped(self) -> None:
        """Forget the text."""
        screen, pane = self._screen, self._pane
        screen.asked()
        self._pane = ""
        screen.session.search.pop(pane, None)
        screen.refresh_views()

    def search_next(self) -> None:
        """The next match."""
        self.other(1)

    def search_previous(self) -> None:
        """The match before."""
        self.other(-1)

    def other(self, direction: int) -> None:
        """Another match, in a direction."""
        screen = self._screen
        if not self._needle:
            screen.notice("nothing is searched for in this pane; / starts a search")
        elif screen.pane in NARROWED:
            self._next_found(direction)
        else:
            self._find(direction, self._position())

    def leave(self) -> None:
        """Leave one thing: a running search, the search, the steps, the maximised pane."""
        screen = self._screen
        if self.texts.stop():
            screen.notice("search stopped")
        elif screen.playing.pause():
            screen.notice("paused")
        elif self._needle or any(screen.session.search.values()):
            if self._needle:
                screen.session.search.pop(screen.pane, None)
            else:
                screen.session.search.clear()
            screen.refresh_views()
        elif not screen.moves.leave_steps() and not screen.zooming.unzoom():
            screen.notice("nothing to leave; q quits")

    def search_everywhere(self) -> None:
        """Over all machines, in a box of its own."""
        screen = self._screen
        screen.app.push_screen(
            EverywhereScreen(screen.palette, screen.session, self._everywhere, self._go_to_result)
        )

    def _go_to_result(self, found: Result, text: str) -> None:
        """To a machine, a state or a transition; what was searched for is marked there."""
        screen, session = self._screen, self._screen.session
        self._everywhere = text
        if found.n >= 0:
            session.search["history"] = text
            screen.move(
                moves.go_to(
                    session.store, session.cursor, found.machine, session.store.pos(found.n)
                )
            )
            return
        screen.moves.select_machine(found.machine)
        if found.state:
            screen.moves.select_state(found.state)

    # -- names -----------------------------------------------------------------------------------

    def _choose_found(self) -> None:
        """Select the first match, unless what is selected matches."""
        pane = self._screen.panes[self._screen.pane]
        if pane.selected is None or not self._matches(pane.selected):
            self._next_found(1, -1)

    def _next_found(self, direction: int, start: int | None = None) -> None:
        screen = self._screen
        pane = screen.panes[screen.pane]
        count = len(pane.lines)
        at = start if start is not None else (-1 if pane.selected is None else pane.selected)
        for i in range(1, count + 1):
            row = (at + direction * i) % count
            if self._matches(row):
                screen.rows.choose(screen.pane, row, 0)
                return
        screen.notice(f"no match for {self._needle}")

    def _matches(self, row: int) -> bool:
        """Whether a row itself matches; ancestors and relations only come along."""
        shown = self._screen.presenter
        if self._screen.pane == "states":
            return shown.states.row(row).kind == "state"
        if self._screen.pane == "activity":
            return bool(self._screen.grids.activity.state_at(row))
        if self._screen.pane == "matrix":
            return True  # it shows only what matches
        machines = self._screen.session.store.machines
        found = matching([machine.label for machine in machines], self._needle)
        return shown.machines.machine_at(row) in found

    # -- texts -----------------------------------------------------------------------------------

    def _position(self) -> int:
        screen = self._screen
        return (
            screen.presenter.details_row if screen.pane == "details" else screen.session.cursor.pos
        )

    def _find(self, direction: int, start: int, inclusive: bool = False) -> None:
        if self._screen.pane == "details":
            self._find_row(direction, start if inclusive else start + direction)
        else:
            self.texts.find(self._screen.pane, self._needle, direction, start, inclusive)

    def _find_row(self, direction: int, first: int) -> None:
        """A row of the details, round the end if need be."""
        screen = self._screen
        lines = screen.presenter.details
        count = len(lines)
        words = self._needle.casefold().split()
        for i in range(count):
            row = first + direction * i
            text = plain(lines.line(row % count, TEXT_WIDTH)).casefold()
            if all(word in text for word in words):
                screen.presenter.details_row = row % count
                screen.refresh_views()
                if not 0 <= row < count:
                    screen.notice("search went on from the other end")
                return
        screen.notice(f"{self._needle} is nowhere in these details")
