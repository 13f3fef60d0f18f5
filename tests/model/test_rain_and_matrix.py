"""Headings, cells and legends of the rain and the matrix."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from am_dbg.model import cursor as moves
from am_dbg.model.columns import Legend, heading_rows, in_sight, out_of_sight, upright
from am_dbg.model.cursor import Cursor
from am_dbg.model.format import width_of
from am_dbg.model.matrix import MatrixView, looks_of, schema_relations
from am_dbg.model.rain import RainView
from am_dbg.model.text import Token
from am_dbg.model.transition import transition_at
from am_dbg.store import Store
from telemetry.messages import StateDef, Step
from tests.model.session import Session, text

Number = Callable[[str], int]


def at(store: Store, machine: int, pos: int, step: int | None = None, state: str = "") -> Cursor:
    cursor = moves.go_to(store, Cursor(), machine, pos, step=step).cursor
    return moves.select_state(store, cursor, state).cursor


def test_names_are_written_downwards_and_end_at_their_column() -> None:
    assert upright(["Ready", "IsDHT!", "A"], 5) == ["Ready", "IsDH…", "    A"]
    rows = heading_rows(["ab", "c"], 3, 2, [Token.ACTIVE, Token.DIM], 1)
    assert [text(row) for row in rows] == ["    ", "a ▾ ", "b c "]
    assert Token.STRONG in {span.token for span in rows[2]}
    assert heading_rows(["ab"], 0, 1, [Token.DIM]) == []


@given(st.integers(0, 50), st.integers(0, 30), st.integers(1, 40), st.data())
def test_the_chosen_column_is_in_sight(
    offset: int, fit: int, count: int, data: st.DataObject
) -> None:
    column = data.draw(st.one_of(st.none(), st.integers(0, count - 1)))
    first = in_sight(offset, column, fit, count)
    assert 0 <= first <= max(count - fit, 0)
    if column is not None and fit:
        assert first <= column < first + fit
    words = out_of_sight(first, fit, count)
    assert (words == "") == (first == 0 and fit >= count)


def test_a_legend_leaves_out_whole_entries_with_a_sign() -> None:
    legend = Legend(("●", Token.ACTIVE, "active"), ("▲", Token.ADDED, "on"))
    assert text(legend.line(20)) == "● active  ▲ on"
    assert text(legend.line(13)) == "● active …"
    assert text(legend.line(3)) == "…"


def test_the_rain_of_the_peers(store: Store, no: Number) -> None:
    view = RainView(store, at(store, no("sim-p2"), 2, state="Connected"))
    assert view.states[3] == "Connected"
    rows = [text(view.line(i, 30)) for i in range(len(view))]
    assert rows == [
        "schema   · · · · · · · · ",
        "20.010 ✓ △ · · · · · · · ",
        "20.300 ✓ ● · · · △ · · · ",
        "21.500 ✓ ◆ · △ △ ▼ · · · ",
        "22.000 ✗ ● · ● ● · · ✗ · ",
        "22.500 ◌ ● · ● ● · ◌ · · ",
        "22.600 ✓ ● · ● ● · △ · · ",
        "22.700 ✓ ● · ● ● · △ · · ",
        "22.900 ? ● · ● ● · ? · · ",
        "23.900 ✓ ▽ · ● ● · ◉ · · ",
    ]
    assert text(view.title()) == "Rain 9 ▾ Connected"
    assert view.cursor_cells(30) == (15, 16)
    assert view.state_at(15, 30) == "Connected"
    assert view.state_at(3, 30) is None
    assert text(view.line(3, 60)).endswith("Ready Connected")
    assert text(view.line(3, 60)).startswith("14:13:21.500 ✓ ")


def test_columns_scroll_beside_the_time(store: Store, no: Number) -> None:
    cursor = at(store, no("sim-p2"), 2, state="Exception")
    view = RainView(store, cursor)
    assert view.cell(14) == 1
    assert view.shown(14) == (3, 8)
    assert view.hint(14) == "‹ 3 more"
    assert text(view.line(1, 14)) == "20.010 ✓ ·····"
    held = RainView(store, cursor, offset=0, follow=False)
    assert held.shown(14) == (0, 5)
    assert held.hint(14) == "3 more ›"
    assert held.cursor_cells(14) is None


def test_rain_and_matrix_honour_the_group(store: Store, no: Number) -> None:
    cursor = at(store, no("sim-p2"), 2)
    assert RainView(store, cursor, "Basic").states == ("Start", "Ready")
    matrix = MatrixView(store, cursor, "Net")
    assert matrix.rows == matrix.states == ("Connected", "Connecting")


def test_the_matrix_tells_relations_and_what_was_looked_at(store: Store, no: Number) -> None:
    view = MatrixView(store, at(store, no("sim-p2"), 2, state="Ready"), target="Start")
    width = 40
    names = view.gutter(width)
    rows = {name: text(view.line(i, width))[names:] for i, name in enumerate(view.rows)}
    #                     Start IsDHT Ready Connected Connecting Topic Joining Exception
    assert rows["Ready"] == "R · ╲ r · · · · "
    assert rows["Connected"] == "r · · ╲ m · · · "
    assert rows["TopicJoined"] == "· · a · · ╲ · · "
    assert rows["Connecting"] == "f · · · ╲ · · · "
    head = [text(line) for line in view.head(width, 30)]
    assert head[-2][names:] == "· · c c · · · · "
    assert head[-1][names:] == "· · ▲1▲1▼1· · · "
    assert view.hint(width) == "Ready requires Start (looked at 1×)"
    assert text(view.title()) == "Matrix +3 t5"
    assert view.state_at(names + 7, width) == "Connected"


def test_while_stepping_the_matrix_counts_the_steps_so_far(store: Store, no: Number) -> None:
    log = store.machines[no("sim-p2")]
    tx = transition_at(store, log, 2)
    assert looks_of(tx, 1).relations == {}
    assert looks_of(tx, 2).relations == {("Ready", "Start", "r"): 1}
    before = MatrixView(store, at(store, log.no, 2, step=1, state="Ready"), target="Start")
    assert before.cell_words() == "Ready requires Start"


def test_several_relations_between_two_states_and_many_looks(session: Session) -> None:
    defs = {
        "A": StateDef(require=["B"], after=["B"], add=["C"]),
        "B": StateDef(require=["A"], add=["A"], after=["A"]),
    }
    session.machine("m", ["A", "B", "C"], defs)
    look: Step = (1, 0, 2, 0, 1)
    steps: list[Step] = [look for _ in range(12)]
    steps += [(1, 0, 1, 0, 2), (2, 1, 2, 0, None)]
    session.tx("m", 1, "A", "A", steps=steps)
    store = session.store()
    view = MatrixView(store, at(store, 0, 0, state="B"), target="A")
    rows = [text(view.line(i, 30))[view.gutter(30) :] for i in range(3)]
    assert rows == ["╲ RfA+", "r…╲ ƒ ", "· · ╲ "]
    assert view.cell_words() == "B requires, adds, is after A"
    assert schema_relations(store, store.machines[0])["A", "B"] == "rf"


def test_rows_and_headings_keep_their_width(store: Store, no: Number) -> None:
    cursor = at(store, no("sim-p2"), 2, state="TopicJoined")
    for width in (14, 20, 33, 58, 120):
        matrix, rain = MatrixView(store, cursor), RainView(store, cursor)
        for view in (matrix, rain):
            lines = [*view.head(width, 20), *(view.line(i, width) for i in range(len(view)))]
            assert all(width_of(line) <= width for line in lines)
            first, end = view.shown(width)
            assert first <= 5 < end
