"""What a user did wrong, in one line that says what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(Exception):
    """Wrong input: shown as ``am-dbg: TEXT`` on stderr, exit status 1, never a traceback."""


def nearest(word: str, words: Iterable[str]) -> str:
    """``; did you mean X?``, or nothing when nothing is near."""
    found = get_close_matches(word, list(words), n=1, cutoff=0.6)
    return f"; did you mean {found[0]}?" if found else ""
