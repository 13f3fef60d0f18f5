"""Queued mutations of a machine whose transitions haven't come yet."""

from __future__ import annotations

from collections.abc import Iterable

from am_dbg.store.fields import IndexTx

MAX_WAITING = 1 << 14
"""The oldest are given up beyond so many: nobody says that a mutation will never be executed."""

Key = tuple[int, int, int, int]
"""Queue token, else queue tick; kind of mutation, number of what it calls."""


class Waiting(dict[Key, int]):
    """The position of each queued record by what its execution will carry."""

    __slots__ = ()

    def note(self, tx: IndexTx, called: int, pos: int) -> None:
        """A queued record; one that has neither token nor tick can't be found again."""
        token = tx.mut_queue_token
        tick = 0 if token else tx.mut_queue_tick
        if not token and not tick:
            return
        self[token, tick, tx.type, called] = pos
        if len(self) > MAX_WAITING:
            del self[next(iter(self))]

    def take(self, tx: IndexTx, called: int) -> int:
        """Position of the queued record that a transition executes, which waits no more; else -1.

        The rule is that of `links.execution`.
        """
        token = tx.mut_queue_token
        key = (token, 0 if token else tx.queue_tick, tx.type, called)
        return self.pop(key, -1)

    def restore(self, told: Iterable[tuple[int, int, int, int, int]]) -> None:
        """Keys and positions, as they were."""
        self.update({(token, tick, kind, call): pos for token, tick, kind, call, pos in told})
