"""The empty live screen: what to do next."""

from __future__ import annotations

from am_dbg.model.text import Line
from am_dbg.store import Store


def empty_screen(store: Store, listen: str, recording: str) -> list[Line]:
    """How to connect a machine to ``listen``, and that ``recording`` is being written; lines, uncropped."""
    raise NotImplementedError
