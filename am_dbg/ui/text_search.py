"""Searching the texts of a machine's transitions, in slices, so that keys come first."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING

from textual.worker import Worker

from am_dbg.model.find import Finder
from am_dbg.model.format import thousands
from am_dbg.model.hits import Hits, Jump

if TYPE_CHECKING:
    from am_dbg.store import MachineLog
    from am_dbg.ui.screen import MainScreen

SLICE_SECONDS = 0.008
"""How long a search holds the screen before keys get their turn."""
TELL_SECONDS = 0.2
"""How often progress is shown."""


class TextSearch:
    """The search in the history or in the log: goes to matches, and counts them meanwhile."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self._running: Worker[None] | None = None
        self._hits: Hits | None = None
        self._about: tuple[object, ...] = ()

    def find(self, pane: str, needle: str, direction: int, start: int, inclusive: bool) -> None:
        """Go to the next match after position ``start`` in a direction, at it if ``inclusive``."""
        machine = self._screen.session.machine
        if machine is None or not len(machine) or not needle:
            return
        self._running = self._screen.run_worker(
            partial(self._run, pane, needle, machine, direction, start, inclusive),
            group="search",
            exclusive=True,
        )

    def stop(self) -> bool:
        """Stop looking; False when nothing is being looked for."""
        if self._running is None or self._running.is_finished:
            return False
        self._running.cancel()
        self._running = None
        return True

    def count(self, pane: str, needle: str) -> str:
        """``3/120`` of a search: which match is shown, and how many there are so far."""
        hits, session = self._hits, self._screen.session
        machine = session.machine
        if hits is None or machine is None or self._about[:3] != (pane, needle, machine.no):
            return ""
        rank = None if session.cursor.pos < 0 else hits.rank(machine.n(session.cursor.pos))
        if hits.done or rank is None:
            first = thousands(rank) if rank else "–"
            return f"{first}/{thousands(hits.count)}" + ("" if hits.done else _share(hits))
        return f"{thousands(hits.count)}{_share(hits)}"

    async def _run(
        self,
        pane: str,
        needle: str,
        machine: MachineLog,
        direction: int,
        start: int,
        inclusive: bool,
    ) -> None:
        screen = self._screen
        n = machine.n(start) if start >= 0 else machine.n(0) - 1
        n -= direction if inclusive else 0
        hits = self._hits_of(pane, needle, machine, n)
        told = time.perf_counter()
        while isinstance(jump := hits.jump(n, direction), int):
            hits.work(SLICE_SECONDS, jump)
            if time.perf_counter() - told > TELL_SECONDS:
                screen.notice(f"searching {needle} … {_share(hits)} esc stops")
                told = time.perf_counter()
            await asyncio.sleep(0)
        if jump is None:
            if pane == "history" and not hits.finder.fuzzy and not hits.finder.hidden:
                see = screen.session.lens.visible
                finder = Finder(hits.finder.store, machine, needle, fuzzy=True, see=see)
                self._hits = Hits(finder, n)
                await self._run(pane, needle, machine, direction, start, inclusive)
                return
            hidden = hits.finder.hidden
            where = f"only in {thousands(hidden)} hidden ones" if hidden else "nowhere"
            screen.notice(f"{needle} is {where} in this {pane}")
            screen.refresh_views()
            return
        self._go(pane, machine, jump)
        await self._count(hits)

    async def _count(self, hits: Hits) -> None:
        """Look at the rest too, for the count."""
        shown = time.perf_counter()
        while hits.work(SLICE_SECONDS):
            await asyncio.sleep(0)
            if time.perf_counter() - shown > TELL_SECONDS:
                self._screen.refresh_views()
                shown = time.perf_counter()
        self._screen.refresh_views()

    def _hits_of(self, pane: str, needle: str, machine: MachineLog, n: int) -> Hits:
        """What is known of this search; a new one far from where it looked."""
        session = self._screen.session
        look = self._screen.presenter.log.look
        lens = session.lens
        shown = (look.level if pane == "log" else 0, lens.filters, lens.group)
        about = (pane, needle, machine.no, *shown)
        hits = self._hits
        if hits is None or about != self._about or not hits.low - 1 <= n <= hits.high:
            drawn = self._screen.presenter.log.drawn if pane == "log" else None
            finder = Finder(session.store, machine, needle, look.level, drawn, see=lens.visible)
            hits = self._hits = Hits(finder, n)
            self._about = about
        return hits

    def _go(self, pane: str, machine: MachineLog, jump: Jump) -> None:
        screen = self._screen
        pos = screen.session.store.pos(jump.n)
        screen.moves.go_to_pos(pos)
        if pane == "log":
            view, words = screen.presenter.log, screen.session.search.get("log", "").split()
            screen.log_pane.show_cursor(view.line_with(pos, words))
        if jump.wrapped:
            screen.notice("search went on from the other end")


def _share(hits: Hits) -> str:
    """How far the search has come."""
    return f"… {hits.share:.0%}"
