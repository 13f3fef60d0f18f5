from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from am_dbg.model import cursor as moves
from am_dbg.model.cursor import Cursor, opening_cursor
from am_dbg.model.machines import MachinesView, build_tree, natural_key
from am_dbg.model.text import Token
from am_dbg.store import Store
from telemetry.messages import encode
from tests.model.session import MS, START, Session, feed_all, text

Number = Callable[[str], int]


def names(view: MachinesView, store: Store) -> list[str]:
    return [store.machines[view.machine_at(i)].label for i in range(len(view))]


def test_children_stand_under_their_parents_in_natural_order(store: Store) -> None:
    view = MachinesView(store, opening_cursor(store, live=False))
    assert names(view, store) == ["sim", "sim-p2", "sim-p10"]
    assert text(view.line(0, 30)).startswith("▾ sim ")
    assert text(view.line(1, 30)).startswith("    sim-p2")


def test_a_row_tells_activity_clock_sum_and_trouble_at_the_moment(store: Store, no: Number) -> None:
    cursor = opening_cursor(store, live=False)
    view = MachinesView(store, cursor)
    assert [text(view.line(i, 30)).split()[-2:] for i in range(2)] == [["●S", "1"], ["●R", "9"]]
    assert text(view.line(2, 30)).split() == ["sim-p10", "●", "1", "!"]
    early = moves.go_to(store, cursor, no("sim-p2"), 0).cursor
    view = MachinesView(store, early)
    assert text(view.line(1, 30)).split() == ["sim-p2", "●S", "1"]
    assert text(view.line(2, 30)).split() == ["sim-p10", "·"]
    assert all(span.token is Token.DIM for span in view.line(2, 30) if span.text.strip())


def test_an_error_in_the_past_leaves_a_weaker_sign(session: Session) -> None:
    session.machine("m", ["A", "Exception"])
    session.tx("m", 1, "Exception", "Exception").tx("m", 2, "Exception", "Exception")
    store = session.store()
    cursor = opening_cursor(store, live=False)
    assert text(MachinesView(store, cursor).line(0, 30)).rstrip().endswith("¡")
    before = moves.previous_transition(store, cursor).cursor
    assert text(MachinesView(store, before).line(0, 30)).rstrip().endswith("!")


def test_search_finds_anywhere_and_keeps_ancestors_dim(store: Store) -> None:
    cursor = opening_cursor(store, live=False)
    view = MachinesView(store, cursor, search="P10")
    assert names(view, store) == ["sim", "sim-p10"]
    assert view.found == 1
    assert text(view.title()) == "Machines 1 of 3"
    assert [span.text for span in view.line(1, 30) if span.token is Token.MATCH] == ["p10"]
    assert view.line(0, 30)[1].token is Token.DIM
    assert names(MachinesView(store, cursor, search="s2"), store) == ["sim", "sim-p2"]
    assert len(MachinesView(store, cursor, search="zzz")) == 0


def test_folded_children_are_hidden_but_found(store: Store, no: Number) -> None:
    cursor = opening_cursor(store, live=False)
    view = MachinesView(store, cursor, collapsed={no("sim")})
    assert names(view, store) == ["sim"]
    assert view.has_children(0)
    assert view.index_of(no("sim-p2")) is None
    assert text(view.line(0, 30)).startswith("▸ sim")
    assert len(MachinesView(store, cursor, "p2", {no("sim")})) == 2


def test_a_machine_that_appears_later_takes_its_place(session: Session) -> None:
    session.machine("b", ["A"])
    store = session.store()
    cursor = opening_cursor(store, live=True)
    assert names(MachinesView(store, cursor), store) == ["b"]
    session.machine("a", ["A"]).writer.flush()
    feed_all(store)
    assert names(MachinesView(store, cursor), store) == ["a", "b"]


def test_no_machines_no_rows(session: Session) -> None:
    view = MachinesView(session.store(), Cursor())
    assert len(view) == 0
    assert text(view.title()) == "Machines 0"


def test_a_disconnected_machine_is_marked(session: Session) -> None:
    session.machine("m", ["A"]).tx("m", 1, "A", "A")
    events = session.writer.channel("am-dbg/events", "DbgEvent", {})
    for kind, at in (("connected", 0), ("disconnected", 5)):
        event = {"kind": kind, "conn": "1", "peer": "x", "time": START + at * MS}
        session.writer.write(events, START + at * MS, START + at * MS, encode(event))
    store = session.store()
    following = opening_cursor(store, live=True)
    assert text(MachinesView(store, following).line(0, 30)).endswith("⊘")
    assert "⊘" not in text(MachinesView(store, opening_cursor(store, False)).line(0, 30))


def test_natural_order() -> None:
    ordered = ["sim", "sim-p2", "sim-p02", "sim-p10", "sim-p10-disc", "sim-q"]
    assert min(ordered, key=natural_key) == "sim"
    assert natural_key("sim-p2") < natural_key("sim-p10") < natural_key("sim-p10-disc")
    assert natural_key("x" + "9" * 5000) < natural_key("x1" + "0" * 5000)


shapes = st.lists(
    st.tuples(st.text(max_size=3), st.one_of(st.none(), st.integers(-1, 12))), max_size=12
)


@given(shape=shapes)
def test_every_machine_stands_in_the_tree_once_whatever_its_parents(
    shape: list[tuple[str, int | None]],
) -> None:
    nodes = build_tree(tuple(shape)).nodes
    assert sorted(node.machine for node in nodes) == list(range(len(shape)))
    for i, node in enumerate(nodes):
        below = nodes[i + 1 : i + 1 + node.below]
        assert all(child.depth > node.depth for child in below)
        assert node.depth == 0 or nodes[i - 1].depth >= node.depth - 1
