"""Another set of recordings in the same session: opened and indexed beside what is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from am_dbg.formats import imported
from am_dbg.model.cursor import Cursor, opening_cursor
from am_dbg.model.visited import Visited
from am_dbg.store import MachineLog, Store
from am_dbg.ui.notes import read_marks
from am_dbg.ui.session import Session

SLICE_SECONDS = 0.004
"""How long indexing holds the screen before keys get their turn."""
WAIT_SECONDS = 5.0
"""How long to index before the new recordings are shown though not all is known yet."""


async def opened(
    paths: Sequence[Path], progress: Callable[[int, int], None]
) -> tuple[list[Path], Store, bool]:
    """The recordings of these files (dumps are imported), a store over them, whether more waits.

    Raises UserError. Cancelled, it leaves nothing open.
    """
    recordings = [await asyncio.to_thread(imported, path) for path in paths]
    store = await asyncio.to_thread(Store.open, recordings)
    try:
        loop = asyncio.get_running_loop()
        until = loop.time() + WAIT_SECONDS
        more = True
        while more and loop.time() < until:
            more = store.feed(SLICE_SECONDS)
            progress(*store.progress())
            await asyncio.sleep(0)
    except BaseException:
        store.close()
        raise
    return recordings, store, more


def take_over(session: Session, recordings: list[Path], store: Store, more: bool) -> None:
    """Show that store instead; machine and moment are kept where they are still there."""
    before, cursor = session.store, session.cursor
    collapsed = {
        log.no
        for no in session.collapsed
        if no < len(before.machines) and (log := same(before.machines[no], store)) is not None
    }
    session.cursor = carried(before, cursor, store)
    session.store = store
    session.collapsed = collapsed
    session.visited = Visited()
    session.log_turned.clear()
    for path in recordings:
        if path not in session.recordings:
            session.marks = {**read_marks(path), **session.marks}
    session.recordings = recordings
    session.opening = more and session.cursor.machine < 0
    before.close()


def carried(before: Store, cursor: Cursor, after: Store) -> Cursor:
    """The cursor's place in another store; its end when the machine isn't there."""
    log = before.machines[cursor.machine] if 0 <= cursor.machine < len(before.machines) else None
    there = None if log is None else same(log, after)
    if log is None or there is None:
        return opening_cursor(after, live=False)
    pos = there.pos_at(cursor.moment)
    exact = cursor.pos
    if 0 <= exact < min(len(log), len(there)) and there.time_at(exact) == log.time_at(exact):
        pos = exact
    anchor = (there.no, pos) if cursor.moment is not None else (-1, -1)
    return replace(cursor, machine=there.no, pos=pos, anchor=anchor)


def same(log: MachineLog, store: Store) -> MachineLog | None:
    """The machine in another store: of the same id and instance, else None."""
    found = store.registry.by_id.get(log.id, [])
    for other in found:
        if other.instance == log.instance and (log.instance or other.label == log.label):
            return other
    return None
