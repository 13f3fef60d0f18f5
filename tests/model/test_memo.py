from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

from am_dbg.model.cursor import opening_cursor
from am_dbg.model.history import HistoryView
from am_dbg.model.memo import KEPT, memo
from tests.model.session import Session


def test_results_are_computed_once_and_the_oldest_are_dropped(session: Session) -> None:
    store = session.store()
    numbers: Iterator[int] = iter(range(10_000))
    first = memo(store, ("number", 0), lambda: next(numbers))
    assert memo(store, ("number", 0), lambda: next(numbers)) == first
    for i in range(1, KEPT + 1):
        memo(store, ("number", i), lambda: next(numbers))
    assert memo(store, ("number", 0), lambda: next(numbers)) != first


def test_what_is_remembered_does_not_keep_a_store_alive(session: Session) -> None:
    session.machine("m", ["A"]).tx("m", 1, "A", "A")
    store = session.store()
    view = HistoryView(store, opening_cursor(store, live=False))
    assert view.line(1, 80)
    gone = weakref.ref(store)
    store.close()
    del store, view
    gc.collect()
    assert gone() is None
