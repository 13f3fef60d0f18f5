"""The memory limit of a live session: near it the oldest part is only in the recording.

Nothing is lost: the recorder writes everything. The screen says what isn't shown any more and how
to see it.
"""

from __future__ import annotations

import contextlib
import gc
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from am_dbg.errors import UserError
from am_dbg.model.cursor import Cursor, go_to
from am_dbg.model.format import thousands
from am_dbg.model.visited import Visited
from am_dbg.recording import RecordingReader
from am_dbg.store import Store
from am_dbg.store.shortening import Shortening
from am_dbg.ui.session import Session

NEAR = 0.7
"""Share of the limit at which something is done: the shorter index is made beside the whole."""
KEPT = 0.4
"""Share of the transitions that stays."""
MIN_ROWS = 50_000
"""Transitions below which there is nothing worth leaving out."""
GROWTH = 1.25
"""How much more than after the last time must be there, before it is done again."""
CHECK_SECONDS = 2.0
MEGABYTE = 1_000_000
FIXED_BYTES, ROW_BYTES = 120 * MEGABYTE, 80
"""What a viewer takes, and each transition, where the system doesn't tell."""


def resident_bytes(store: Store) -> int:
    """Memory of this process; estimated from the store where the system doesn't tell."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    return FIXED_BYTES + ROW_BYTES * len(store)


class MemoryKeeper:
    """Looks at the memory now and then, and shortens the session's store in slices.

    ``limit`` in MB; 0: none. Only a live session over one recording is shortened.
    """

    def __init__(self, session: Session, limit: int) -> None:
        self._session = session
        self._limit = limit * MEGABYTE
        self._making: Shortening | None = None
        self._checked = 0.0
        self._rows = MIN_ROWS
        self._left_out = 0
        self._old: list[RecordingReader] = []

    def tend(self, seconds: float) -> bool:
        """Do what there is to do, for at most about so long. True when the store was replaced."""
        if self._making is not None:
            return self._go_on(self._making, seconds)
        now = time.monotonic()
        if now - self._checked >= CHECK_SECONDS:
            self._checked = now
            self._check()
        return False

    @property
    def busy(self) -> bool:
        """Whether a shorter store is being made."""
        return self._making is not None

    def stop(self) -> None:
        """Close what is open."""
        if self._making is not None:
            self._making.drop()
            self._making = None
        self._close_old()

    def _check(self) -> None:
        session = self._session
        store = session.store
        if self._old:  # by now nothing shows it any more
            self._close_old()
            _collect()
        if not self._limit or not session.live or len(store.readers) != 1:
            return
        if len(store) < self._rows or resident_bytes(store) < self._limit * NEAR:
            return
        with contextlib.suppress(UserError):
            making = Shortening(store, KEPT)
            if making.rows:
                self._making = making
                session.left_out = f"{self._near} its oldest part is being left out here"
            else:
                making.drop()

    def _go_on(self, making: Shortening, seconds: float) -> bool:
        session = self._session
        if session.store is not making.before:  # other recordings were opened meanwhile
            self.stop()
            return False
        if not making.step(seconds):
            return False
        self._making = None
        store = making.over()
        if store is None:
            making.drop()
            self._rows = round(len(session.store) * GROWTH)
            session.left_out = ""
            return False
        session.cursor = shifted(store, session.cursor, making.dropped)
        session.store, session.visited = store, Visited()
        session.log_turned.clear()
        self._old += making.before.readers
        self._rows = max(MIN_ROWS, round(len(store) * GROWTH))
        self._left_out += making.rows
        session.left_out = (
            f"{self._near} its oldest {thousands(self._left_out)} transitions are only in the "
            f"recording; to see them: am-dbg {session.recording or session.recordings[0]}"
        )
        return True

    @property
    def _near(self) -> str:
        return f"this session is near the memory limit of {self._limit // MEGABYTE:,} MB:"

    def _close_old(self) -> None:
        for reader in self._old:
            reader.close()
        self._old.clear()


def shifted(store: Store, cursor: Cursor, dropped: Sequence[int]) -> Cursor:
    """The cursor in a store that lacks the first messages; at the first kept when it was before."""
    if not 0 <= cursor.machine < len(store.machines):
        return cursor
    missing = dropped[cursor.machine] if cursor.machine < len(dropped) else 0
    if cursor.pos < missing and cursor.pos >= 0 and not cursor.following:
        first = 0 if len(store.machines[cursor.machine]) else -1
        return go_to(store, cursor, cursor.machine, first).cursor
    machine, pos = cursor.anchor
    if machine >= 0 and pos >= 0:
        pos = max(-1, pos - (dropped[machine] if machine < len(dropped) else 0))
    shown = max(-1, cursor.pos - missing) if cursor.pos >= 0 else -1
    return replace(cursor, pos=shown, anchor=(machine, pos))


def _collect() -> None:
    """Free the old store now: it refers to itself, and the collector may not look at it."""
    frozen = gc.get_freeze_count()
    gc.unfreeze()
    gc.collect()
    if frozen:
        gc.freeze()
