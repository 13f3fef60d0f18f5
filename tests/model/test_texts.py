from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from am_dbg.model import cursor as moves
from am_dbg.model.addresses import Address, format_address, parse_address
from am_dbg.model.cursor import opening_cursor
from am_dbg.model.details import DetailsView
from am_dbg.model.format import (
    clean,
    clock_time,
    compact,
    crop,
    crop_line,
    crop_middle,
    duration,
    offset,
    pad,
    width_of,
)
from am_dbg.model.history import HistoryView
from am_dbg.model.log import LogPlace, LogView
from am_dbg.model.machines import MachinesView
from am_dbg.model.search import highlighted, matching
from am_dbg.model.sentence import sentence
from am_dbg.model.states import StatesView
from am_dbg.model.status import connection_lines, status_line
from am_dbg.model.text import Line, Span
from am_dbg.model.timeline import StepTimeline, Timeline
from telemetry.messages import DbgMsgTx
from tests.model.session import Session, text

# what a hostile or merely foreign source may send
foreign = st.text(
    st.one_of(
        st.sampled_from("aZ9 _[]()=+-/\\\x1b\x07\x00\n\t\x9b\u202e\u200b\ufeff漢字é\u0301👩🏽"),
        st.characters(codec="utf-8"),
    ),
    max_size=12,
)
names = st.lists(foreign.filter(bool), min_size=1, max_size=4, unique=True)


@given(foreign)
def test_clean_text_cannot_move_or_hide_anything(text: str) -> None:
    shown = clean(text)
    for char in shown:
        assert ord(char) >= 0x20
        assert not 0x7F <= ord(char) <= 0x9F
        assert char not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
    assert clean(shown) == shown


def test_bytes_that_were_no_utf8_show_as_bytes() -> None:
    assert clean(b"a\xff\x1b".decode("utf-8", "surrogateescape")) == "a\\xff\\e"


@given(foreign, st.integers(0, 20))
def test_cropping_keeps_to_cells(text: str, width: int) -> None:
    assert width_of((Span(crop(clean(text), width)),)) <= width
    assert width_of((Span(crop_middle(clean(text), width)),)) <= width
    assert width_of((Span(pad(clean(text), width)),)) == width
    parts: Line = (Span(clean(text)), Span("|"), Span(clean(text)))
    assert width_of(crop_line(parts, width)) <= width


def test_a_cut_is_shown() -> None:
    assert crop("JoiningTopic", 8) == "Joining…"
    assert crop_middle("supervisor-link-12", 15) == "superviso…nk-12"
    assert text(crop_line((Span("ab"), Span("cdef")), 4)) == "abc…"
    assert text(crop_line((Span("ab"), Span("cd")), 4)) == "abcd"


@pytest.mark.parametrize(
    ("ns", "told"),
    [
        (0, "0 ns"),
        (850, "850 ns"),
        (12_345, "12 µs"),
        (412_345, "0.4 ms"),
        (12_345_678, "12.3 ms"),
        (99_949_999, "99.9 ms"),
        (250_000_000, "250 ms"),
        (1_250_000_000, "1.25 s"),
        (123_000_000_000, "2 m 03 s"),
        (3_720_000_000_000, "1 h 02 m"),
    ],
)
def test_durations(ns: int, told: str) -> None:
    assert duration(ns) == told


def test_times_and_numbers() -> None:
    assert clock_time(1_790_000_003_041_786_123) == "14:13:23.041"
    assert clock_time(1_790_000_003_041_786_123, 9) == "14:13:23.041786123"
    assert clock_time(1_790_000_003_041_786_123, 0) == "14:13:23"
    assert offset(312_000_000) == "+0.312s"
    assert offset(-12_500_000_000) == "−12.500s"
    assert (compact(1204, 7), compact(12_345_678, 7)) == ("1,204", "12.3M")


@given(st.text(min_size=1), st.text(), st.one_of(st.none(), st.integers(0, 999)))
def test_addresses_read_back(machine: str, tx: str, step: int | None) -> None:
    try:
        machine.encode("utf-8", "surrogateescape")
        tx.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return
    there = format_address(machine, tx, step)
    assert there.isascii()
    assert parse_address(there) == Address(machine, tx, step if tx else None)


@pytest.mark.parametrize(
    "wrong", ["", "mach://", "sim/x", "mach:///x", "mach://a//3", "mach://a/b/c", "mach://a/b/1/2"]
)
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="address"):
        parse_address(wrong)


def test_search_matches_all_words_else_characters_in_order() -> None:
    machines = ["sim-p2", "sim-p20", "relay", "SIM"]
    assert matching(machines, "p2") == [0, 1]
    assert matching(machines, "20 sim") == [1]
    assert matching(machines, "rly") == [2]
    assert matching(machines, "") == [0, 1, 2, 3]
    assert [span.text for span in highlighted("sim-p20", "P2 0")] == ["sim-", "p20"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(names=names, words=st.lists(foreign, min_size=2, max_size=4), width=st.integers(1, 60))
def test_no_line_is_wider_than_asked_whatever_was_sent(
    names: list[str],
    words: list[str],
    width: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    session = Session(tmp_path_factory.mktemp("widths") / "session.mcap")
    session.machine(names[0], names, tags=words)
    session.machine("other", names, parent=names[0]).tx("other", 0, "", "")
    more: dict[str, Any] = {
        "args": dict.fromkeys(words, words[0]),
        "log_entries": [(1, word) for word in words] + [(3, f"[add] {names[0]} (a={words[0]})")],
        "steps": [(1, 0, 0, 0, 2), (2, -1, words[0], 5, None), (99, -1, -1, 0, None)],
        "handlers": [(words[1], 0, 1, 2, "error")],
        "stack_trace": "\n".join(words),
        "source": (words[0], words[1], 4, words[0]),
        "duration": 3,
        "queue": 4,
        "queue_dump": words,
        "notes": [(words[0], words[1], [0, -1], words)],
    }
    session.put(names[0], _called(names, more), 1_790_000_000_000_000_000)
    store = session.store()
    end = opening_cursor(store, live=False)
    for cursor in (
        end,
        moves.first(store, end).cursor,
        moves.go_to_step(store, end, 1).cursor,
        moves.follow(store, end, True).cursor,
    ):
        lines = [
            status_line(store, cursor, width, files=words[0], filter_text=words[1]),
            sentence(store, cursor, width),
            *connection_lines(store, width),
            Timeline(store, cursor, width).bar(),
            Timeline(store, cursor, width).axis(),
            StepTimeline(store, cursor, width).bar(),
            *(row.line for row in LogView(store, cursor, 5, True).window(LogPlace(-1), 30, width)),
        ]
        for view in (
            MachinesView(store, cursor, search="a"),
            MachinesView(store, cursor),
            StatesView(store, cursor, expanded=names),
            HistoryView(store, cursor),
            DetailsView(store, cursor),
        ):
            lines += [view.line(i, width) for i in range(len(view))]
        for line in lines:
            assert width_of(line) <= width, text(line)
            assert clean(text(line)) == text(line)


def _called(names: list[str], more: dict[str, Any]) -> DbgMsgTx:
    return DbgMsgTx(
        machine_id=names[0],
        id=names[-1],
        time=1_790_000_000_000_000_000,
        clocks=[1] * len(names),
        accepted=True,
        called_states_idxs=[0, -1],
        **more,
    )
