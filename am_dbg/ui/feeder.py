"""Keeps the store up with its recording, in slices between key presses."""

from __future__ import annotations

import asyncio

from am_dbg.model.cursor import follow, opening_cursor, refresh, select_machine
from am_dbg.ui.memory import MemoryKeeper
from am_dbg.ui.session import Session

SLICE_SECONDS = 0.004
"""How long indexing may hold the event loop."""
POLL_SECONDS = 0.03
"""How soon new data is looked for when there was none."""


class Feeder:
    """Feeds the store as a worker, and brings the cursor along."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.trouble = ""
        self._version = -1
        self._more = True
        self._keeper = MemoryKeeper(session, session.settings.max_mem)

    async def run(self) -> None:
        """Feed, until nothing more can come."""
        try:
            await self._feed()
        finally:
            self._keeper.stop()

    async def _feed(self) -> None:
        session = self._session
        while True:
            try:
                # a store that is being made shorter rests: its successor would never be as far
                self._more = self._keeper.busy or session.store.feed(SLICE_SECONDS)
            except OSError as error:
                self.trouble = f"the recording can't be read any more: {error}"
                return
            if self._keeper.tend(SLICE_SECONDS):
                self._version = -1  # another store: everything is to be shown anew
            if not self._more and not session.live and not session.opening:
                return
            await asyncio.sleep(0 if self._more else POLL_SECONDS)

    def take_over(self) -> bool:
        """Bring the cursor up to date; True when there is anything new to show."""
        session = self._session
        opened = session.opening and not self._more
        if session.store.version == self._version and not opened:
            return False
        self._version = session.store.version
        if session.opening:
            session.cursor = opening_cursor(session.store, session.live, session.lens.visible)
            session.opening = not opened
        else:
            nobody = session.machine is None
            session.cursor = refresh(session.store, session.cursor, session.lens.visible)
            if nobody and session.machine is not None and not session.settings.view.follow:
                session.cursor = follow(session.store, session.cursor, False).cursor
            if session.settings.view.select_connected and session.cursor.following:
                self._select_connected()
        return True

    def _select_connected(self) -> None:
        """The only machine that is connected, when there is only one."""
        session = self._session
        connected = [machine.no for machine in session.store.machines if machine.connected]
        if len(connected) == 1 and connected[0] != session.cursor.machine:
            session.cursor = select_machine(session.store, session.cursor, connected[0]).cursor
