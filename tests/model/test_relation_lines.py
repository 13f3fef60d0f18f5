"""Lines between the rows of states while stepping."""

from __future__ import annotations

import random

import pytest

from am_dbg.model.relation_lines import LEAD, Gutter, Relation
from am_dbg.model.text import Token
from tests.model.session import text

NAMES = ("Start", "IsDHT", "Ready", "Connected", "Connecting", "Disconnecting", "Topic", "Joining")
ROWS = {name: row for row, name in enumerate(NAMES)}
RELATIONS = [
    Relation("Ready", "Start", "requires"),
    Relation("Ready", "Connected", "requires"),
    Relation("Connected", "Connecting", "removes"),
    Relation("Connected", "Disconnecting", "removes"),
    Relation("Topic", "Ready", "adds"),
    Relation("Joining", "Topic", "is after"),
    Relation("Disconnecting", "Start", "requires"),
]


def drawn(gutter: Gutter, width: int = 40) -> list[str]:
    return [text(gutter.line(row, width)).rstrip() for row in range(len(NAMES))]


def test_each_relation_joins_two_rows() -> None:
    assert drawn(Gutter(ROWS, RELATIONS)) == [
        "◂──┬─╮",
        "   │ │",
        "◂•─┼╮│ requires",
        "◂•┬╯││ removes",
        "◂─┤ ││",
        "◂•┴─┼╯ requires",
        "◂•┬─╯  adds",
        " •╯    is after",
    ]


def test_relations_of_one_kind_and_source_share_a_line() -> None:
    many = [Relation("Start", name, "removes") for name in NAMES[1:]]
    gutter = Gutter(ROWS, many)
    assert gutter.columns == 1
    assert drawn(gutter)[0] == " •╮ removes"
    assert drawn(gutter)[-1] == "◂─╯"


def test_columns_are_used_again() -> None:
    apart = [Relation("Start", "IsDHT", "adds"), Relation("Topic", "Joining", "adds")]
    assert Gutter(ROWS, apart).columns == 1


def test_the_last_step_stands_out() -> None:
    gutter = Gutter(ROWS, RELATIONS[:2], current=True)
    strong = [
        [span.text for span in gutter.line(row, 40) if span.token is Token.STRONG]
        for row in range(4)
    ]
    assert strong[0] == []  # an older target of the same line
    assert strong[2] == ["•", "┤", " requires"]
    assert strong[3] == ["◂", "─", "╯"]
    assert not any(
        span.token is Token.STRONG
        for row in range(4)
        for span in Gutter(ROWS, RELATIONS[:2]).line(row, 40)
    )


def test_a_relation_of_a_state_to_itself_has_signs_only() -> None:
    assert drawn(Gutter(ROWS, [Relation("Ready", "Ready", "requires")]))[2] == "◂•  requires"


def test_states_without_a_row_are_counted() -> None:
    gutter = Gutter({"Start": 0}, RELATIONS)
    assert gutter.hidden == len(RELATIONS)
    assert not gutter
    assert gutter.width == 0


def test_words_are_short_or_left_out_where_there_is_no_room() -> None:
    gutter = Gutter(ROWS, RELATIONS)
    assert drawn(gutter, 11)[2] == "◂•─┼╮│ req"
    assert drawn(gutter, 6)[2] == "◂•─┼╮│"


@pytest.mark.parametrize("width", [0, 1, 2, 3, 4, 5, 8, 20])
def test_it_never_takes_more_than_its_width(width: int) -> None:
    gutter = Gutter(ROWS, RELATIONS, current=True)
    for row in range(len(NAMES)):
        assert len(text(gutter.line(row, width))) <= width


def test_the_last_step_is_drawn_even_in_a_single_column() -> None:
    gutter = Gutter(ROWS, RELATIONS, current=True)
    lines = drawn(gutter, LEAD + 1)
    assert lines[0] == "◂─╮"
    assert lines[5].endswith("╯")


def test_forty_steps_between_a_hundred_states_need_few_columns() -> None:
    dice = random.Random(1)
    rows = {f"s{i}": i for i in range(100)}
    relations = []
    for _ in range(40):
        source = dice.randrange(100)
        target = min(max(source + dice.randint(-10, 10), 0), 99)
        relations.append(Relation(f"s{source}", f"s{target}", "requires"))
    gutter = Gutter(rows, relations)
    assert gutter.columns <= 8
    assert all(len(text(gutter.line(row, 30))) <= 30 for row in range(100))
