"""Waits made of other waits: all of them, any of them, a state in each machine of a group."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from asyncmachine.subscription import Subscription, taken

if TYPE_CHECKING:
    from asyncmachine.machine import Machine


def all_of(*waits: Subscription, unless: Subscription | None = None) -> Subscription:
    """Resolves when all ``waits`` have matched; now for none.

    Unmatched as soon as one of them is cancelled, or when ``unless`` resolves first: the
    ``when_err()`` of a machine, for instance. Cancelling it cancels the parts that nobody else
    has callbacks on.
    """
    return _combine(waits, len(waits), unless)


def any_of(*waits: Subscription, unless: Subscription | None = None) -> Subscription:
    """Resolves when the first of ``waits`` matches, unmatched when none can any more.

    See ``all_of``.
    """
    return _combine(waits, min(1, len(waits)), unless)


def when_each(
    machines: Iterable[Machine], *states: str, unless: Subscription | None = None
) -> Subscription:
    """Resolves when all ``states`` have been active at once in each machine, not all together.

    Raises StateError for a state that one of them doesn't have.
    """
    return all_of(*(machine.when(*states) for machine in machines), unless=unless)


def _combine(
    waits: Sequence[Subscription], needed: int, unless: Subscription | None
) -> Subscription:
    for abandoned in taken(_abandoned):
        abandoned.forget()
    whole = Subscription()
    parts = _Parts(whole, waits, needed, unless)
    whole._registered = parts
    parts.begin()
    return whole


class _Parts:
    """What a combined wait is registered as: it listens to the parts, which keep it alive.

    It holds the whole weakly, unless that has callbacks.
    """

    def __init__(
        self,
        whole: Subscription,
        waits: Sequence[Subscription],
        needed: int,
        unless: Subscription | None,
    ) -> None:
        self._weak = weakref.ref(whole)
        self._kept: Subscription | None = None
        self._needed = needed
        self._spare = len(waits) - needed
        self._unless = unless
        self._lock = threading.Lock()
        self._listeners = [_Listener(self, wait) for wait in waits]

    def begin(self) -> None:
        """Listen to all parts; some may be over already."""
        listeners = self._listeners
        if self._unless is not None:
            self._unless.on_done(self._refuse)
        for listener in listeners:
            listener.wait.on_done(listener)
        if not listeners:
            self._resolve(matched=True)
        if not self._listeners:  # over meanwhile
            _leave(listeners)

    def told(self, matched: bool) -> None:
        """One part is over."""
        with self._lock:
            if matched:
                self._needed -= 1
            else:
                self._spare -= 1
            enough, hopeless = self._needed == 0, self._spare < 0
        if enough or hopeless:
            self._resolve(matched=enough)

    def _refuse(self) -> None:
        self._resolve(matched=False)

    def _resolve(self, matched: bool) -> None:
        whole = self._weak()
        if whole is not None:
            whole._resolve(matched)
        self.forget()

    def forget(self) -> None:
        """See Registered. Parts that nobody else waits for are forgotten by this."""
        if self._unless is not None:
            self._unless.remove_callback(self._refuse)
        listeners, self._listeners = self._listeners, []
        _leave(listeners)

    def keep(self, subscription: Subscription | None) -> None:
        """See Registered."""
        self._kept = subscription

    def dropped(self) -> None:
        """See Registered."""
        _abandoned.append(self)

    def stuck(self) -> bool:
        """See Registered: the parts may be those of several machines."""
        return False


_abandoned: deque[_Parts] = deque()
"""Combined waits that nobody holds any more; the next one made takes them out."""


def _leave(listeners: Iterable[_Listener]) -> None:
    for listener in listeners:
        listener.wait.remove_callback(listener)


class _Listener:
    """A part's callback."""

    __slots__ = ("_parts", "wait")

    def __init__(self, parts: _Parts, wait: Subscription) -> None:
        self._parts = parts
        self.wait = wait

    def __call__(self) -> None:
        self._parts.told(self.wait.matched)
