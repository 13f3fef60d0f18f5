"""The folder of live recordings: names by time, the newest kept, which is of which address."""

from __future__ import annotations

import contextlib
import os
from datetime import datetime
from pathlib import Path

import platformdirs

from am_dbg.errors import UserError
from am_dbg.recording.locking import is_locked
from am_dbg.settings import Keep

ADDRESS_SUFFIX = ".address"
"""Beside a recording in the making: the address that its recorder listens on."""
EXTRAS = (ADDRESS_SUFFIX, ".amidx", ".notes.json")
"""What goes with a recording when it is removed."""


def default_folder() -> Path:
    """The user's state folder for recordings."""
    return Path(platformdirs.user_state_dir("am-dbg", appauthor=False))


def new_recording(folder: Path, listen: str, keep: Keep | None = None) -> Path:
    """A free name, by the time; older recordings make room.

    Raises UserError when the folder can't be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        make_room(folder, keep or Keep())
        path = _free_name(folder)
        beside(path).write_text(listen)
    except OSError as error:
        raise UserError(
            f"can't record into {folder}: {error.strerror}; choose another --recording-dir"
        ) from None
    return path


def _free_name(folder: Path) -> Path:
    name = datetime.now().strftime("%Y-%m-%dT%H-%M-%S")
    path, again = folder / f"{name}.mcap", 1
    while path.exists() or beside(path).exists():
        again += 1
        path = folder / f"{name}-{again}.mcap"
    return path


def beside(recording: Path) -> Path:
    """The file that holds the recorder's address."""
    return recording.with_name(recording.name + ADDRESS_SUFFIX)


def make_room(folder: Path, keep: Keep) -> None:
    """Remove the oldest recordings but those that ``keep`` allows, the one to come included.

    Only finished files that am-dbg named itself are touched.
    """
    kept, total = 1, 0  # the one that is about to begin is among those kept
    for path in sorted(folder.glob("????-??-??T??-??-??*.mcap"), reverse=True):
        size = path.stat().st_size
        kept += 1
        total += size
        if (kept > keep.recordings or total > keep.gigabytes * 2**30) and not being_written(path):
            for one in (path, *(path.with_name(path.name + extra) for extra in EXTRAS)):
                one.unlink(missing_ok=True)


def being_written(path: Path) -> bool:
    """Whether a recorder has the file open for writing."""
    with contextlib.suppress(OSError):
        fd = os.open(path, os.O_RDONLY)
        try:
            return is_locked(fd)
        finally:
            os.close(fd)
    return False


def recording_of(folder: Path, listen: str) -> Path | None:
    """The recording that a running am-dbg makes of what comes to that address; None: not known."""
    for path in sorted(folder.glob("*.mcap"), reverse=True):
        with contextlib.suppress(OSError):
            if beside(path).read_text() == listen and being_written(path):
                return path
    return None
