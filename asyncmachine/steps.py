"""Steps: what the resolver looked at and what it decided, in the exact form of the wire.

A step is ``(kind, from, to, flags, data)``. From and to: a state's index, -1 for none, a name for
what has no index (``Any``, unknown states). Data: for a relation which one, for a handler the
number of its set (None when several sets have it), else None.
"""

from __future__ import annotations

from typing import Final

Step = tuple[int, int | str, int | str, int, int | None]

RELATION: Final = 1
HANDLER: Final = 2
ACTIVATE: Final = 4
DEACTIVATE: Final = 8
DEACTIVATE_PASSIVE: Final = 16
CALLED: Final = 32
CANCEL: Final = 64

REL_AFTER: Final = 0
REL_ADD: Final = 1
REL_REQUIRE: Final = 2
REL_REMOVE: Final = 3

FINAL: Final = 1
SELF: Final = 2
ENTER: Final = 4

ANY: Final = "Any"
