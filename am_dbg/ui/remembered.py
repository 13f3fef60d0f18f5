"""What is kept across runs: small structs as JSON files in the user's state folder.

Each kind has a name and a file of its own. What can't be read is as good as not there, what can't
be written is not kept: neither is worth a word to the user.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TypeVar

import msgspec
from platformdirs import user_state_path

T = TypeVar("T", bound=msgspec.Struct)


def remembered_path(name: str) -> Path:
    """The file of what is remembered under that name."""
    return user_state_path("am-dbg", appauthor=False) / "ui" / f"{name}.json"


def recall(name: str, kind: type[T]) -> T:
    """What was remembered under ``name``; ``kind()`` when there is nothing of that shape."""
    try:
        return msgspec.json.decode(remembered_path(name).read_bytes(), type=kind)
    except (OSError, ValueError, RecursionError):  # DecodeError and ValidationError are ValueErrors
        return kind()


def remember(name: str, value: msgspec.Struct) -> bool:
    """Keep it under ``name``, whole or not at all. False when it can't be written."""
    path = remembered_path(name)
    data = msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd, part = tempfile.mkstemp(prefix=f".{name}.", dir=path.parent)
    except OSError:
        return False
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
        os.replace(part, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(part)
        return False
    return True
