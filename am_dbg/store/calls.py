"""Which states the messages of a machine call: the few different lists, each with a number."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from am_dbg.store.flags import CALL_SHIFT, HEALTH_STATES, Flag

MAX_CALLS = (1 << 16) - 1
"""Different lists that are told apart; all further ones share this place."""


class Calls(dict[tuple[int, ...], int]):
    """``calls[indexes]`` is what flags have of a list of state indexes: its place in ``names`` from
    `CALL_SHIFT` on, a new one if need be, and `Flag.HEALTH` when it has none but health states.
    """

    __slots__ = ("_states", "names")

    def __init__(self) -> None:
        super().__init__()
        self.names: list[tuple[str, ...]] = []
        self._states: list[str] = []

    def __missing__(self, called: tuple[int, ...]) -> int:
        states = self._states
        names = tuple(states[i] if 0 <= i < len(states) else "" for i in called)
        place = min(len(self.names), MAX_CALLS)
        number = _number(place, names)
        if place < MAX_CALLS:
            self.names.append(names)
            self[called] = number
        return number

    def rename(self, states: list[str]) -> None:
        """From now on indexes mean these names."""
        self._states = list(states)
        self.clear()

    def restore(self, names: Iterable[Iterable[str]]) -> None:
        """Lists that numbers were given to before."""
        self.names = [tuple(one) for one in names]
        index = {"": -1, **{name: state for state, name in enumerate(self._states)}}
        for place, one in enumerate(self.names):
            called = tuple(index.get(name, -1) for name in one)
            self.setdefault(called, _number(place, one))

    def places_with(self, states: Collection[str]) -> list[int]:
        """Places of the lists that have one of these states; `MAX_CALLS` may have any."""
        wanted = set(states)
        found = [i for i, names in enumerate(self.names) if not wanted.isdisjoint(names)]
        return [*found, MAX_CALLS]


def _number(place: int, names: tuple[str, ...]) -> int:
    health = Flag.HEALTH.value if names and HEALTH_STATES.issuperset(names) else 0
    return place << CALL_SHIFT | health
