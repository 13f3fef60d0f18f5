from __future__ import annotations

from collections.abc import Callable

import pytest

from am_dbg.model import cursor as moves
from am_dbg.model.cursor import Cursor
from am_dbg.model.details import DetailsView
from am_dbg.model.goto import go_to_address
from am_dbg.model.sentence import sentence
from am_dbg.model.text import Token
from am_dbg.store import Store
from tests.model.session import Session, text

Number = Callable[[str], int]


@pytest.fixture
def at(store: Store, no: Number) -> Callable[[int], Cursor]:
    """Cursor at a position of sim-p2."""

    def place(pos: int) -> Cursor:
        return moves.go_to(store, Cursor(), no("sim-p2"), pos).cursor

    return place


def section(view: DetailsView, name: str, width: int = 90) -> list[str]:
    """Words of the rows of a section, heading first."""
    return [
        " ".join(text(view.line(i, width)).split())
        for i in range(len(view))
        if view.section_at(i) == name
    ]


Place = Callable[[int], Cursor]


def test_what_the_transition_was(store: Store, at: Place) -> None:
    assert section(DetailsView(store, at(2)), "Transition") == [
        "▾ Transition",
        "✓ add Ready Connected",
        "time 2026-09-21 14:13:21.500000000",
        "took 0.4 ms",
        "clock t2 → t5",
        "id t4",
    ]


def test_arguments_are_escaped(store: Store, at: Place) -> None:
    told = section(DetailsView(store, at(2)), "Arguments")
    assert told == ["▾ Arguments 2", "Topic.id = t-forrest", "err = red\\e[31m"]


def test_the_source_is_a_link_that_leads_there(store: Store, at: Place, no: Number) -> None:
    view = DetailsView(store, at(2))
    assert section(view, "Source") == [
        "▾ Source",
        "handler StartState",
        "in sim at t3 ↗",
        "doing ✓ add Start",
    ]
    links = [view.link_at(i) for i in range(len(view)) if view.section_at(i) == "Source"]
    move = go_to_address(store, at(2), links[2])
    assert (move.cursor.machine, move.cursor.pos) == (no("sim"), 0)


def test_a_source_of_a_machine_that_is_not_there_is_no_link(session: Session) -> None:
    session.machine("m", ["A"]).tx("m", 1, "A", "A", source=("gone", "x", 3, None))
    store = session.store()
    view = DetailsView(store, Cursor(machine=0, pos=0))
    assert section(view, "Source")[1] == "in gone at t3 (not in this recording)"
    assert text(sentence(store, Cursor(machine=0, pos=0), 80)).endswith("by gone")


def test_why_follows_the_chain_of_causes_across_machines(session: Session) -> None:
    session.machine("a", ["A", "B"]).machine("b", ["C"])
    session.tx("a", 1, "A", "A")
    session.tx("b", 2, "C", "C", source=("a", "t1", 1, "AState"))
    session.tx("a", 3, "B", is_queued=True)
    session.tx("a", 4, "B", "B", source=("b", "t2", 1, "CState"))
    session.tx("a", 5, "A", "A", is_auto=True)
    store = session.store()
    view = DetailsView(store, Cursor(machine=0, pos=3))
    assert section(view, "Why") == [
        "▾ Why",
        "auto, after ✓ add B t2 ↗",
        "by CState ✓ b: add C t1 ↗",
        "by AState ✓ add A t1 ↗",
    ]
    row = view.row_of("Why")
    assert row is not None
    assert view.is_heading(row)
    assert view.link_at(row + 2) == "mach://b/t2"


def test_why_tells_what_refused_it(store: Store, at: Place) -> None:
    assert section(DetailsView(store, at(3)), "Why")[1] == "✗ refused by JoiningTopicEnter"


def test_queued_and_executed_lead_to_each_other(store: Store, at: Place) -> None:
    queued = DetailsView(store, at(4))
    assert section(queued, "Queue")[1:3] == ["queued for q7", "executed at t6, +0.100s ↗"]
    executed = DetailsView(store, at(5))
    assert section(executed, "Queue")[2] == "queued at t5, −0.100s ↗"
    links = [executed.link_at(i) for i in range(len(executed)) if executed.link_at(i)]
    assert go_to_address(store, at(5), links[-1]).cursor.pos == 4


def test_handlers_and_steps_in_words(store: Store, at: Place) -> None:
    view = DetailsView(store, at(2))
    assert section(view, "Handlers")[1] == "ReadyState ok 0.2 ms set 0, at +1 µs"
    assert section(view, "Steps") == [
        "▾ Steps 5",
        "1 c called Ready",
        "2 → Ready requires Start",
        "3 ▼ deactivate Connecting",
        "4 ▲ activate Connected",
        "5 ƒ handler ReadyState ok 0.2 ms",
    ]
    refused = section(DetailsView(store, at(3)), "Steps")
    assert refused[2:] == [
        "2 ƒ handler JoiningTopicEnter refused 200 ns",
        "3 ✗ cancel JoiningTopic",
    ]


def test_while_stepping_the_steps_to_come_are_dim(store: Store, at: Place) -> None:
    cursor = moves.go_to_step(store, at(2), 2).cursor
    view = DetailsView(store, cursor)
    steps = {view.step_at(i): view.line(i, 80) for i in range(len(view)) if view.step_at(i)}
    assert text(steps[2]).startswith("▶")
    assert steps[2][-1].token is Token.STRONG
    assert {span.token for span in steps[3][1:]} == {Token.DIM}


def test_changes_lead_to_states(store: Store, at: Place) -> None:
    view = DetailsView(store, at(2))
    assert section(view, "Changes")[1:] == [
        "+Ready 0 → 1",
        "+Connected 0 → 1",
        "−Connecting 1 → 2",
    ]
    states = [view.state_at(i) for i in range(len(view)) if view.state_at(i)]
    assert states == ["Ready", "Connected", "Connecting"]


def test_the_log_is_summed_up_with_its_errors(store: Store, at: Place) -> None:
    told = section(DetailsView(store, at(2)), "Log")
    assert told == ["▾ Log 5", "external 1", "changes 2", "ops 1", "decisions 1", "[error] boom"]


def test_empty_sections_say_what_would_fill_them(store: Store, at: Place) -> None:
    view = DetailsView(store, at(1))
    assert section(view, "Steps") == ["Steps none sent (Go: AM_LOG_STEPS=1)"]
    assert section(view, "Notes")[0].endswith("AM_LOG_FULL=1)")
    assert "AM_LOG_ARGS" in section(view, "Arguments")[0]
    assert section(view, "Source") == ["▾ Source", "auto the machine itself: auto states"]


def test_a_folded_section_is_its_heading(store: Store, at: Place) -> None:
    view = DetailsView(store, at(2), folded={"Steps", "Log"})
    assert section(view, "Steps") == ["▸ Steps 5"]
    headings = [i for i in range(len(view)) if view.is_heading(i)]
    assert len(headings) == 17


def test_the_schema_is_told_before_the_first_transition(store: Store, at: Place) -> None:
    view = DetailsView(store, at(-1))
    told = [" ".join(text(view.line(i, 60)).split()) for i in range(len(view))]
    assert told[:4] == ["initial schema", "machine sim-p2", "states 8", "parent sim"]


def test_notes_and_stack_traces(session: Session) -> None:
    notes = [
        ("when", "new", [0], None),
        ("pipe_out", "new", [0], ["other", "Ready", "add"]),
        ("when_time", "match", [0], [3]),
        ("when_args", "new", [0], {"id": "7"}),
    ]
    trace = 'File "a.py", line 1\n\tcall()\n'
    session.machine("m", ["A"]).tx("m", 1, "A", "A", notes=notes, stack_trace=trace)
    view = DetailsView(session.store(), Cursor(machine=0, pos=0))
    assert section(view, "Notes") == [
        "▾ Notes 4",
        "when new A",
        "pipe_out new A to other Ready (add)",
        "when_time match A 3",
        "when_args new A id=7",
    ]
    assert section(view, "Stack trace") == ["▾ Stack trace 2", 'File "a.py", line 1', "call()"]


def test_the_sentence_tells_it_in_one_line(store: Store, at: Place) -> None:
    assert text(sentence(store, at(2), 140)) == (
        "✓ add Ready Connected (Topic.id=t-forrest err=red\\e[31m)"
        "  +Ready +Connected −Connecting  by sim StartState ↗  1 handler  0.4 ms  2 queued"
    )
    narrow = text(sentence(store, at(2), 55))
    assert narrow == "✓ add Ready Connected  +Ready +Connected −Connecting"
    assert text(sentence(store, at(2), 30)) == "✓ add Ready Connected  +2 −1"
    links = [span.link for span in sentence(store, at(2), 140) if span.link]
    assert links == ["mach://sim/t1"]


def test_the_sentence_tells_steps_schema_and_emptiness(
    store: Store, at: Place, session: Session
) -> None:
    stepping = moves.go_to_step(store, at(2), 2).cursor
    assert text(sentence(store, stepping, 80)) == "step 2/5  → Ready requires Start"
    told = text(sentence(store, at(-1), 80))
    assert told == "initial schema of sim-p2, 8 states, before its first transition"
    assert text(sentence(store, Cursor(), 80)) == "Nothing has connected yet."


def test_a_refusal_by_a_relation_names_it(session: Session) -> None:
    steps = [(32, -1, 0, 0, None), (1, 0, 1, 0, 2), (16, 0, -1, 0, None), (64, -1, 1, 0, None)]
    session.machine("m", ["A", "B"]).tx("m", 1, "A", accepted=False, steps=steps)
    removed = [(32, -1, 0, 0, None), (1, 1, 0, 0, 3), (16, -1, 0, 0, None), (64, -1, 0, 0, None)]
    session.tx("m", 2, "A", accepted=False, steps=removed)
    session.tx("m", 3, "A", accepted=False)
    store = session.store()
    told = [text(sentence(store, Cursor(machine=0, pos=pos), 80)) for pos in range(3)]
    assert told == ["✗ add A  A requires B", "✗ add A  B removes A", "✗ add A  canceled"]
