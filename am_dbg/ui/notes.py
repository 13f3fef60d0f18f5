"""Notes on a recording: marks, and where the user left it.

In ``FILE.notes.json`` beside it, or in the user's state folder when that can't be written.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from platformdirs import user_state_path

from am_dbg.model.cursor import go_to, go_to_step, opening_cursor, select_machine, select_state
from am_dbg.model.marks import Mark, from_notes, to_notes
from am_dbg.ui.session import Session

SUFFIX = ".notes.json"


def notes_paths(recording: Path) -> list[Path]:
    """Where the notes may be: beside the recording, else in the user's state folder."""
    key = sha256(str(recording.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    beside = recording.with_name(recording.name + SUFFIX)
    return [beside, user_state_path("am-dbg", appauthor=False) / "notes" / f"{key}{SUFFIX}"]


def read_notes(recording: Path) -> dict[str, Any]:
    """The notes, empty when there are none that can be read."""
    for path in notes_paths(recording):
        with contextlib.suppress(OSError, ValueError):
            notes = json.loads(path.read_text("utf-8"))
            if isinstance(notes, dict):
                return notes
    return {}


def save_position(recording: Path, session: Session) -> None:
    """Note where the user is; at the place where it opens anyway there is nothing to note.

    A folder that can't be written is no trouble: the recording then opens at its end again.
    """
    notes = read_notes(recording)
    store, machine, cursor = session.store, session.machine, session.cursor
    end = opening_cursor(store, live=False, see=session.lens.visible)
    if (
        machine is None
        or cursor.following
        or (cursor.machine, cursor.pos) == (end.machine, end.pos)
    ):
        if notes.pop("position", None) is None:
            return
    else:
        anchor, pos = cursor.anchor if cursor.anchor[0] >= 0 else (cursor.machine, cursor.pos)
        notes["position"] = {
            "machine": machine.label,
            "moment_of": store.machines[anchor].label,
            "transition": pos,
            "step": cursor.step,
            "state": cursor.state,
        }
    write_notes(recording, notes)


def write_notes(recording: Path, notes: dict[str, Any]) -> bool:
    """Write the notes where that is possible; False when it is nowhere."""
    for path in notes_paths(recording):
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(notes, ensure_ascii=True, indent=1), "utf-8")
            return True
    return False


def read_marks(recording: Path) -> dict[str, Mark]:
    """The marks in a recording's notes."""
    return from_notes(read_notes(recording).get("marks"))


def save_marks(recording: Path, marks: Mapping[str, Mark]) -> bool:
    """Keep these marks and no others; False when no folder for notes can be written."""
    notes = read_notes(recording)
    notes["marks"] = to_notes(marks)
    return write_notes(recording, notes)


def restore_position(recording: Path, session: Session) -> bool:
    """Go where the user left; False when nothing is noted, or it isn't in the recording."""
    noted = read_notes(recording).get("position")
    if not isinstance(noted, dict):
        return False
    try:
        pos = int(noted["transition"])
        machine = session.store.machine_by(noted["moment_of"])
        shown = session.store.machine_by(noted["machine"])
        if machine is None or shown is None or not -1 <= pos < len(machine):
            return False
        moved = go_to(session.store, session.cursor, machine.no, pos)
        moved = select_machine(session.store, moved.cursor, shown.no, session.lens.visible)
        if (step := noted.get("step")) is not None and shown is machine:
            moved = go_to_step(session.store, moved.cursor, int(step))
        session.cursor = select_state(session.store, moved.cursor, str(noted["state"])).cursor
    except (KeyError, TypeError, ValueError):
        return False
    return True
