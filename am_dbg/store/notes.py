"""What a message tells of subscriptions, state contexts and pipes: from its notes, else its log.

Our exporter sends notes; Go's tells the same in log lines, at level ops.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from telemetry.messages import LogEntry, Note

WAITS = ("when", "when_not", "when_time", "when_args", "when_queue", "when_query")
CONTEXT, PIPE_IN, PIPE_OUT = "ctx", "pipe_in", "pipe_out"
KINDS = (*WAITS, CONTEXT, PIPE_IN, PIPE_OUT)
NEW, MATCH, GONE = "new", "match", "gone"

_LINE = re.compile(
    r"\[(?:(?P<wait>when(?:Not|Time|Args|Queue|Query)?|ctx):(?P<op>new|match)"
    r"|pipe-(?P<way>in|out):(?P<mutation>add|remove)|(?P<gc>pipe:gc))\] (?P<rest>.*)",
    re.DOTALL,
)
_ARGS = re.compile(r"(\S+) \((.*)\)$")
_WAIT_KINDS = {
    "when": "when",
    "whenNot": "when_not",
    "whenTime": "when_time",
    "whenArgs": "when_args",
    "whenQueue": "when_queue",
    "whenQuery": "when_query",
    "ctx": CONTEXT,
}


class Told(NamedTuple):
    """One record: kind, ``new match gone``, state names, and by kind: ticks, argument names, a
    queue tick, (machine id, state or "", mutation) of a pipe; else None.

    A ``pipe_out`` that is gone with no state names means all pipes to and from that machine.
    """

    kind: str
    op: str
    states: tuple[str, ...]
    data: Any = None

    @property
    def key(self) -> int:
        """What a record has in common with the one that ends it, as 32 bits."""
        about = repr((self.kind, sorted(self.states), self.data))
        return zlib.crc32(about.encode("utf-8", "surrogateescape"))


def told_in(
    notes: Sequence[Note],
    entries: Sequence[LogEntry],
    names: Sequence[str],
    noted: Collection[str],
) -> Iterator[Told]:
    """Records of a message. ``names``: its states by index; ``noted``: kinds that this machine
    sends as notes, whose log lines only repeat them.
    """
    for kind, op, states, data in notes:
        if kind in KINDS and op in (NEW, MATCH, GONE):
            known = tuple(names[i] if 0 <= i < len(names) else f"#{i}" for i in states)
            yield Told(kind, op, known, _data(kind, data))
    for _level, text in entries:
        if text.startswith(("[when", "[ctx:", "[pipe")):
            told = _of_line(text)
            if told is not None and told.kind not in noted:
                yield told


def _data(kind: str, data: Any) -> Any:
    """The data of a note in a form that compares."""
    if kind == CONTEXT:
        return None
    return tuple(data) if isinstance(data, (list, dict)) else data


def _of_line(text: str) -> Told | None:
    match = _LINE.match(text)
    if match is None:
        return None
    rest = match["rest"].strip()
    if match["gc"]:
        return Told(PIPE_OUT, GONE, (), (rest, "", ""))
    if match["way"]:
        state, _word, machine = rest.partition(" to " if match["way"] == "out" else " from ")
        return Told(f"pipe_{match['way']}", NEW, (state,), (machine, "", match["mutation"]))
    return Told(_WAIT_KINDS[match["wait"]], match["op"], *_wait(match["wait"], rest))


def _wait(kind: str, rest: str) -> tuple[tuple[str, ...], Any]:
    """State names and data of what follows the tag of a subscription."""
    if kind in ("whenQueue", "whenQuery"):
        return (), int(rest) if rest.isdigit() else rest
    if kind == "whenArgs":
        match = _ARGS.match(rest)
        return ((match[1],), tuple(match[2].split(","))) if match else ((rest,), ())
    words = rest.replace(",", " ").replace("[", " ").replace("]", " ").split()
    if kind == "whenTime":
        names = tuple(word for word in words if not word.isdigit())
        return names, tuple(int(word) for word in words if word.isdigit())
    return tuple(words), None
