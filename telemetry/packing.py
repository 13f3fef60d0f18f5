"""Messages as msgpack bytes, whatever is in them: odd text, odd values, too much of everything."""

from __future__ import annotations

from typing import Any

import msgspec

from telemetry.messages import DbgMsg, DbgMsgTx, encode

_DETAILS = (
    "steps", "handlers", "log_entries", "pre_log_entries", "notes", "args", "queue_dump",
    "stack_trace", "source",
)  # fmt: skip
_EMPTY = DbgMsgTx("")


def pack_message(message: DbgMsg, limit: int) -> bytes:
    """The message in at most ``limit`` bytes.

    Text that UTF-8 can't carry keeps its bytes if they were escaped ones, else becomes ``\\udXXX``.
    What can't be encoded, or is longer than the server accepts, goes without its details, and a log
    entry in their place says so: the clocks must arrive in any case.
    """
    try:
        packed = _pack(message)
        if len(packed) <= limit:
            return packed
        remark = f"[telemetry] details left out: the message has {len(packed)} bytes"
    except Exception as error:
        remark = f"[telemetry] details left out: {type(error).__name__}: {error}"
    if isinstance(message, DbgMsgTx):
        _strip(message, _clean(remark))
    return _pack(message)


def _pack(message: DbgMsg) -> bytes:
    try:
        return encode(message)
    except (UnicodeEncodeError, TypeError):
        plain = _clean(msgspec.to_builtins(_without_raw(message)))
        return encode(plain)


def _strip(message: DbgMsgTx, remark: str) -> None:
    for name in _DETAILS:
        setattr(message, name, getattr(_EMPTY, name))
    message.log_entries = [(1, remark)]


def _without_raw(message: DbgMsg) -> DbgMsg:
    """Steps that were packed already are unpacked, so that the message is plain data again."""
    if isinstance(message, DbgMsgTx):
        message.steps = [
            msgspec.msgpack.decode(step) if isinstance(step, msgspec.Raw) else step
            for step in message.steps
        ]
    return message


def _clean(value: Any) -> Any:
    """The same with text that ``surrogateescape`` can't restore spelled out."""
    if isinstance(value, str):
        return _clean_text(value)
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    return value


def _clean_text(text: str) -> str:
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text
