"""Completing the path of a recording while it is typed."""

from __future__ import annotations

import os
from pathlib import Path

ENDINGS = (".mcap", ".gob.br", ".gob")
"""How the names of files end that can be opened."""
OFFERED = 200
"""Entries of a folder that are offered at most."""


def completions(text: str) -> list[str]:
    """What a path may become: folders (ending in a slash) and recordings, in order.

    ``~`` is the home folder; names that begin with a dot are offered once a dot is typed.
    """
    folder, _, start = text.rpartition("/")
    place = Path(folder + "/" if "/" in text else ".").expanduser()
    prefix = text[: len(text) - len(start)]
    found: list[str] = []
    try:
        with os.scandir(place) as entries:
            for entry in entries:
                name = entry.name
                if not name.startswith(start) or (name.startswith(".") and not start):
                    continue
                if entry.is_dir():
                    found.append(f"{prefix}{name}/")
                elif name.endswith(ENDINGS):
                    found.append(prefix + name)
    except OSError:
        return []
    found.sort(key=lambda one: (one.endswith("/"), one))
    return found[:OFFERED]


def completed(text: str) -> str:
    """The text with what all its completions share added."""
    found = completions(text)
    if not found:
        return text
    low, high = min(found), max(found)  # what these two share, all between them do
    same = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))
    return low[:same] if same > len(text) else text
