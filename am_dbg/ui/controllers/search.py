"""Search in the focused pane: names are narrowed, texts are searched from the cursor on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.worker import Worker

from am_dbg.model.find import Finder
from am_dbg.model.search import matching
from am_dbg.ui.layout import PANES
from am_dbg.ui.strips import plain

if TYPE_CHECKING:
    from am_dbg.ui.screen import MainScreen

NARROWED = ("machines", "states")
"""Panes that show only what matches; in the others a match is a place to go to."""
SLICE_SECONDS = 0.008
"""How long a search holds the screen before keys get their turn."""
TEXT_WIDTH = 1000
"""Cells of a row that are searched."""


class SearchController:
    """Actions of the section *Find*."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self._running: Worker[None] | None = None
        self._pane = ""
        self._start = 0

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
        if self._running is not None and not self._running.is_finished:
            self._running.cancel()
            screen.notice("search stopped")
        elif self._needle or any(screen.session.search.values()):
            if self._needle:
                screen.session.search.pop(screen.pane, None)
            else:
                screen.session.search.clear()
            screen.refresh_views()
        elif not screen.moves.leave_steps() and not screen.zooming.unzoom():
            screen.notice("nothing to leave; q quits")

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
        self._running = self._screen.run_worker(
            partial(self._run, direction, start, inclusive), group="search", exclusive=True
        )

    async def _run(self, direction: int, start: int, inclusive: bool) -> None:
        screen, pane = self._screen, self._screen.pane
        needle = screen.session.search.get(pane, "")
        if not needle or pane not in PANES:
            return
        until = time.perf_counter() + SLICE_SECONDS
        told = False
        for hit in self._hits(pane, needle, direction, start, inclusive):
            if hit is not None:
                place, wrapped = hit
                self._go(pane, place)
                if wrapped:
                    screen.notice("search went on from the other end")
                return
            if time.perf_counter() > until:
                if not told:
                    screen.notice(f"searching {needle} … esc stops")
                    told = True
                await asyncio.sleep(0)
                until = time.perf_counter() + SLICE_SECONDS
        screen.notice(f"{needle} is nowhere in this {pane}")

    def _go(self, pane: str, place: int) -> None:
        if pane == "details":
            self._screen.presenter.details_row = place
            self._screen.refresh_views()
        else:
            self._screen.moves.go_to_pos(place)

    def _hits(
        self, pane: str, needle: str, direction: int, start: int, inclusive: bool
    ) -> Iterator[tuple[int, bool] | None]:
        """(place, whether the search has wrapped) of matches; None now and then on the way."""
        first = start if inclusive else start + direction
        if pane == "history":
            yield from self._history_hits(needle, direction, first)
            return
        texts = self._log_texts if pane == "log" else self._details_texts
        for place, text, wrapped in texts(direction, first):
            yield (place, wrapped) if _has(text, needle) else None

    def _history_hits(
        self, needle: str, direction: int, first: int
    ) -> Iterator[tuple[int, bool] | None]:
        """Transitions with the text anywhere: names, arguments, log, handlers, stack trace."""
        session = self._screen.session
        machine = session.machine
        if machine is None:
            return
        finder = Finder(session.store, machine, needle)
        for begin, wrapped in (
            (max(first - direction, -1), False),
            (self._outside(direction), True),
        ):
            for place in finder.places(begin, direction > 0):
                yield None if place is None else (place, wrapped)

    def _outside(self, direction: int) -> int:
        machine = self._screen.session.machine
        return -1 if direction > 0 or machine is None else len(machine)

    def _details_texts(self, direction: int, first: int) -> Iterator[tuple[int, str, bool]]:
        lines = self._screen.presenter.details
        count = len(lines)
        for i in range(count):
            row = first + direction * i
            yield row % count, plain(lines.line(row % count, TEXT_WIDTH)), not 0 <= row < count

    def _log_texts(self, direction: int, first: int) -> Iterator[tuple[int, str, bool]]:
        log, count = self._screen.presenter.log, self._screen.log_pane.length
        for i in range(count + 1):
            pos = first + direction * i
            wrapped = not -1 <= pos < count
            pos = (pos + 1) % (count + 1) - 1
            yield pos, "\n".join(plain(line) for line in log.lines_of(pos)), wrapped


def _has(text: str, needle: str) -> bool:
    folded = text.casefold()
    return all(word in folded for word in needle.casefold().split())
