from __future__ import annotations

import pytest

from am_dbg.model.cursor import Cursor
from am_dbg.model.find import Finder
from am_dbg.model.hits import Hits
from am_dbg.model.log import LogView
from am_dbg.store import Store
from tests.model.session import Session


def finder(store: Store, text: str) -> Finder:
    log = store.machine_by("sim-p2")
    assert log is not None
    return Finder(store, log, text)


def test_every_part_of_a_transition_is_searched(store: Store) -> None:
    def found(text: str) -> list[int]:
        return [place for place in finder(store, text).places(-1) if place is not None]

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

    def places(pos: int, forward: bool) -> list[int]:
        return [place for place in search.places(pos, forward) if place is not None]

    assert places(4, True) == [5, 6, 7]
    assert places(6, False) == [5, 4]
    assert places(99, False) == [7, 6, 5, 4]


def test_a_name_is_found_by_its_letters_in_order_when_asked(store: Store) -> None:
    log = store.machine_by("sim-p2")
    exact, fuzzy = Finder(store, log, "cntg"), Finder(store, log, "cntg", fuzzy=True)
    assert [place for place in exact.places(-1) if place is not None] == []
    assert [place for place in fuzzy.places(-1) if place is not None] == [1, 2]


def test_all_machines_are_searched_at_once(store: Store) -> None:
    hits = Hits(Finder(store, None, "start"), 0)
    while hits.work(0.01):
        pass
    found = [store.machines[store.machine[n]].label for n in hits.found]
    assert found.count("sim") == 1
    assert found.count("sim-p2") == 3  # called twice, and a source's handler


def test_a_search_in_the_log_looks_at_the_lines_that_are_shown(store: Store) -> None:
    log = store.machine_by("sim-p2")
    assert log is not None

    def found(text: str, level: int) -> list[int]:
        view = LogView(store, Cursor(machine=log.no, pos=0), level)
        search = Finder(store, log, text, level, view.drawn)
        return [place for place in search.places(-1) if place is not None]

    assert found("rel:remove", 4) == [2]
    assert found("rel:remove", 3) == []
    assert found("[queue:add] topicjoined", 2) == [4]  # a line that nobody logged
    assert found("refused joining", 2) == [3]
    assert found("t-forrest", 2) == []


@pytest.fixture
def many(session: Session) -> Store:
    session.machine("m", ["A", "B"]).machine("other", ["A"])
    for at in range(3000):
        session.tx("other" if at % 3 == 0 else "m", at, "A", "A", args={"id": f"n{at}"})
    return session.store()


@pytest.mark.parametrize("start", [0, 1, 1000, 2999, 3000, 9999])
def test_jumps_go_round_and_count(many: Store, start: int) -> None:
    log = many.machine_by("m")
    wanted = [n for n in range(3000) if n % 3 and f"n{n}".startswith("n77")]
    hits = Hits(Finder(many, log, "n77"), start)
    for n in (0, wanted[0], 1500, wanted[-1], 2999):
        for direction in (1, -1):
            jump = hits.jump(n, direction)
            while isinstance(jump, int):
                hits.work(0.0, jump)
                jump = hits.jump(n, direction)
            assert jump is not None
            ahead = [m for m in wanted if (m > n if direction > 0 else m < n)]
            side = ahead or wanted
            assert jump.n == (side[0] if direction > 0 else side[-1])
            assert jump.wrapped == (not ahead)
    while hits.work(0.001):
        pass
    assert hits.count == len(wanted)
    assert [hits.rank(n) for n in wanted] == list(range(1, len(wanted) + 1))
    assert hits.rank(wanted[0] + 1) is None
    assert sorted(hits.found) == wanted


def test_what_comes_later_is_found_too(session: Session) -> None:
    session.machine("m", ["A"])
    for at in range(300):
        session.tx("m", at, "A", "A", args={"id": "needle" if at % 100 == 0 else "hay"})
    store = session.store()
    hits = Hits(Finder(store, store.machines[0], "needle"), 150)
    while hits.work(0.001):
        pass
    assert (hits.count, hits.share) == (3, 1.0)
    session.tx("m", 301, "A", "A", args={"id": "needle"})
    session.writer.flush()
    while store.feed():
        pass
    assert not hits.done
    while hits.work(0.001):
        pass
    assert hits.count == 4


def test_nothing_found_is_told(store: Store) -> None:
    hits = Hits(Finder(store, None, "no-such-thing"), 3)
    assert hits.jump(3, 1) == 1
    while hits.work(0.01):
        pass
    assert hits.jump(3, 1) is None
