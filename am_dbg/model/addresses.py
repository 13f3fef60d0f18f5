"""Addresses of machines, transitions, steps, times: ``mach://ID[/TX[/STEP]][?t=120&state=Ready]``.

Parts are percent-encoded. Queries: ``t`` machine time, ``q`` queue tick, ``ht`` a moment
(RFC 3339, or Unix ns), ``state`` and ``group`` to be selected.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote

SCHEME = "mach://"
LIKE = f"an address looks like {SCHEME}ID/TX/STEP"
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?", re.ASCII
)


class Address(NamedTuple):
    """A parsed address; ``tx`` is "" for a machine, ``step`` None for a whole transition.

    ``time`` is a machine time, ``queue`` a queue tick, ``moment`` Unix ns; None: not given.
    """

    machine: str
    tx: str = ""
    step: int | None = None
    time: int | None = None
    queue: int | None = None
    moment: int | None = None
    state: str = ""
    group: str = ""


def format_address(machine: str, tx: str = "", step: int | None = None) -> str:
    """``mach://ID/TX/STEP``; text that isn't UTF-8 keeps its bytes."""
    parts = [machine, tx] if tx else [machine]
    if tx and step is not None:
        parts.append(str(step))
    return SCHEME + "/".join(quote(part, safe="", errors="surrogateescape") for part in parts)


def format_time_address(machine: str, time: int) -> str:
    """``mach://ID?t=120``: the machine when its time (the sum of its clocks) was 120."""
    return f"{format_address(machine)}?t={time}"


def format_moment_address(machine: str, moment: int) -> str:
    """``mach://ID?ht=2026-01-05T10:00:00.123456789Z``: the machine at a moment (Unix ns)."""
    seconds, rest = divmod(moment, 1_000_000_000)
    day = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{format_address(machine)}?ht={day}.{rest:09d}Z"


def parse_address(text: str) -> Address:
    """The address in ``text``. Raises ValueError saying what is wrong."""
    text = text.strip()
    if not text.startswith(SCHEME):
        raise ValueError(f"{LIKE}, not {text!r}")
    path, _, query = text[len(SCHEME) :].partition("?")
    parts = [unquote(part, errors="surrogateescape") for part in path.split("/")]
    if len(parts) > 1 and not parts[-1]:
        parts.pop()  # a slash at the end
    if not parts[0] or len(parts) > 3 or "" in parts:
        raise ValueError(f"{LIKE}, not {text!r}")
    found = Address(parts[0], parts[1] if len(parts) > 1 else "")
    if len(parts) == 3:
        found = found._replace(step=_number("step", parts[2]))
    return _with_query(found, query) if query else found


def parse_moment(text: str) -> int | None:
    """Unix ns of an RFC 3339 time (without a zone: local), to the nanosecond; None: it is none."""
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        return None
    day, clock, fraction, zone = match.groups()
    try:
        whole = datetime.fromisoformat(f"{day}T{clock}{zone or ''}")
        seconds = int(whole.timestamp())
    except (ValueError, OverflowError, OSError):
        return None
    return seconds * 1_000_000_000 + int((fraction or "").ljust(9, "0"))


def _with_query(address: Address, query: str) -> Address:
    for name, value in parse_qsl(query, keep_blank_values=True, errors="surrogateescape"):
        if name == "t":
            address = address._replace(time=_number("machine time (t=)", value))
        elif name == "q":
            address = address._replace(queue=_number("queue tick (q=)", value))
        elif name == "ht":
            # a plus sign that was not encoded arrives as a blank
            text = re.sub(r"(T.*) (\d\d:?\d\d)$", r"\1+\2", value)
            moment = int(value) if _is_number(value) else parse_moment(text)
            if moment is None:
                raise ValueError(f"ht= takes a time like 2026-01-05T10:00:00.5Z, not {value!r}")
            address = address._replace(moment=moment)
        elif name == "state":
            address = address._replace(state=value)
        elif name == "group":
            address = address._replace(group=value)
        else:
            raise ValueError(f"an address has t=, q=, ht=, state= and group=, not {name!r}")
    return address


def _number(what: str, text: str) -> int:
    if not _is_number(text):
        raise ValueError(f"the {what} of an address is a number, not {text!r}")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20
