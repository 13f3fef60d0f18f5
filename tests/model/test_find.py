from __future__ import annotations

from am_dbg.model.find import Finder
from am_dbg.store import Store
from tests.model.session import Session


def finder(store: Store, text: str) -> Finder:
    log = store.machine_by("sim-p2")
    assert log is not None
    return Finder(store, log, text)


def test_every_part_of_a_transition_is_searched(store: Store) -> None:
    def found(text: str) -> list[int | None]:
        return list(finder(store, text).places(-1))

    assert found("connected") == [2]
    assert found("CONNECTING") == [1, 2]
    assert found("topic.id=t-forrest") == [2]
    assert found("hello") == [2]
    assert found("joiningtopicenter") == [3]
    assert found("queued topic") == [4]
    assert found("x.py") == [2]
    assert found("no such thing") == []


def test_matches_come_nearest_first_in_either_direction(store: Store) -> None:
    search = finder(store, "topicjoined")
    assert list(search.places(4)) == [5, 6, 7]
    assert list(search.places(6, forward=False)) == [5, 4]
    assert list(search.places(99, forward=False)) == [7, 6, 5, 4]


def test_a_long_search_lets_others_work(session: Session) -> None:
    session.machine("sim-p2", ["A"])
    for at in range(600):
        session.tx("sim-p2", at, "A", "A")
    session.tx("sim-p2", 601, "A", "A", args={"id": "needle"})
    assert list(finder(session.store(), "needle").places(-1)) == [None, None, 600]
