"""Arguments of mutations as short texts: which ones a debugger sees, and how much of them.

A mapper turns a mutation's arguments into ``{name: text}``. It runs in the exporter's sender
thread, never on the machine's, and whatever it raises ends here.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

DEFAULT_NAMES = ("id", "name", "path", "url", "addr", "port", "err")
"""Arguments shown when nobody says which."""

LIMIT = 200
"""Longest text of a value, in characters, unless a mapper says otherwise."""

HARD_LIMIT = 16_384
"""Longest text of a value that a mapper of the program can send, in characters."""

FAILED = "mapper failed"
"""Name under which a mapper's own error is shown."""

ArgsMapper = Callable[[Mapping[str, Any]], Mapping[str, str]]
"""Arguments -> the ones to send, as text."""

_containers = reprlib.Repr()
_containers.maxdict = _containers.maxlist = _containers.maxtuple = _containers.maxset = 12
_containers.maxstring = _containers.maxother = LIMIT


def named(names: Iterable[str] = DEFAULT_NAMES, limit: int = LIMIT) -> ArgsMapper:
    """A mapper that sends the arguments of these names, each cut to ``limit`` characters."""
    wanted = frozenset(names)

    def mapper(args: Mapping[str, Any]) -> dict[str, str]:
        return {name: text_of(value, limit) for name, value in args.items() if name in wanted}

    return mapper


def text_of(value: object, limit: int = LIMIT) -> str:
    """``value`` as text of at most ``limit`` characters; never raises.

    Containers and bytes are abbreviated rather than printed whole: they may be huge.
    """
    try:
        if isinstance(value, str):
            return cut(value, limit)
        if isinstance(value, BaseException):
            return cut(f"{type(value).__name__}: {value}" if str(value) else repr(value), limit)
        if isinstance(value, (list, tuple, dict, set, frozenset, bytes, bytearray)):
            return cut(_containers.repr(value), limit)
        return cut(str(value), limit)
    except Exception as error:
        return f"<{type(value).__name__}: {type(error).__name__} when printed>"


def cut(text: str, limit: int) -> str:
    """``text`` itself (as a plain str), or its beginning and an ellipsis if it is too long."""
    return str.__str__(text) if len(text) <= limit else str.__str__(text[: max(limit - 1, 0)]) + "…"


def map_args(mapper: ArgsMapper, args: Mapping[str, Any]) -> dict[str, str]:
    """What ``mapper`` makes of ``args``, made sure to be short text; its errors become an entry."""
    try:
        return {
            cut(str(name), LIMIT): text_of(value, HARD_LIMIT)
            for name, value in mapper(args).items()
        }
    except Exception as error:
        return {FAILED: text_of(error)}
