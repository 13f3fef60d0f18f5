"""What may be typed to go somewhere, where it leads, and what is said when it leads nowhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from am_dbg.model import cursor as moves
from am_dbg.model.addresses import (
    format_moment_address,
    format_time_address,
    parse_address,
    parse_moment,
)
from am_dbg.model.cursor import Cursor
from am_dbg.model.goto import arrival, go_to_text, parse_target, suggestions
from am_dbg.model.marks import mark_of
from am_dbg.store import Store
from tests.model.session import START

Number = Callable[[str], int]
MS = 1_000_000


@pytest.fixture
def here(store: Store, no: Number) -> Cursor:
    """The third transition of sim-p2, 1500 ms after the start."""
    return moves.go_to(store, Cursor(), no("sim-p2"), 2).cursor


@pytest.mark.parametrize(
    ("text", "pos"),
    [
        ("1", 0),
        ("#5", 4),
        ("0", -1),
        ("+2", 4),
        ("-1", 1),
        ("-50", -1),
        ("50%", 3),
        ("100%", 8),
        ("first", -1),
        ("last", 8),
        ("t0", -1),
        ("t5", 2),
        ("t6", 5),
        ("q7", 5),
        ("mach://sim-p2?t=2", 1),
        ("mach://sim-p2?q=7", 5),
        ("mach://sim-p2/t4/2", 2),
        ("+1s", 4),
        ("-1s", 1),
        ("-1200ms", 1),
        ("+1s100ms", 5),
        ("14:13:21.6", 2),
        ("14:13:22", 3),
        ("2026-09-21T14:13:22Z", 3),
        ("mach://sim-p2?ht=2026-09-21T16:13:22.000+02:00", 3),
        ("mach://sim-p2?ht=1790000002000000000", 3),
        ("sim-p2 4", 3),
    ],
)
def test_it_leads_there(store: Store, here: Cursor, text: str, pos: int) -> None:
    move = go_to_text(store, here, text)
    assert (move.cursor.pos, move.cursor.machine) == (pos, here.machine), move.message


def test_a_machine_is_shown_at_the_same_moment(store: Store, here: Cursor, no: Number) -> None:
    move = go_to_text(store, here, "sim")
    assert move.cursor.machine == no("sim")
    assert move.cursor.moment == here.moment
    other = go_to_text(store, here, "sim 1").cursor
    assert (other.machine, other.pos) == (no("sim"), 0)


def test_a_state_is_selected(store: Store, here: Cursor) -> None:
    assert go_to_text(store, here, "TopicJoined").cursor.state == "TopicJoined"
    move = go_to_text(store, here, "mach://sim-p2/t4?state=Ready")
    assert (move.cursor.pos, move.cursor.state) == (2, "Ready")


def test_a_mark_is_a_place(store: Store, here: Cursor) -> None:
    mark = mark_of(store, here)
    assert mark is not None
    end = moves.last(store, here).cursor
    assert go_to_text(store, end, "'a", {"a": mark}).cursor.pos == 2
    assert go_to_text(store, end, "'b", {"a": mark}).message == "no mark b; there are a"
    assert "m and a letter" in go_to_text(store, end, "'b").message


def test_a_step_of_the_transition(store: Store, here: Cursor) -> None:
    assert go_to_text(store, here, "/3").cursor.step == 3
    assert go_to_text(store, here, "/9").message == "this transition has 5 steps"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "type where to go: "),
        ("99", "no transition 99: sim-p2 has 9 transitions"),
        ("t99", "sim-p2 comes only as far as t9"),
        ("q99", "no queue tick q99 or later in sim-p2"),
        ("25:00", "25:00 is no time of day; like 13:29:41.5"),
        ("+2x", "+2x: how much? like +2s, -500ms, +1m30s, +50 (transitions)"),
        ("+1s x", "+1s x: how much?"),
        ("simp2", "nothing is called simp2; did you mean sim-p2"),
        ("Conected", "nothing is called Conected; did you mean Connected"),
        ("mach://sim-p3", "no machine sim-p3 in this recording; did you mean sim-p2"),
        ("mach://sim-p2?t=x", "the machine time (t=) of an address is a number, not 'x'"),
        ("mach://sim-p2?x=1", "an address has t=, q=, ht=, state= and group=, not 'x'"),
        ("mach://sim-p2?ht=noon", "ht= takes a time like 2026-01-05T10:00:00.5Z, not 'noon'"),
        ("mach://sim-p2?state=No", "sim-p2 has no state No"),
        ("mach://sim-p2/none", "transition none of sim-p2 is not in this recording"),
        ("\x1b[31m", "nothing is called \\e[31m"),
    ],
)
def test_what_leads_nowhere_says_why(store: Store, here: Cursor, text: str, message: str) -> None:
    move = go_to_text(store, here, text)
    assert move.cursor == here
    assert move.message.startswith(message)


def test_times_outside_stop_at_the_border(store: Store, here: Cursor) -> None:
    late = go_to_text(store, here, "+1h")
    assert late.message == "the recording ends here"
    assert late.cursor.moment == store.last_time
    assert go_to_text(store, here, "-1h").message == "the recording begins here"


def test_a_machine_time_between_two_transitions_is_the_next(store: Store, here: Cursor) -> None:
    move = go_to_text(store, here, "t3")
    assert move.cursor.pos == 2
    assert move.message == "no transition ends at t3; t5 is next"


def test_queue_ticks_that_nobody_recorded(store: Store, here: Cursor, no: Number) -> None:
    sim = moves.select_machine(store, here, no("sim")).cursor
    assert go_to_text(store, sim, "q1").message == "no queue ticks are recorded in sim"


def test_amounts_and_times_are_exact() -> None:
    assert parse_target("+1.5s").number == 1_500_000_000
    assert parse_target("-2h30m").number == -9_000_000_000_000
    assert (
        parse_target("13:29:41.123456789").number == (13 * 3600 + 29 * 60 + 41) * 10**9 + 123456789
    )
    assert parse_target("t1").kind == "machine time"
    assert parse_moment("2026-09-21T14:13:20.000000001Z") == START + 1
    assert parse_moment("2026-99-21T14:13:20Z") is None


def test_addresses_of_times_lead_back(store: Store, here: Cursor) -> None:
    address = format_moment_address("sim-p2", START + 1500 * MS + 7)
    assert parse_address(address).moment == START + 1500 * MS + 7
    assert go_to_text(store, here, address).cursor.pos == 2
    assert format_time_address("a/b?c", 5) == "mach://a%2Fb%3Fc?t=5"
    assert parse_address("mach://a%2Fb%3Fc?t=5").machine == "a/b?c"


def test_names_are_offered_while_typing(store: Store, here: Cursor) -> None:
    assert suggestions(store, here, "sim-p") == ["sim-p2", "sim-p10"]
    assert suggestions(store, here, "topic") == ["TopicJoined", "JoiningTopic"]
    assert suggestions(store, here, "12") == []
    assert suggestions(store, here, "mach://s") == []


def test_where_it_leads_is_told_beforehand(store: Store, here: Cursor) -> None:
    assert arrival(store, here, go_to_text(store, here, "last")) == "sim-p2 tx 9 at 14:13:23.900"
    assert (
        arrival(store, here, go_to_text(store, here, "/3")) == "sim-p2 tx 3 step 3 at 14:13:21.500"
    )
    assert arrival(store, here, go_to_text(store, here, "Ready")) == "state Ready"
    assert arrival(store, here, go_to_text(store, here, "nobody")) == ""
