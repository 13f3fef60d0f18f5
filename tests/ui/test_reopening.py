"""A recording opens at its end, and after that where the user left it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from am_dbg.commands.view import replay_session
from am_dbg.model.cursor import go_to, select_machine, select_state
from am_dbg.ui.notes import notes_paths, restore_position, save_position
from am_dbg.ui.session import Session
from tests.ui.sessions import small


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return small(tmp_path / "small.mcap")


def reopened(path: Path) -> Session:
    session = replay_session([path], follow=False)
    restore_position(path, session)
    return session


def test_it_opens_at_the_last_transition(path: Path) -> None:
    session = reopened(path)
    assert session.machine is not None
    assert (session.machine.label, session.cursor.pos) == ("app", 62)


def test_it_goes_on_where_the_user_left(path: Path) -> None:
    session = reopened(path)
    session.cursor = go_to(session.store, session.cursor, 0, 20).cursor
    session.cursor = select_machine(session.store, session.cursor, 1).cursor
    session.cursor = select_state(session.store, session.cursor, "Ready").cursor
    save_position(path, session)
    again = reopened(path)
    assert again.cursor == session.cursor


def test_leaving_at_the_end_forgets_the_place(path: Path) -> None:
    session = reopened(path)
    at_end = session.cursor
    session.cursor = go_to(session.store, session.cursor, 0, 20).cursor
    save_position(path, session)
    session.cursor = at_end
    save_position(path, session)
    assert reopened(path).cursor == at_end


def test_other_notes_stay(path: Path) -> None:
    notes_paths(path)[0].write_text(json.dumps({"marks": [1]}))
    session = reopened(path)
    session.cursor = go_to(session.store, session.cursor, 0, 20).cursor
    save_position(path, session)
    assert json.loads(notes_paths(path)[0].read_text())["marks"] == [1]


@pytest.mark.parametrize(
    "notes",
    ["", "[]", "{", '{"position": 1}', '{"position": {"machine": "gone"}}', '{"position": {}}'],
)
def test_notes_that_say_nothing_useful_are_ignored(path: Path, notes: str) -> None:
    notes_paths(path)[0].write_text(notes)
    assert reopened(path).cursor.pos == 62
