"""The activity strip, the rain and the matrix, against what a walk over the whole history gives."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from am_dbg.model import cursor as moves
from am_dbg.model.activity import ActivityView, Cell, columns_at, state_cells, zoom_units
from am_dbg.model.cursor import Cursor, opening_cursor
from am_dbg.model.filters import Filters, FilterSet, Lens
from am_dbg.model.format import width_of
from am_dbg.model.rain import RainView
from am_dbg.model.text import Token
from am_dbg.store import MachineLog, Store
from telemetry.messages import StateDef
from tests.model.session import MS, START, Session, text

NAMES = ["A", "B", "Multi", "Exception"]
DEFS = {"Multi": StateDef(multi=True)}

Step = tuple[int, list[str]]
steps_of_time = st.lists(
    st.tuples(st.integers(0, 400), st.lists(st.sampled_from(NAMES), max_size=3)), max_size=40
)


@contextmanager
def recorded(steps: list[Step]) -> Iterator[Store]:
    """A machine whose transitions follow each other by so many ms, and change so many states."""
    with tempfile.TemporaryDirectory() as folder:
        session = Session(Path(folder) / "m.mcap")
        session.machine("m", NAMES, DEFS)
        at = 0
        for gap, changed in steps:
            at += gap
            called = changed[0] if changed else "A"
            session.tx("m", at, called, " ".join(changed))
        yield session.store()


def naive_cells(log: MachineLog, state: int, before: int, ends: tuple[int, ...]) -> list[Cell]:
    cells = []
    for end in ends:
        ticks = [log.tick(state, pos) for pos in range(before, end + 1)]
        changes = sum(one != other for one, other in pairwise(ticks))
        cells.append(Cell(ticks[-1] % 2 == 1, changes, ticks[0] % 2 == 1))
        before = end
    return cells


@given(steps_of_time, st.integers(1, 30), st.integers(0, 8), st.integers(-1, 40))
@settings(max_examples=80, deadline=None)
def test_cells_are_what_a_walk_over_the_history_finds(
    steps: list[Step], width: int, zoom: int, pos: int
) -> None:
    with recorded(steps) as store:
        log = store.machines[0]
        if not len(log):
            return
        cursor = moves.go_to(store, Cursor(machine=0), 0, min(pos, len(log) - 1)).cursor
        columns = columns_at(store, cursor, log, width, zoom)
        assert 1 <= len(columns.ends) <= width
        assert 0 <= columns.here < len(columns.ends)
        if columns.unit:
            for i, end in enumerate(columns.ends):
                until = columns.start + (i + 1) * columns.unit
                assert end == sum(log.time_at(p) < until for p in range(len(log))) - 1
        else:
            assert columns.ends[columns.here] == cursor.pos
            assert list(columns.ends) == list(range(columns.ends[0], columns.ends[-1] + 1))
        for state in range(len(NAMES)):
            wanted = naive_cells(log, state, max(columns.before, -1), columns.ends)
            if columns.before < -1:  # the schema's own column has nothing before it
                wanted[0] = Cell(wanted[0].active, 0, wanted[0].active)
            assert state_cells(log, state, columns) == wanted


@given(steps_of_time, st.integers(12, 60))
@settings(max_examples=40, deadline=None)
def test_the_last_zoom_shows_all_time_and_rows_fit(steps: list[Step], width: int) -> None:
    with recorded(steps) as store:
        log = store.machines[0]
        cursor = opening_cursor(store, live=False)
        if cursor.machine < 0 or not len(log):
            return
        units = zoom_units(log, width)
        assert units == sorted(units)
        columns = columns_at(store, cursor, log, width, len(units) - 1)
        if columns.unit:
            assert columns.ends[-1] == len(log) - 1
            assert columns.before == -1
        for zoom in range(len(units)):
            view = ActivityView(store, cursor, zoom)
            for line in [*view.head(width), *(view.line(i, width) for i in range(len(view)))]:
                assert width_of(line) <= width


@given(steps_of_time, st.integers(14, 60), st.sampled_from(["", *NAMES]))
@settings(max_examples=40, deadline=None)
def test_the_rain_has_each_states_activity(steps: list[Step], width: int, chosen: str) -> None:
    with recorded(steps) as store:
        log = store.machines[0]
        cursor = moves.select_state(store, Cursor(machine=0), chosen).cursor
        view = RainView(store, cursor)
        assert len(view) == len(log) + 1
        first, end = view.shown(width)
        for i in range(len(view)):
            line = view.line(i, width)
            assert width_of(line) <= width
            gutter, cell = view.gutter(width), view.cell(width)
            for column in range(first, end):
                state = log.index[view.states[column]]
                sign = text(line)[gutter + (column - first) * cell]
                pos = view.pos_at(i)
                on = log.tick(state, pos) % 2 == 1
                moved = pos >= 0 and log.tick(state, pos) != log.tick(state, pos - 1)
                called = pos >= 0 and not moved and sign in "c◌✗?"
                assert called or (sign in "●◉▲△◆!") == on, (sign, on)
                assert moved == (sign in "▲△▼▽!±")
        if chosen:
            assert first <= view.states.index(chosen) < end


def strip(store: Store, pos: int, width: int, zoom: int = 0) -> list[str]:
    cursor = moves.go_to(store, Cursor(), 0, pos).cursor
    view = ActivityView(store, cursor, zoom)
    return [text(line) for line in (*view.head(width), *(view.line(i, width) for i in range(4)))]


def story(session: Session) -> Store:
    session.machine("m", NAMES, DEFS)
    session.tx("m", 0, "A", "A")
    session.tx("m", 100, "Multi", "Multi")
    session.tx("m", 200, "Multi", "Multi Multi")
    session.tx("m", 300, "B", "B B")
    session.tx("m", 400, "Exception", "Exception Multi")
    session.tx("m", 500, "B", accepted=False)
    session.tx("m", 600, "A", "A Exception")
    return session.store()


def test_the_strip_tells_a_story_in_signs(session: Session) -> None:
    store = story(session)
    assert strip(store, 5, 21) == [
        "        14:13:20.500",
        "             !✗ ",
        "● A     ·╺━━━━┿╸",
        "○ B     ····±·│·",
        "○ Multi ··╺╋━╸│·",
        "● Exce… ·····!┿╸",
    ]
    assert strip(store, 1, 21)[1:] == [
        "          ▾  !✗ ",
        "● A     ·╺┿━━━━╸",
        "○ B     ··│·±···",
        "◉ Multi ··▲╋━╸··",
        "○ Exce… ··│··!━╸",
    ]
    assert strip(store, 6, 40)[2] == "○ A         ·  ╺━━━━━━━━━━━━━━━━━▼  "


def test_zoomed_out_a_column_is_a_span_of_time(session: Session) -> None:
    session.machine("m", NAMES, DEFS)
    for i in range(64):
        session.tx("m", i * 2, "A", "A")
    session.tx("m", 1000, "B", "B")
    store = session.store()
    log = store.machines[0]
    units = zoom_units(log, 30)
    assert units[0] == 0
    assert units[-1] * 29 >= 1000 * MS
    rows = strip(store, 64, 42, len(units) - 1)
    assert rows[0].strip().startswith("┴")
    assert "▆" in rows[2] or "▅" in rows[2]
    view = ActivityView(store, Cursor(machine=0), 9)
    assert text(view.title(42)) == "Activity 50 ms/col"
    assert text(view.head(14)[0]).strip() == "13:20", "no room for an axis"


def test_a_click_means_the_columns_last_transition(session: Session) -> None:
    store = story(session)
    cursor = moves.go_to(store, Cursor(), 0, 5).cursor
    view = ActivityView(store, cursor)
    assert view.pos_at(3, 21) is None
    assert [view.pos_at(column, 21) for column in (8, 9, 15, 20)] == [-1, 0, 6, 6]
    assert view.cursor_cells(21) == (14, 15)
    assert [view.pos_at(column, 40) for column in (12, 14, 15)] == [-1, -1, 0]


def test_errors_and_multi_states_have_their_meaning(session: Session) -> None:
    store = story(session)
    view = ActivityView(store, moves.go_to(store, Cursor(), 0, 5).cursor)
    tokens = {span.token for span in view.line(3, 40)}
    assert Token.ERROR in tokens
    assert Token.MULTI in {span.token for span in view.line(2, 40)}


def test_an_empty_machine_and_no_machine(session: Session) -> None:
    session.machine("m", NAMES, DEFS)
    store = session.store()
    for cursor in (Cursor(machine=0), Cursor()):
        view = ActivityView(store, cursor)
        assert text(view.head(30)[0]) == "no transitions yet"
        assert all(width_of(view.line(i, 30)) <= 30 for i in range(len(view)))
        assert len(RainView(store, cursor)) in (0, 1)


def test_far_into_a_long_history_only_the_window_is_read(session: Session) -> None:
    session.machine("m", ["A"])
    for i in range(3000):
        session.tx("m", i, "A", "A")
    store = session.store()
    log = store.machines[0]
    columns = columns_at(store, moves.go_to(store, Cursor(), 0, 2000).cursor, log, 20, 0)
    assert columns.ends == tuple(range(1990, 2010))
    late = columns_at(store, moves.go_to(store, Cursor(), 0, 2999).cursor, log, 20, 0)
    assert late.ends[-1] == 2999
    assert late.here == 19
    assert log.time_at(0) == START


@given(steps_of_time, st.integers(1, 20), st.integers(-1, 40))
@settings(max_examples=40, deadline=None)
def test_what_filters_hide_shows_in_the_next_column(
    steps: list[Step], width: int, pos: int
) -> None:
    with recorded(steps) as store:
        log = store.machines[0]
        if not len(log):
            return
        lens = Lens(store, FilterSet(Filters(empty=False)))
        shown = [p for p in range(-1, len(log)) if lens.visible(0).shows(p) or p == -1]
        pos = max(p for p in shown if p <= pos or p == -1)
        cursor = moves.go_to(store, Cursor(machine=0), 0, pos).cursor
        columns = columns_at(store, cursor, log, width, 0, lens.visible)
        assert columns.ends[columns.here] == pos
        assert set(columns.ends) <= set(shown)
        for state in range(len(NAMES)):
            cells = state_cells(log, state, columns)
            assert [cell.active for cell in cells] == [
                log.tick(state, end) % 2 == 1 for end in columns.ends
            ]


def test_the_sign_before_a_name_is_of_the_moment_not_of_its_column(session: Session) -> None:
    session.machine("m", NAMES, DEFS)
    session.tx("m", 0, "A", "A").tx("m", 1, "A", "A").tx("m", 5000, "B", "B")
    store = session.store()
    log = store.machines[0]
    cursor = moves.go_to(store, Cursor(), 0, 0).cursor
    view = ActivityView(store, cursor, len(zoom_units(log, 30)))
    assert text(view.line(0, 42)).startswith("● A")
