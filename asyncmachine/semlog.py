"""The semantic log: what a machine did and why, as structured records formatted when read.

Levels: 0 nothing, 1 external, 2 changes, 3 ops, 4 decisions, 5 everything. A record holds its kind
and its data; the text, without the machine's prefix, is made by ``text()``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

NOTHING: Final = 0
EXTERNAL: Final = 1
CHANGES: Final = 2
OPS: Final = 3
DECISIONS: Final = 4
EVERYTHING: Final = 5
LEVEL_NAMES: Final = ("nothing", "external", "changes", "ops", "decisions", "everything")

ARG_NAMES: Final = ("name", "id", "port", "addr", "err", "path", "url", "uri")

ArgsMapper = Callable[[Mapping[str, Any]], Mapping[str, str]]
"""Turns the arguments of a mutation into what the log shows of them."""


class LogRecord:
    """One line of the semantic log: ``level``, ``kind`` (the tag), ``data`` (for the text)."""

    __slots__ = ("data", "kind", "level")

    def __init__(self, level: int, kind: str, data: Any = None) -> None:
        self.level = level
        self.kind = kind
        self.data = data

    def text(self) -> str:
        """The line, such as ``[state] +A -B``."""
        body = _BODIES.get(self.kind)
        if body is not None:
            return body(self.kind, self.data)
        return f"[{self.kind}] {self.data}" if self.data is not None else f"[{self.kind}]"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, LogRecord)
            and (self.level, self.kind) == (other.level, other.kind)
            and self.data == other.data
        )

    def __hash__(self) -> int:
        return hash((self.level, self.kind))

    def __repr__(self) -> str:
        return f"LogRecord({self.level}, {self.text()!r})"


def args_text(args: Mapping[str, Any], mapper: ArgsMapper | None = None) -> str:
    """`` (k1=v1 k2=v2)`` sorted by key, or nothing."""
    if not args:
        return ""
    shown = (mapper or default_args_mapper)(args)
    if not shown:
        return ""
    return " (" + " ".join(f"{key}={shown[key]}" for key in sorted(shown)) + ")"


def args_mapper(names: Iterable[str] = ARG_NAMES, max_len: int = 20) -> ArgsMapper:
    """A mapper that shows the arguments called ``names``, each cut to ``max_len`` characters."""
    wanted = tuple(names)

    def mapped(args: Mapping[str, Any]) -> Mapping[str, str]:
        return {name: _cut(str(args[name]), max_len) for name in wanted if name in args}

    return mapped


def _cut(text: str, max_len: int) -> str:
    if len(text) <= max_len:
        return text
    return text[:max_len] if max_len < 5 else text[: max_len - 3] + "..."


default_args_mapper = args_mapper()


def _mutation(kind: str, data: Any) -> str:
    names, args, mapper = data
    return f"[{kind}] {' '.join(names)}{args_text(args, mapper)}"


def _names(kind: str, data: Any) -> str:
    return f"[{kind}] {' '.join(data)}"


def _state(kind: str, data: Any) -> str:
    added, removed, same, args, mapper = data
    signed = [f"+{n}" for n in added] + [f"-{n}" for n in removed] + list(same)
    return f"[{kind}] {' '.join(signed)}{args_text(args, mapper)}"


def _reject(kind: str, data: Any) -> str:
    parts = (f"{name}({' '.join('-' + m for m in missing)})" for name, missing in data)
    return f"[{kind}] {' '.join(parts)}"


def _pair(template: str) -> Callable[[str, Any], str]:
    """The text of a kind whose data are two things: names, or tuples of names."""

    def body(kind: str, data: Any) -> str:
        first, second = data
        return template % (kind, _joined(first), _joined(second))

    return body


def _joined(value: Any) -> Any:
    return " ".join(value) if type(value) is tuple else value


_BY = _pair("[%s] %s by %s")
_CANCEL = _pair("[%s] (%s) by %s")
_CALL = _pair("[%s:%s] %s")
_FROM = _pair("[%s] %s from %s")
_TO = _pair("[%s] %s to %s")


def _source(kind: str, data: Any) -> str:
    machine_id, tx_id, machine_time, _handler = data.source
    return f"[source] {machine_id}/{tx_id}/{machine_time}"


def _postpone(kind: str, data: Any) -> str:
    return f"[postpone] queue running ({data} item{'' if data == 1 else 's'})"


def _partial(kind: str, data: Any) -> str:
    return f"[recover] partial final states as ({' '.join(data)})"


def _error(kind: str, data: Any) -> str:
    head, message, trace = data
    text = f"[error{':' + head[0] if head else ''}] "
    text += f"{' '.join(head[1])} ({message})" if head else message
    return f"{text}\n{trace}" if trace else text


def _external(kind: str, data: Any) -> str:
    return "[exter] " + str(data).replace("\n", " ")


def _times(kind: str, data: Any) -> str:
    names, ticks = data
    if kind.endswith("new"):
        return f"[{kind}] {','.join(names)} {' '.join(map(str, ticks))}"
    return f"[{kind}] {' '.join(names)} [{' '.join(map(str, ticks))}]"


def _args_of(kind: str, data: Any) -> str:
    name, keys = data
    return f"[{kind}] {name} ({','.join(keys)})"


_BODIES: dict[str, Callable[[str, Any], str]] = {
    **{f"{head}{kind}": _mutation for head in ("", "queue:", "prepend:")
       for kind in ("add", "remove", "set")},
    "add:auto": _mutation,
    "implied": _names,
    "auto": _names,
    "cancel:reject": _names,
    "state": _state,
    "auto_": _state,
    "reject": _reject,
    "reject:auto": _reject,
    "rel:remove": _BY,
    "auto:rel:remove": _BY,
    "cancel": _CANCEL,
    "cancel:self": _CANCEL,
    "source": _source,
    "postpone": _postpone,
    "queue:skipped": _pair("[%s] Duplicate detected for [%s] %s"),
    "handler": _CALL,
    "handle": _CALL,
    "handler:end": _FROM,
    "handler:timeout": _FROM,
    "handler:ack-timeout": _FROM,
    "handler:deadline": _FROM,
    "recover:partial": _partial,
    "error": _error,
    "exter": _external,
    "when:new": _names,
    "when:match": _names,
    "whenNot:new": _names,
    "whenNot:match": _names,
    "whenTime:new": _times,
    "whenTime:match": _times,
    "whenArgs:new": _args_of,
    "whenArgs:match": _args_of,
    "pipe-out:add": _TO,
    "pipe-out:remove": _TO,
    "pipe-in:add": _FROM,
    "pipe-in:remove": _FROM,
}  # fmt: skip
