from __future__ import annotations

from collections.abc import Callable

import pytest

from am_dbg.model import cursor as moves
from am_dbg.model.cursor import Cursor
from am_dbg.model.states import StatesView, groups
from am_dbg.model.text import Token
from am_dbg.store import Store
from telemetry.messages import StateDef
from tests.model.conftest import STATES
from tests.model.session import Session, text

Number = Callable[[str], int]


@pytest.fixture
def third(store: Store, no: Number) -> Cursor:
    """sim-p2 after Ready and Connected came, Connecting went."""
    return moves.go_to(store, Cursor(), no("sim-p2"), 2).cursor


def rows(view: StatesView, width: int = 44) -> dict[str, list[str]]:
    """Words of each state's row, by its name."""
    return {
        view.row(i).state: text(view.line(i, width)).split()
        for i in range(len(view))
        if view.row(i).kind == "state"
    }


def test_states_keep_the_order_of_the_schema(store: Store, third: Cursor) -> None:
    view = StatesView(store, third)
    assert [view.row(i).state for i in range(len(view))] == list(STATES)
    assert view.index_of("Ready") == 2
    assert text(view.title()) == "States sim-p2 8"


def test_rows_tell_activity_flags_changes_calls_and_clocks(store: Store, third: Cursor) -> None:
    told = rows(StatesView(store, third))
    assert told["Start"] == ["●", "Start", "1"]
    assert told["Ready"] == ["●", "Ready", "A", "▲c", "1"]
    assert told["Connecting"] == ["○", "Connecting", "A", "▼", "2"]
    assert told["TopicJoined"] == ["○", "TopicJoined", "M", "0"]


def test_an_active_multi_state_has_its_own_sign_and_reentry_shows(store: Store, no: Number) -> None:
    again = moves.go_to(store, Cursor(), no("sim-p2"), 6).cursor
    told = rows(StatesView(store, again))
    assert told["TopicJoined"] == ["◉", "TopicJoined", "M", "▲c", "3"]


def test_a_refused_call_is_marked_without_a_change(store: Store, no: Number) -> None:
    refused = moves.go_to(store, Cursor(), no("sim-p2"), 3).cursor
    assert rows(StatesView(store, refused))["JoiningTopic"] == ["○", "JoiningTopic", "✗c", "0"]


def test_narrow_rows_keep_name_and_clock_and_one_sign(store: Store, third: Cursor) -> None:
    told = rows(StatesView(store, third), width=24)
    assert told["Connected"] == ["●", "Connected", "▲", "1"]
    assert told["TopicJoined"] == ["○", "TopicJoined", "M", "0"]


def test_an_expanded_state_lists_relations_in_both_directions(store: Store, third: Cursor) -> None:
    view = StatesView(store, third, expanded={"Ready", "TopicJoined", "IsDHT", "Start"})
    below: dict[str, list[str]] = {}
    for i in range(len(view)):
        row = view.row(i)
        if row.kind != "state":
            below.setdefault(row.state, []).append(" ".join(text(view.line(i, 60)).split()))
    assert below["Ready"] == ["requires Start, Connected", "added by TopicJoined"]
    assert below["TopicJoined"] == ["adds Ready", "tags #topic"]
    assert below["IsDHT"] == ["no relations"]
    assert below["Start"] == ["required by Ready, Connected", "followed by Connecting"]


def test_a_relation_to_a_state_that_does_not_exist_is_a_warning(session: Session) -> None:
    session.machine("m", ["A"], {"A": StateDef(require=["Gone"])}).tx("m", 1, "A", "A")
    store = session.store()
    view = StatesView(store, Cursor(machine=0, pos=0), expanded={"A"})
    assert [span.token for span in view.line(1, 40) if span.text == "Gone"] == [Token.WARNING]


def test_groups_narrow_or_head_the_list(store: Store, third: Cursor) -> None:
    assert groups(store, third) == [("Net", 2), ("Basic", 2)]
    net = StatesView(store, third, group="Net")
    assert [net.row(i).state for i in range(len(net))] == ["Connected", "Connecting"]
    assert text(net.title()) == "States sim-p2 Net 2 of 8"
    headed = StatesView(store, third, headings=True)
    heads = [headed.row(i).text for i in range(len(headed)) if headed.row(i).kind == "heading"]
    assert heads == ["Net", "Basic", "other states"]
    assert len(headed) == 8 + 3


def test_search_finds_anywhere_in_the_name(store: Store, third: Cursor) -> None:
    view = StatesView(store, third, search="topic")
    assert [view.row(i).state for i in range(len(view))] == ["TopicJoined", "JoiningTopic"]
    marked = [span.text for span in view.line(0, 40) if span.token is Token.MATCH]
    assert marked == ["Topic"]


def test_while_stepping_rows_are_as_before_with_marks_of_the_steps_done(
    store: Store, third: Cursor
) -> None:
    stepping = moves.go_to_step(store, third, 3).cursor
    told = rows(StatesView(store, stepping))
    assert told["Ready"] == ["○", "Ready", "A", "c", "0", "•╯", "requires"]
    assert told["Start"][-1] == "◂─╮"  # the line's other end
    assert told["Connecting"] == ["●", "Connecting", "A", "▼", "1"]
    assert told["Connected"] == ["○", "Connected", "0"]
    done = moves.go_to_step(store, third, 5).cursor
    told = rows(StatesView(store, done))
    assert told["Connected"] == ["○", "Connected", "▲", "0"]


def test_before_the_first_transition_states_have_their_initial_clocks(session: Session) -> None:
    session.machine("m", ["A", "B"], clocks=[3, 0])
    store = session.store()
    told = rows(StatesView(store, Cursor(machine=0)))
    assert told == {"A": ["●", "A", "3"], "B": ["○", "B", "0"]}


def test_a_schema_that_grows_shows_its_new_states(session: Session) -> None:
    session.machine("m", ["A"]).tx("m", 1, "A", "A")
    session.machine("m", ["A", "B"], clocks=[1, 0]).tx("m", 2, "B", "B", clocks=[1, 1])
    store = session.store()
    told = rows(StatesView(store, Cursor(machine=0, pos=1)))
    assert told == {"A": ["●", "A", "1"], "B": ["●", "B", "▲c", "1"]}
