"""Addresses of machines, transitions and steps: ``mach://ID[/TX[/STEP]]``, percent-encoded."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, unquote

SCHEME = "mach://"


class Address(NamedTuple):
    """A parsed address; ``tx`` is "" for a machine, ``step`` None for a whole transition."""

    machine: str
    tx: str = ""
    step: int | None = None


def format_address(machine: str, tx: str = "", step: int | None = None) -> str:
    """``mach://ID/TX/STEP``; text that isn't UTF-8 keeps its bytes."""
    parts = [machine, tx] if tx else [machine]
    if tx and step is not None:
        parts.append(str(step))
    return SCHEME + "/".join(quote(part, safe="", errors="surrogateescape") for part in parts)


def parse_address(text: str) -> Address:
    """The address in ``text``. Raises ValueError saying what is wrong."""
    text = text.strip()
    if not text.startswith(SCHEME):
        raise ValueError(f"an address looks like {SCHEME}ID/TX/STEP, not {text!r}")
    parts = [unquote(part, errors="surrogateescape") for part in text[len(SCHEME) :].split("/")]
    if len(parts) > 1 and not parts[-1]:
        parts.pop()  # a slash at the end
    if not parts[0] or len(parts) > 3 or "" in parts:
        raise ValueError(f"an address looks like {SCHEME}ID/TX/STEP, not {text!r}")
    if len(parts) < 3:
        return Address(parts[0], parts[1] if len(parts) > 1 else "")
    if not parts[2].isascii() or not parts[2].isdigit():
        raise ValueError(f"the step of an address is a number, not {parts[2]!r}")
    return Address(parts[0], parts[1], int(parts[2]))
