"""Filters hide what they say, moves pass over it and count it, and views have rows for the rest."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from am_dbg.model import cursor as moves
from am_dbg.model.cursor import Cursor, Move
from am_dbg.model.filter_menu import ROWS, FilterMenu
from am_dbg.model.filters import (
    CHOICES,
    EVERYTHING_SHOWN,
    Filters,
    FilterSet,
    Lens,
    filter_text,
    hides,
)
from am_dbg.model.history import HistoryView
from am_dbg.model.log import LogPlace, LogView
from am_dbg.model.machines import MachinesView
from am_dbg.model.playing import FACTORS, Pace, next_beat
from am_dbg.model.shown import ShownRows
from am_dbg.model.timeline import Timeline
from am_dbg.store import Flag, Store
from tests.model.session import Session, feed_all, text

STATES = ("Start", "Ready", "Heartbeat", "Exception")
ALL = FilterSet(EVERYTHING_SHOWN)


@pytest.fixture
def mixed(session: Session) -> Session:
    """One of each kind; positions are in the comments."""
    groups = {"Basic": [0], "Health": [2]}
    session.machine("m", STATES, groups=groups, groups_order=["Basic", "Health"])
    session.machine("other", STATES)
    session.tx("m", 0, "Start", is_queued=True, mut_queue_tick=1)  # 0 executed
    session.tx("m", 1, "Start", "Start", queue_tick=1)  # 1
    session.tx("m", 2, "Ready", is_auto=True, accepted=False)  # 2 rejected auto
    session.tx("m", 3, "Heartbeat", "Heartbeat")  # 3 health
    session.tx("m", 4, "Ready", is_check=True)  # 4 check
    session.tx("m", 5, "Ready", accepted=False)  # 5 canceled
    session.tx("m", 6, "Start")  # 6 no change
    session.tx("m", 7, "Ready", "Ready", is_auto=True)  # 7 auto
    session.tx("m", 8, "Ready", is_queued=True, mut_queue_tick=9)  # 8 waiting
    session.tx("m", 9, "Exception", "Exception", is_auto=True, accepted=False)  # 9
    session.tx("m", 10, "Ready", is_check=True)  # 10 check
    return session


@pytest.fixture
def store(mixed: Session) -> Iterator[Store]:
    store = mixed.store()
    yield store
    store.close()


def shown(lens: Lens, machine: int = 0) -> list[int]:
    visible = lens.visible(machine)
    return [visible.at(row) for row in range(len(visible))]


def test_what_is_hidden_at_first(store: Store) -> None:
    lens = Lens(store)
    assert shown(lens) == [1, 5, 6, 7, 8]
    assert [lens.why_hidden(0, pos) for pos in (0, 2, 3, 4, 9)] == [
        "queued, executed",
        "auto, rejected",
        "health",
        "check",
        "auto, rejected",
    ]
    assert lens.why_hidden(0, 1) == lens.why_hidden(0, -1) == ""


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        ({"canceled": False}, {2, 5, 9}),
        ({"queued": "none"}, {0, 8}),
        ({"queued": "waiting"}, {0}),
        ({"auto": "none"}, {2, 7, 9}),
        ({"auto": "accepted"}, {2, 9}),
        ({"empty": False}, {6}),
        ({"health": False}, {3}),
        ({"checks": False}, {4, 10}),
    ],
)
def test_each_filter_alone(store: Store, change: dict[str, Any], gone: set[int]) -> None:
    filters = msgspec.structs.replace(EVERYTHING_SHOWN, **change)
    assert set(range(11)) - set(shown(Lens(store, FilterSet(filters)))) == gone
    assert shown(Lens(store, ALL)) == list(range(11))


def test_the_group_hides_what_calls_none_of_its_states(store: Store) -> None:
    filters = FilterSet(msgspec.structs.replace(EVERYTHING_SHOWN, group=True))
    assert shown(Lens(store, filters, "Basic")) == [0, 1, 6]
    assert shown(Lens(store, filters, "Health")) == [3]
    assert shown(Lens(store, filters, "no such group")) == list(range(11))
    assert shown(Lens(store, ALL, "Basic")) == list(range(11))
    assert Lens(store, filters, "Basic").why_hidden(0, 3) == "outside Basic"


def test_a_machine_can_have_its_own() -> None:
    filters = FilterSet().changed("canceled", False, "m").changed("checks", True)
    assert filters.of("m") == Filters(canceled=False, checks=True)
    assert filters.of("n") == filters.of(None) == Filters(checks=True)
    assert filters.changed("canceled", True, "m").machines == {}
    assert filters.reset(Filters(), "m").of("m") == Filters()
    assert filters.reset(Filters()).machines == {}


def test_filters_survive_json() -> None:
    filters = FilterSet().changed("auto", "none", "m").changed("log_level", 5)
    assert msgspec.json.decode(msgspec.json.encode(filters), type=FilterSet) == filters


def test_every_choice_has_words_for_each_of_its_values() -> None:
    for choice in CHOICES:
        for filters in (Filters(), EVERYTHING_SHOWN):
            value = getattr(filters, choice.name)
            assert choice.value_words(value) != str(value)
        seen = [choice.following(getattr(Filters(), choice.name), by) for by in range(9)]
        assert set(seen) == {value for value, _mark, _words in choice.values}


Moving = Callable[[Store, Cursor, Any], Move]


@pytest.mark.parametrize(
    ("move", "pos", "to", "skipped"),
    [
        (lambda s, c, see: moves.next_transition(s, c, 1, see), -1, 1, 1),
        (lambda s, c, see: moves.next_transition(s, c, 1, see), 1, 5, 3),
        (lambda s, c, see: moves.next_transition(s, c, 1, see), 3, 5, 1),
        (lambda s, c, see: moves.next_transition(s, c, 3, see), 1, 7, 3),
        (lambda s, c, see: moves.next_transition(s, c, 50, see), 1, 8, 3),
        (lambda s, c, see: moves.previous_transition(s, c, 1, see), 5, 1, 3),
        (lambda s, c, see: moves.previous_transition(s, c, 1, see), 1, -1, 1),
        (lambda s, c, see: moves.previous_transition(s, c, 2, see), 7, 5, 0),
        (lambda s, c, see: moves.previous_transition(s, c, 50, see), 7, -1, 4),
        (moves.first, 8, -1, 4),
        (moves.last, -1, 8, 4),
        (moves.next_canceled, -1, 5, 1),
        (moves.previous_canceled, 10, 5, 1),
    ],
)
def test_moves_pass_over_what_is_hidden(
    store: Store, move: Moving, pos: int, to: int, skipped: int
) -> None:
    cursor = moves.go_to(store, Cursor(), 0, pos).cursor
    moved = move(store, cursor, Lens(store).visible)
    assert (moved.cursor.pos, moved.skipped, moved.message) == (to, skipped, "")


def test_a_border_says_what_is_hidden_behind_it(store: Store) -> None:
    see = Lens(store).visible
    at = moves.go_to(store, Cursor(), 0, 8).cursor
    assert "2 hidden after it" in moves.next_transition(store, at, 1, see).message
    assert "1 hidden" in moves.next_error(store, at, see).message
    hearts = moves.select_state(store, moves.go_to(store, at, 0, -1).cursor, "Heartbeat").cursor
    assert "1 hidden" in moves.next_change(store, hearts, see).message
    ready = moves.select_state(store, hearts, "Ready").cursor
    assert moves.next_change(store, ready, see).cursor.pos == 7


def test_who_comes_by_the_time_stands_on_what_is_shown(store: Store) -> None:
    """The last one is a check, the one before has changed a clock: that is the moment's truth."""
    see = Lens(store).visible
    assert moves.opening_cursor(store, True, see).pos == 10
    shown_again = FilterSet(Filters(auto="all"))
    see = Lens(store, shown_again).visible
    assert moves.opening_cursor(store, True, see).pos == 9
    assert moves.opening_cursor(store, False, see).pos == 9
    there = moves.select_machine(store, Cursor(1, None), 0, see).cursor
    assert there.pos == 9


def test_a_chosen_hidden_one_is_among_the_rows(store: Store) -> None:
    see = Lens(store).visible
    cursor = moves.go_to(store, Cursor(), 0, 4).cursor
    view = HistoryView(store, cursor, see)
    assert [view.pos_at(row) for row in range(len(view))] == [-1, 1, 4, 5, 6, 7, 8]
    assert [view.index_of(pos) for pos in (-1, 0, 1, 3, 4, 5, 8, 10)] == [0, 0, 1, 1, 2, 3, 6, 6]
    assert "⊘" in text(view.line(2, 60))
    assert "⊘" not in text(view.line(3, 60))
    assert text(view.title()) == "History 5 of 11, 6 hidden"
    assert text(view.title(30)) == "History 5 of 11"


def test_the_log_has_lines_of_what_is_shown(store: Store) -> None:
    cursor = moves.go_to(store, Cursor(), 0, 4).cursor
    view = LogView(store, cursor, see=Lens(store).visible)
    places = [row.place.pos for row in view.window(LogPlace(-1), 50, 60)]
    assert list(dict.fromkeys(places)) == [-1, 1, 4, 5, 6, 7, 8]
    assert view.scroll(LogPlace(-1), 10_000) == LogPlace(8)
    assert view.scroll(LogPlace(8), -10_000) == LogPlace(-1)


def test_the_timeline_counts_what_is_shown(store: Store) -> None:
    cursor = moves.go_to(store, Cursor(), 0, 1).cursor
    whole = text(Timeline(store, cursor, 11).bar())
    part = text(Timeline(store, cursor, 11, Lens(store).visible).bar())
    assert whole.count(" ") == 0
    assert [part[i] for i in (0, 2, 3, 4, 9)] == [" "] * 5
    assert part[10] == " "
    assert Timeline(store, cursor, 11, Lens(store).visible).pos_at(10) == 8


def test_the_filter_text_tells_what_is_hidden_beyond_the_first(store: Store) -> None:
    assert filter_text(Lens(store), 0) == "6 hidden"
    assert filter_text(Lens(store), 1) == "all"
    assert filter_text(Lens(store, ALL), 0) == "all"
    chosen = FilterSet().changed("canceled", False)
    assert filter_text(Lens(store, chosen), 0) == "7 hidden: canceled"
    assert filter_text(Lens(store, FilterSet(), "Basic"), 0) == "9 hidden: group Basic"


def test_the_menu_tells_values_and_counts(store: Store) -> None:
    menu = FilterMenu(Lens(store), 0, own=False)
    rows = {ROWS[i].name: text(menu.line(i, 90)) for i in range(len(menu))}
    assert "[✓]" in rows["canceled"]
    assert rows["canceled"].rstrip().endswith("3")
    assert "[◐]" in rows["auto"]
    assert "[ ]" in rows["checks"]
    assert rows["empty"].rstrip().endswith("1")
    assert "all machines" in rows["scope"]
    assert menu.hint() == "6 of 11 transitions hidden"
    own = FilterMenu(Lens(store, FilterSet().changed("checks", True, "m")), 0, own=True)
    assert "only m" in text(own.line([row.name for row in ROWS].index("scope"), 90))
    assert all(len(text(menu.line(i, 40))) <= 40 for i in range(len(menu)))


def test_hidden_machines_are_counted_and_parents_stay(session: Session) -> None:
    session.machine("parent", STATES)
    session.machine("child", STATES, parent="parent")
    session.machine("gone", STATES)
    store = session.store()
    cursor = Cursor(2, None)
    view = MachinesView(store, cursor, hidden=frozenset({0, 2}))
    assert [view.machine_at(i) for i in range(len(view))] == [2, 0, 1]
    view = MachinesView(store, Cursor(1, None), hidden=frozenset({0, 2}))
    assert [view.machine_at(i) for i in range(len(view))] == [0, 1]
    assert text(view.title()) == "Machines 3, 1 hidden"


kinds = st.fixed_dictionaries(
    {
        "called": st.sampled_from(["Start", "Ready", "Heartbeat", "Start Ready"]),
        "changed": st.sampled_from(["", "Start", "Ready"]),
        "accepted": st.booleans(),
        "is_auto": st.booleans(),
        "is_check": st.booleans(),
        "is_queued": st.booleans(),
        "mut_queue_tick": st.integers(0, 3),
        "queue_tick": st.integers(0, 3),
    }
)
choices = st.builds(
    Filters,
    canceled=st.booleans(),
    queued=st.sampled_from(["all", "waiting", "none"]),
    auto=st.sampled_from(["all", "accepted", "none"]),
    empty=st.booleans(),
    health=st.booleans(),
    checks=st.booleans(),
    group=st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(kinds, max_size=25), st.lists(kinds, max_size=25), choices, st.data())
def test_rows_are_what_a_plain_look_finds(
    first: list[dict[str, Any]], then: list[dict[str, Any]], filters: Filters, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        session = Session(Path(folder) / "s.mcap")
        session.machine("m", STATES, groups={"Basic": [0]})
        store = session.store()
        lens = Lens(store, FilterSet(filters), "Basic")
        at = 0
        for part in (first, then):
            for fields in part:
                at += 1
                session.tx("m", at, **fields)
            session.writer.flush()
            feed_all(store)
            log = store.machines[0]
            plain = [
                pos
                for pos in range(len(log))
                if not hides(filters, log.flags_at(pos))
                and (not filters.group or "Start" in log.calls.names[log.flags_at(pos) >> 16])
            ]
            assert shown(lens) == plain
            pos = data.draw(st.integers(-1, len(log) - 1))
            rows = ShownRows(lens.visible(0), pos)
            expected = sorted({-1, pos, *plain})
            assert [rows.pos_at(row) for row in range(len(rows))] == expected
            assert [rows.index_of(each) for each in expected] == list(range(len(rows)))
            assert rows.last == expected[-1]
            for each in range(-1, len(log)):
                later = [one for one in expected if one > each]
                earlier = [one for one in expected if one < each]
                assert rows.after(each) == (later[0] if later else None)
                assert rows.before(each) == (earlier[-1] if earlier else -1)
                assert rows.held(each) == max(one for one in expected if one <= each)
        store.close()


def test_playing_by_recorded_time_counts_what_is_shown(store: Store) -> None:
    at = moves.go_to(store, Cursor(), 0, 1).cursor
    see = Lens(store).visible
    slow = Pace(direction=1, recorded=True, factor=FACTORS.index(0.01))
    assert next_beat(store, at, slow, see).wait == pytest.approx(0.4)  # 4 ms to position 5
    fast = Pace(direction=1, recorded=True, factor=FACTORS.index(1.0))
    assert next_beat(store, at, fast, see).moves == 4
    assert next_beat(store, at, fast).moves == 9


def test_a_check_may_be_refused_without_being_canceled(store: Store) -> None:
    assert not hides(Filters(checks=True, canceled=False), Flag.CHECK | Flag.CANCELED)
