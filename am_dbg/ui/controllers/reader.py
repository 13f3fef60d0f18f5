"""The reader: keeps its index up with the recording while the details are seen, folds sections."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from textual.worker import Worker

from am_dbg.store.told import told_index

if TYPE_CHECKING:
    from am_dbg.ui.screen import MainScreen

SLICE_SECONDS = 0.005
"""How long looking back holds the screen before keys get their turn."""
SHOW_SECONDS = 0.25
"""How often what was found meanwhile is shown."""


class ReaderController:
    """Actions that only the details have."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self._running: Worker[None] | None = None

    def look_back(self) -> None:
        """Index what messages tell of others, unless that is done or being done."""
        session = self._screen.session
        index = told_index(session.store)
        busy = self._running is not None and not self._running.is_finished
        if not busy and not session.opening and index.done < len(session.store):
            self._running = self._screen.run_worker(self._run(), group="reader")

    async def _run(self) -> None:
        screen = self._screen
        index = told_index(screen.session.store)
        shown = time.perf_counter()
        while index.work(SLICE_SECONDS):
            await asyncio.sleep(0)
            if time.perf_counter() - shown > SHOW_SECONDS:
                screen.refresh_views()
                shown = time.perf_counter()
        self._running = None
        screen.refresh_views()

    def fold_sections(self) -> None:
        """All sections folded; all open when they are."""
        screen = self._screen
        details, folded = screen.presenter.details, screen.session.folded
        names = {details.section_at(i) for i in range(len(details)) if details.is_heading(i)}
        if names <= folded:
            folded -= names
        else:
            folded |= names
        screen.refresh_views()
