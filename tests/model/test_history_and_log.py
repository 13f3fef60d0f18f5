from __future__ import annotations

from collections.abc import Callable

import pytest

from am_dbg.model import cursor as moves
from am_dbg.model.cursor import Cursor
from am_dbg.model.history import HistoryView
from am_dbg.model.log import LogPlace, LogView, parse_fold
from am_dbg.model.text import Token
from am_dbg.store import Store
from tests.model.session import Session, text

Number = Callable[[str], int]


@pytest.fixture
def third(store: Store, no: Number) -> Cursor:
    return moves.go_to(store, Cursor(), no("sim-p2"), 2).cursor


def test_history_has_a_row_for_the_schema_and_one_for_each_transition(
    store: Store, third: Cursor
) -> None:
    view = HistoryView(store, third)
    assert len(view) == 10
    assert text(view.line(0, 60)).split() == ["initial", "schema", "8", "states"]
    assert view.pos_at(view.index_of(4)) == 4
    assert text(view.title()) == "History 9"


def test_rows_tell_time_sign_mutation_called_outcome_and_duration(
    store: Store, third: Cursor
) -> None:
    view = HistoryView(store, third)
    told = [" ".join(text(view.line(i, 100)).split()) for i in range(1, len(view))]
    assert told == [
        "14:13:20.010 ✓ add Start +Start 0.4 ms",
        "14:13:20.300 ✓ auto Connecting +Connecting",
        "14:13:21.500 ✓ add Ready Connected +Ready +Connected −Connecting 0.4 ms",
        "14:13:22.000 ✗ add JoiningTopic refused by JoiningTopicEnter",
        "14:13:22.500 ◌ add TopicJoined queued",
        "14:13:22.600 ✓ add TopicJoined +TopicJoined",
        "14:13:22.700 ✓ add TopicJoined +TopicJoined",
        "14:13:22.900 ? add TopicJoined possible",
        "14:13:23.900 ✓ add Start −Start",
    ]


def test_narrow_rows_count_what_they_cannot_name(store: Store, third: Cursor) -> None:
    view = HistoryView(store, third)
    assert text(view.line(3, 34)).split() == ["21.500", "✓", "Ready", "Connected", "+2", "−1"]
    assert text(view.line(4, 36)).split() == ["22.000", "✗", "JoiningTopic", "refused"]


def test_outcomes_stand_in_one_column(store: Store, third: Cursor) -> None:
    view = HistoryView(store, third)
    starts = {text(view.line(i, 70)).index(word) for i, word in ((1, "+S"), (4, "ref"), (5, "que"))}
    assert len(starts) == 1


def test_lost_messages_are_told_where_they_are_missing(session: Session) -> None:
    session.machine("m", ["A"]).tx("m", 1, "A", "A").gap("m", 1200).tx("m", 9, "A", "A")
    store = session.store()
    view = HistoryView(store, Cursor(machine=0, pos=1))
    assert "⋯ 1,200 lost" in text(view.line(2, 80))
    assert "lost" not in text(view.line(1, 80))


def log_lines(view: LogView, width: int = 80, height: int = 99) -> list[str]:
    return [text(row.line) for row in view.window(LogPlace(-1), height, width)]


def test_the_log_has_semantic_lines_and_at_least_one_for_each_transition(
    store: Store, third: Cursor
) -> None:
    assert log_lines(LogView(store, third, level=2)) == [
        "  initial schema, 8 states",
        "✓ [state] +Start",
        "✓ [auto_] +Connecting",
        "✓ [state] +Ready +Connected −Connecting",
        "  [exter] hello",
        "  [error] boom  ▸ 1 line",
        "✗ [cancel] add JoiningTopic  refused by JoiningTopicEnter",
        "◌ [queue:add] TopicJoined",
        "✓ [state] +TopicJoined",
        "✓ [state] +TopicJoined",
        "? [add] TopicJoined  possible",
        "✓ [state] −Start",
    ]


def test_levels_filter_the_entries(store: Store, third: Cursor) -> None:
    ops = log_lines(LogView(store, third, level=3))
    assert "✓ [add] Ready Connected (Topic.id=t-forrest gump)" in ops
    assert not any("rel:remove" in line for line in ops)
    assert any("rel:remove" in line for line in log_lines(LogView(store, third, level=4)))
    assert len(log_lines(LogView(store, third, level=1))) == 11
    assert text(LogView(store, third, level=4).title()) == "Log ≤ decisions"


def test_parts_of_a_line_have_their_meaning(store: Store, third: Cursor) -> None:
    rows = LogView(store, third, level=3).window(LogPlace(2), 3, 80)
    tokens = {span.text: span.token for row in rows for span in row.line}
    assert tokens["[add]"] is Token.CALLED
    assert tokens["Ready"] is Token.STRONG
    assert tokens["Topic.id"] is Token.ARG_NAME
    assert tokens["t-forrest gump"] is Token.ARG_VALUE
    assert tokens["+Ready"] is Token.ADDED
    assert tokens["−Connecting"] is Token.REMOVED


def test_a_source_in_the_log_is_a_link(session: Session) -> None:
    entries = [(3, "[add] A"), (3, "[source] other/t 1/3")]
    session.machine("m", ["A"]).tx("m", 1, "A", "A", log_entries=entries)
    store = session.store()
    rows = LogView(store, Cursor(machine=0, pos=0)).window(LogPlace(0), 9, 60)
    assert [span.link for row in rows for span in row.line if span.link] == ["mach://other/t%201"]


def test_scrolling_by_lines_walks_from_transition_to_transition(
    store: Store, third: Cursor
) -> None:
    view = LogView(store, third, level=2)
    everything = [row.place for row in view.window(LogPlace(-1), 99, 80)]
    for start in range(len(everything)):
        for lines in (-20, -3, -1, 0, 1, 2, 5, 20):
            wanted = everything[min(max(start + lines, 0), len(everything) - 1)]
            assert view.scroll(everything[start], lines) == wanted


def test_the_shown_transition_is_in_sight_and_marked(store: Store, no: Number) -> None:
    for pos in range(-1, 9):
        cursor = moves.go_to(store, Cursor(), no("sim-p2"), pos).cursor
        for height in (4, 6, 9):
            view = LogView(store, cursor, level=2)
            rows = view.window(view.place_for(height), height, 80)
            assert any(row.selected for row in rows), (pos, height)
            assert len(rows) == height


def test_times_stand_before_the_first_transition_of_a_second(store: Store, third: Cursor) -> None:
    lines = log_lines(LogView(store, third, level=2, times=True))
    assert [line for line in lines if line.startswith("──")] == [
        "── 14:13:20 ──",
        "── 14:13:21 ──",
        "── 14:13:22 ──",
        "── 14:13:23 ──",
    ]


def test_a_place_beyond_the_log_becomes_the_nearest(store: Store, third: Cursor) -> None:
    view = LogView(store, third, level=2)
    assert view.scroll(LogPlace(500, 3), 0) == LogPlace(8, 0)
    assert view.window(LogPlace(8, 7), 5, 80)[0].place == LogPlace(8, 0)
    assert view.scroll(LogPlace(0), 50_000) == LogPlace(8)


def test_without_a_machine_there_is_nothing(session: Session) -> None:
    store = session.store()
    assert len(HistoryView(store, Cursor())) == 0
    view = LogView(store, Cursor())
    assert view.window(view.place_for(10), 10, 80) == []
    assert view.scroll(LogPlace(-1), 3) == LogPlace(-1)


def test_what_follows_the_first_line_of_an_entry_is_folded(store: Store, third: Cursor) -> None:
    view = LogView(store, third, level=2)
    place = next(row.place for row in view.window(LogPlace(2), 9, 80) if "boom" in text(row.line))
    fold = view.fold_at(place)
    assert fold is not None
    assert view.fold_at(LogPlace(2)) is None
    one = LogView(store, third, level=2, turned=frozenset({fold}))
    assert [text(row.line) for row in one.window(place, 2, 80)] == [
        "  [error] boom  ▾ 1 line",
        '        File "x.py", line 3',
    ]
    assert one.fold_at(LogPlace(2, place.line + 1)) == fold
    assert log_lines(LogView(store, third, level=2, traces=True)) == log_lines(one)
    link = next(span.link for span in one.window(place, 1, 80)[0].line if span.link)
    assert parse_fold(link) == fold
    both = LogView(store, third, level=2, traces=True, turned=frozenset({fold}))
    assert log_lines(both) == log_lines(view)


def test_long_lines_are_broken_when_asked(store: Store, third: Cursor) -> None:
    view = LogView(store, third, level=3, wrap=30)
    lines = [row.line for row in view.window(LogPlace(2), 7, 30)]
    assert [text(line).rstrip() for line in lines][:4] == [
        "✓ [add] Ready Connected",
        "        (Topic.id=t-forrest",
        "        gump)",
        "  [state] +Ready +Connected",
    ]
    assert text(view.title()) == "Log ≤ ops wrap"


def test_a_line_leads_to_a_state(store: Store, third: Cursor) -> None:
    view = LogView(store, third, level=3)
    told = {text(row.line): view.state_at(row.place) for row in view.window(LogPlace(-1), 99, 80)}
    assert told["  [state] +Ready +Connected −Connecting"] == "Ready"
    assert told["  [exter] hello"] == "Ready"  # the first that its transition changed
    assert told["✗ [cancel] add JoiningTopic  refused by JoiningTopicEnter"] == "JoiningTopic"
    assert told["  initial schema, 8 states"] == ""
    assert view.line_with(2, ["HELLO"]).line == 2
    assert view.line_with(2, ["nowhere"]).line == 0
