"""The reader: forks, siblings, queue, what waits, pipes, and the selected state in it all."""

from __future__ import annotations

import pytest

from am_dbg.model.cursor import Cursor
from am_dbg.model.details import DetailsView
from am_dbg.model.log import LogPlace, LogView
from am_dbg.model.text import Token
from am_dbg.store import Store
from am_dbg.store.told import told_index
from tests.model.session import Session, text


def read(store: Store, pos: int, machine: int = 0, state: str = "") -> DetailsView:
    index = told_index(store)
    while index.work(0.0):
        pass
    return DetailsView(store, Cursor(machine=machine, pos=pos, state=state))


def section(view: DetailsView, name: str) -> list[str]:
    return [
        " ".join(text(view.line(i, 120)).split())
        for i in range(len(view))
        if view.section_at(i) == name
    ]


@pytest.fixture
def family(session: Session) -> Store:
    """a makes b do two things, one of them by its queue, and itself one."""
    session.machine("a", ["A", "B"], tags=["root"]).machine("b", ["C"], tags=["leaf", "two"])
    session.tx("a", 1, "A", "A")
    source = ("a", "t1", 1, "AState")
    session.tx("b", 2, "C", "C", source=source)
    session.tx("b", 3, "C", is_queued=True, mut_queue_tick=9, source=source)
    session.tx("b", 4, "C", "C", queue_tick=9, source=source)
    session.tx("a", 5, "B", "B", log_entries=[(3, "[source] a/t1/1")])
    return session.store()


def test_what_a_transition_made_happen_in_any_machine(family: Store) -> None:
    view = read(family, 0)
    assert section(view, "Forked") == [
        "▾ Forked 3",
        "✓ add C #leaf #two b t1 ↗",
        "✓ add C #leaf #two b t2 ↗",
        "✓ add B #root a t2 ↗",
    ]
    row = view.row_of("Forked")
    assert row is not None
    assert view.link_at(row + 2) == "mach://b/t4"
    assert section(read(family, 1), "Forked") == ["Forked nothing"]


def test_siblings_are_the_other_forks_of_the_source(family: Store) -> None:
    assert section(read(family, 1), "Siblings") == [
        "▾ Siblings 2",
        "✓ add C #leaf #two b t1 ↗",
        "✓ add C #leaf #two b t2 ↗",
    ]
    assert (
        section(read(family, 2, machine=1), "Siblings")[0] == "▾ Siblings 2"
    )  # not its own queuing
    assert section(read(family, 0), "Siblings") == [
        "Siblings it has no source, or none told (Go: AM_LOG=3)"
    ]
    assert section(read(family, 1), "Source")[-2:] == ["doing ✓ add A", "tags #root"]


def test_contexts_and_waits_that_are_open(session: Session) -> None:
    session.machine("m", ["A", "B"])
    notes = [
        ("ctx", "new", [0], "A"),
        ("when", "new", [0, 1], None),
        ("when_time", "new", [1], [4]),
        ("when_args", "new", [0], ["id", "name"]),
        ("when_queue", "new", [], 12),
        ("when_query", "new", [], None),
    ]
    session.tx("m", 1, "A", "A", notes=notes)
    session.tx("m", 2, "A", "A", notes=[("ctx", "match", [0], "A"), ("when_not", "new", [1], None)])
    store = session.store()
    first = read(store, 0)
    assert section(first, "Contexts") == ["▾ Contexts 1", "A since t1 ↗"]
    assert section(first, "When") == ["▾ When 1", "A B since t1 ↗"]
    assert section(first, "When time") == ["▾ When time 1", "B ticks 4 since t1 ↗"]
    assert section(first, "When args") == ["▾ When args 1", "A (id name) since t1 ↗"]
    assert section(first, "When queue") == ["▾ When queue 1", "q12 since t1 ↗"]
    assert section(first, "When query") == ["▾ When query 1", "since t1 ↗"]
    assert section(first, "When not") == []
    second = read(store, 1)
    assert section(second, "Contexts") == ["Contexts none open"]
    assert section(second, "When not") == ["▾ When not 1", "B since t2 ↗"]
    row = second.row_of("When")
    assert row is not None
    assert second.link_at(row + 1) == "mach://m/t1"


def test_many_are_counted_and_the_newest_shown(session: Session) -> None:
    session.machine("m", ["A"])
    for at in range(60):
        session.tx("m", at, "A", "A", notes=[("when_time", "new", [0], [100 + at])])
    told = section(read(session.store(), 59), "When time")
    assert told[0] == "▾ When time 60"
    assert told[1] == "A ticks 159 since t60 ↗"
    assert told[-1] == "… 10 more"


def test_empty_sections_name_the_switches(session: Session) -> None:
    session.machine("m", ["A"]).tx("m", 1, "A", "A")
    store = session.store()
    view = read(store, 0)
    assert "AM_LOG_STATE_CTX=1" in section(view, "Contexts")[0]
    assert "AM_LOG_WHEN=1" in section(view, "Waits")[0]
    assert section(view, "Pipes in") == ["Pipes in none told (Go: AM_LOG=3)"]


def test_until_it_has_looked_back_it_says_so(session: Session) -> None:
    session.machine("m", ["A"]).tx("m", 1, "A", "A", notes=[("when", "new", [0], None)])
    store = session.store()
    view = DetailsView(store, Cursor(machine=0, pos=0))
    assert section(view, "Waits") == ["Waits looking back … 0%"]
    assert section(read(store, 0), "When")[0] == "▾ When 1"


def test_pipes_lead_to_the_other_machine(session: Session) -> None:
    session.machine("m", ["A", "B"], pipes=[("pipe_out", "new", [1], ["other", "X", "add"])])
    session.machine("other", ["X"])
    session.tx("m", 1, "A", "A", notes=[("pipe_in", "new", [0], ["gone", "Y", "remove"])])
    session.tx("m", 2, log_entries=[(3, "[pipe-out:add] A to other")])
    session.tx("other", 3, "X", "X")
    store = session.store()
    view = read(store, 0)
    assert section(view, "Pipes out") == ["▾ Pipes out 1", "B → add other X ↗"]
    assert section(view, "Pipes in") == [
        "▾ Pipes in 1",
        "A ← remove gone Y (not in this recording)",
    ]
    row = view.row_of("Pipes out")
    assert row is not None
    assert view.link_at(row + 1) == "mach://other"
    assert view.state_at(row + 1) == "B"


def test_what_waits_in_the_queue(session: Session) -> None:
    session.machine("m", ["A", "B"])
    session.tx("m", 1, "A", "A", queue_tick=1)
    session.tx("m", 2, "A", is_queued=True, mut_queue_tick=2, queue_tick=1, queue=1)
    session.tx("m", 3, "B", is_queued=True, mut_queue_tick=3, queue_tick=1, queue=2)
    session.tx("m", 4, "A", "A", queue_tick=2, mut_queue_tick=2, queue=1)
    session.tx("m", 5, "B", "B", queue_tick=3, mut_queue_tick=3)
    store = session.store()
    assert section(read(store, 2), "Queue") == [
        "▾ Queue",
        "current q1",
        "queued for q3",
        "executed at t3, +0.002s ↗",
        "length 2 waiting",
        "inferred from what was queued and not executed",
        "◌ add A t1 ↗",
        "◌ add B t1 ↗",
    ]
    assert section(read(store, 3), "Queue")[-1] == "◌ add B t1 ↗"
    assert section(read(store, 4), "Queue")[-1].startswith("queued at")


def test_a_queue_that_is_told_is_shown_as_it_is(session: Session) -> None:
    dump = [f"add S{i}" for i in range(52)]
    session.machine("m", ["A"]).tx("m", 1, "A", "A", queue_tick=1, queue=52, queue_dump=dump)
    told = section(read(session.store(), 0), "Queue")
    assert told[3] == "add S0"
    assert told[-1] == "… 2 more"


def test_the_selected_state_stands_out(family: Store) -> None:
    view = read(family, 0, state="A")
    marked = [
        span.text
        for i in range(len(view))
        for span in view.line(i, 90)
        if span.token is Token.NAMED
    ]
    assert marked
    assert all(mark.strip("+−± ") == "A" for mark in marked)
    log = LogView(family, Cursor(machine=0, pos=0, state="A"))
    rows = log.window(LogPlace(0), 5, 90)
    assert [s.text for row in rows for s in row.line if s.token is Token.NAMED] == ["+A"]
