"""Semantic log entries taken apart: ``[add] A B (id=7 name=x y)`` -> tag, body, arguments."""

from __future__ import annotations

import re
from collections.abc import Iterable

_TAG = re.compile(r"\[([A-Za-z][\w:.-]*)\] ?")
_ARGS = re.compile(r" \(([^\s=()]+=.*)\)$", re.DOTALL)
_ARG = re.compile(r"(?:^| )([^\s=]+)=")

_TELLING = ("add", "remove", "set", "auto", "state", "auto_", "queue", "prepend")
"""Tags of entries that end with the mutation's arguments."""


def split_tag(text: str) -> tuple[str, str]:
    """``[add] A`` -> (``add``, ``A``); ("", text) for an entry without a tag."""
    match = _TAG.match(text)
    return (match.group(1), text[match.end() :]) if match else ("", text)


def tag_kind(text: str) -> str:
    """``handler`` of ``[handler:0] AState``; "" without a tag."""
    return split_tag(text)[0].split(":")[0]


def split_args(rest: str) -> tuple[str, list[tuple[str, str]]]:
    """What follows the tag -> its body, and the arguments at its end as (name, value).

    A value may hold blanks, so it ends where the next ``name=`` begins.
    """
    match = _ARGS.search(rest)
    if match is None:
        return rest, []
    text = match.group(1)
    starts = list(_ARG.finditer(text))
    ends = [start.start() for start in starts[1:]] + [len(text)]
    args = [
        (start.group(1), text[start.end() : end]) for start, end in zip(starts, ends, strict=True)
    ]
    return rest[: match.start()], args


def logged_args(entries: Iterable[tuple[int, str]]) -> dict[str, str]:
    """Arguments of a mutation as its log entries tell them; {} when none does."""
    for _level, text in entries:
        tag, rest = split_tag(text)
        if tag.split(":")[0] in _TELLING:
            args = split_args(rest)[1]
            if args:
                return dict(args)
    return {}
