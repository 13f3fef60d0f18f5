"""Playing, places visited, marks: what the time controls are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from am_dbg.model import cursor as moves
from am_dbg.model import playing, visited
from am_dbg.model.cursor import Cursor
from am_dbg.model.marks import (
    Mark,
    free_letter,
    from_notes,
    go_to_mark,
    mark_line,
    mark_of,
    to_notes,
)
from am_dbg.model.playing import FACTORS, RATES, Beat, Pace, next_beat
from am_dbg.model.visited import Visited
from am_dbg.store import Store
from tests.model.session import Session, text

Number = Callable[[str], int]


@pytest.fixture
def here(store: Store, no: Number) -> Cursor:
    return moves.go_to(store, Cursor(), no("sim-p2"), 2).cursor


# -- playing -------------------------------------------------------------------------------------


def test_speeds_go_up_and_down_and_stay_at_their_ends() -> None:
    pace = Pace()
    assert playing.speed_words(pace) == "2/s"
    assert playing.speed_words(playing.faster(pace)) == "5/s"
    assert playing.faster(pace, -10).rate == 0
    assert playing.faster(pace, 99).rate == len(RATES) - 1
    recorded = playing.other_clock(pace)
    assert playing.speed_words(recorded) == "×1"
    assert playing.speed_words(playing.faster(recorded, 3)) == "×10"
    assert playing.faster(recorded, 99).factor == len(FACTORS) - 1


def test_what_plays_is_said() -> None:
    assert playing.playing_words(Pace()) == ""
    assert playing.playing_words(playing.start(Pace(), 1, False)) == "▶ PLAY 2/s"
    assert playing.playing_words(playing.start(Pace(), -1, True)) == "◀ BACK steps 2/s"


def test_a_steady_beat(store: Store, here: Cursor) -> None:
    assert next_beat(store, here, Pace(direction=1)) == Beat(1, 0.5)


def test_by_recorded_time_the_distances_count(store: Store, here: Cursor) -> None:
    pace = Pace(direction=1, recorded=True)
    assert next_beat(store, here, pace) == Beat(1, 0.5)  # 1500 ms -> 2000 ms
    assert next_beat(store, here, replace(pace, direction=-1)) == Beat(1, 1.2)  # 300 ms
    slow = replace(pace, factor=0)
    assert next_beat(store, here, slow) == Beat(1, playing.SILENCE)  # nobody waits for 50 s


def test_what_comes_faster_than_frames_is_one_beat(session: Session) -> None:
    session.machine("m", ["A"])
    for i in range(200):
        session.tx("m", i, "A", "A")
    store = session.store()
    at = moves.go_to(store, Cursor(), 0, 100).cursor
    beat = next_beat(store, at, Pace(direction=1, recorded=True))
    assert beat == Beat(40, playing.FRAME)
    back = next_beat(store, at, Pace(direction=-1, recorded=True))
    assert back.moves == 40


def test_steps_come_to_an_end(store: Store, here: Cursor) -> None:
    at, seen = moves.go_to_step(store, here, 1).cursor, 0
    while seen < 50 and (after := moves.step_forward(store, at).cursor) != at:
        at, seen = after, seen + 1
    assert seen < 50
    assert (at.pos, at.step) == (8, None)


def test_steps_have_no_distances(store: Store, here: Cursor) -> None:
    assert next_beat(store, here, Pace(direction=1, steps=True, recorded=True)).wait == 0.5


def test_choosing_is_not_moving_in_time(store: Store, here: Cursor, no: Number) -> None:
    other = moves.select_machine(store, here, no("sim")).cursor
    assert not playing.moved_in_time(here, other)
    assert not playing.moved_in_time(here, moves.select_state(store, here, "Ready").cursor)
    assert playing.moved_in_time(here, moves.next_transition(store, here).cursor)
    assert playing.moved_in_time(here, moves.step_back(store, here).cursor)


# -- visited places ------------------------------------------------------------------------------


def place(machine: int, pos: int) -> Cursor:
    return Cursor(machine=machine, moment=pos, pos=pos)


def walk(*places: tuple[int, int], stayed: float = 0.0) -> Visited:
    been = Visited()
    for machine, pos in places:
        been = visited.moved(been, place(machine, pos), stayed)
    return been


def shown(been: Visited | None) -> tuple[int, int] | None:
    return (been.here.machine, been.here.pos) if been is not None and been.here else None


def test_jumps_are_places_to_come_back_to() -> None:
    been = walk((0, 1), (0, 50), (1, 7))
    back = visited.go_back(been)
    assert shown(back) == (0, 50)
    assert back is not None
    further = visited.go_back(back)
    assert shown(further) == (0, 1)
    assert further is not None
    assert visited.go_back(further) is None
    again = visited.go_forward(further)
    assert shown(again) == (0, 50)


def test_a_jump_cuts_what_lay_forward_and_walking_does_not() -> None:
    back = visited.go_back(walk((0, 1), (0, 50)))
    assert back is not None
    walked = visited.moved(back, place(0, 2), 0.0)
    assert shown(visited.go_forward(walked)) == (0, 50)
    jumped = visited.moved(back, place(0, 99), 0.0)
    assert visited.go_forward(jumped) is None


def test_walking_past_leaves_nothing_staying_does() -> None:
    assert walk((0, 1), (0, 2), (0, 3)).back == ()
    stayed = walk((0, 1), (0, 2), (0, 3), stayed=visited.STAYED)
    assert shown(visited.go_back(stayed)) == (0, 2)


def test_a_place_of_another_machine_is_skipped_to() -> None:
    been = walk((0, 1), (1, 5), (1, 30), (1, 60))
    back = visited.go_back(been, machine=True)
    assert shown(back) == (0, 1)
    assert back is not None
    assert shown(visited.go_forward(back, machine=True)) == (1, 5)
    assert visited.go_back(back, machine=True) is None


def test_the_newest_hundred_are_kept() -> None:
    been = walk(*((0, 10 * i) for i in range(250)))
    assert len(been.back) + 1 == visited.KEPT
    assert been.back[-1].pos == 2480
    assert been.back[0].pos == 2490 - 10 * 99


# -- marks ---------------------------------------------------------------------------------------


def test_a_mark_leads_back(store: Store, here: Cursor) -> None:
    stepping = moves.go_to_step(store, here, 3).cursor
    mark = mark_of(store, stepping, "look here")
    assert mark is not None
    end = moves.opening_cursor(store, live=False)
    there = go_to_mark(store, end, mark).cursor
    assert (there.machine, there.pos, there.step) == (here.machine, 2, 3)
    assert "sim-p2 tx 3 step 3  look here" in text(mark_line(store, "a", mark, 120))


def test_a_mark_finds_its_transition_by_its_id(store: Store, here: Cursor) -> None:
    mark = mark_of(store, here)
    assert mark is not None
    assert go_to_mark(store, here, mark._replace(position=0)).cursor.pos == 2
    gone = go_to_mark(store, here, mark._replace(transition="gone"))
    assert (gone.cursor.pos, gone.message) == (2, "its transition is gone")  # by its moment
    other = go_to_mark(store, here, mark._replace(machine="x\x1b"))
    assert other.message == "no machine x\\e in this recording"


def test_marks_survive_as_notes(store: Store, here: Cursor) -> None:
    mark = mark_of(store, here, "why?")
    assert mark is not None
    assert from_notes(to_notes({"a": mark})) == {"a": mark}
    assert free_letter({"a": mark}) == "b"


@pytest.mark.parametrize(
    "notes",
    [
        None,
        [],
        {"a": 1},
        {"a": {}},
        {"ab": {"machine": "m", "position": 1}},
        {"a": {"machine": "m", "position": "x"}},
    ],
)
def test_notes_that_are_no_marks_are_left_out(notes: object) -> None:
    assert from_notes(notes) == {}


def test_old_marks_with_less_in_them_are_read() -> None:
    notes = {"z": {"machine": "m", "position": 4}}
    assert from_notes(notes) == {"z": Mark("m", "", 4, None, 0)}
