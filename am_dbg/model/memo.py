"""What view models remember of a store: small results, keyed by name, dropped with the store."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar

from am_dbg.store import Store

T = TypeVar("T")

KEPT = 1024
"""Results kept a store; the least recently used go first."""

_ATTRIBUTE = "_view_memo"
"""Kept on the store itself: results refer to it, so a table elsewhere would keep it alive."""


def memo(store: Store, key: Hashable, compute: Callable[[], T]) -> T:
    """The result of ``compute()`` for this store and key, computed at most once while it is kept.

    The key names all that the result depends on (``store.version`` too, unless it can't change);
    its first element is the name of the kind of result, which fixes the type.
    """
    kept: OrderedDict[Hashable, object] | None = vars(store).get(_ATTRIBUTE)
    if kept is None:
        kept = vars(store)[_ATTRIBUTE] = OrderedDict()
    if key in kept:
        kept.move_to_end(key)
        return kept[key]  # type: ignore[return-value]  # the kind in the key fixes the type
    result = compute()
    kept[key] = result
    if len(kept) > KEPT:
        kept.popitem(last=False)
    return result
