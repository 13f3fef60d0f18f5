"""The session recorded with the Go debugger: what its panes must show."""

from __future__ import annotations

from pathlib import Path

import pytest

from am_dbg.formats.dump import import_dump
from am_dbg.model import cursor as moves
from am_dbg.model.cursor import opening_cursor
from am_dbg.model.details import DetailsView
from am_dbg.model.format import width_of
from am_dbg.model.history import HistoryView
from am_dbg.model.log import LogPlace, LogView
from am_dbg.model.machines import MachinesView
from am_dbg.model.sentence import sentence
from am_dbg.model.states import StatesView
from am_dbg.model.status import graph_time, status_line
from am_dbg.model.timeline import Timeline
from am_dbg.store import Store
from tests.model.session import feed_all, text

DUMP = Path("../shared/data/am-dbg-sim.gob.br")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    if not DUMP.exists():
        pytest.skip(f"the recorded session {DUMP} is not at hand")
    path = tmp_path_factory.mktemp("real") / "sim.mcap"
    import_dump(DUMP, path)
    store = Store.open([path], cache=False)
    feed_all(store)
    return store


def test_it_opens_on_its_last_transition(store: Store) -> None:
    cursor = opening_cursor(store, live=False)
    line = text(status_line(store, cursor, 200, files="sim.mcap"))
    assert "mach://sim/" in line
    assert "tx 219" in line
    assert "t 8,610   sim.mcap   107 machines   7,605 tx   0 lost" in line
    assert text(sentence(store, cursor, 80)) == "✓ remove Start  −Start"


def test_all_machines_share_the_moment(store: Store) -> None:
    cursor = opening_cursor(store, live=False)
    for log in store.machines:
        at = moves.select_machine(store, cursor, log.no).cursor
        assert at.moment == cursor.moment
        assert graph_time(store, at) == 8_610
        assert at.pos == len(log) - 1


def test_what_a_transition_did_with_arguments_from_its_log(store: Store) -> None:
    log = store.machine_by("sim-p26")
    assert log is not None
    cursor = moves.go_to(store, opening_cursor(store, live=False), log.no, 5).cursor
    told = text(sentence(store, cursor, 118))
    assert told == "✓ add TopicJoined (Topic.id=t-forrest-gump)  +TopicJoined +FwdToSim  1 queued"
    states = StatesView(store, cursor)
    row = states.index_of("TopicJoined")
    assert row is not None
    assert text(states.line(row, 46)).split() == ["◉", "TopicJoined", "M", "▲c", "1"]


def test_every_canceled_transition_is_reached_and_says_why(store: Store) -> None:
    seen = 0
    for log in store.machines:
        cursor = moves.go_to(store, opening_cursor(store, live=False), log.no, -1).cursor
        while not (move := moves.next_canceled(store, cursor)).message:
            cursor = move.cursor
            seen += 1
            assert "refused" in text(sentence(store, cursor, 100)) or "requires" in text(
                sentence(store, cursor, 100)
            )
    assert seen == 72


def test_every_row_of_every_pane_fits(store: Store) -> None:
    cursor = opening_cursor(store, live=False)
    for width in (18, 32, 76):
        for log in store.machines[::9]:
            at = moves.go_to(store, cursor, log.no, len(log) // 2).cursor
            views = (
                MachinesView(store, at),
                StatesView(store, at, expanded=log.states),
                HistoryView(store, at),
                DetailsView(store, at),
            )
            lines = [view.line(i, width) for view in views for i in range(len(view))]
            lines += [row.line for row in LogView(store, at, 5).window(LogPlace(-1), 999, width)]
            bars = Timeline(store, at, width)
            lines += [bars.bar(), bars.axis()]
            assert max(width_of(line) for line in lines) <= width


def test_search_finds_machines_by_digits(store: Store) -> None:
    view = MachinesView(store, opening_cursor(store, live=False), search="ps-23")
    names = [store.machines[view.machine_at(i)].label for i in range(len(view))]
    assert names == ["ps-23", "ps-23-disc"]
