"""Questions to a machine: what is active, what are the clocks. Readable from any thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from asyncmachine.async_handlers import detached
from asyncmachine.clock import Time
from asyncmachine.core import MachineCore, StateName
from asyncmachine.errors import unknown_state
from asyncmachine.mutation import ADD, REMOVE, Mutation, MutationType
from asyncmachine.transition import current_event

Position = Literal["any", "first", "last"]


class QueuePlace(NamedTuple):
    """Where a mutation waits: entries ahead of it, and its queue tick (0 when it owns none)."""

    ahead: int
    tick: int


class Queries(MachineCore):
    """Queries. A disposed machine has nothing active and no clocks."""

    def is_(self, *states: StateName) -> bool:
        """Whether all ``states`` are active (true for none). An unknown one never is."""
        if self._disposed:
            return False
        mask, index = self._node.mask, self._index
        for name in states:
            at = index.get(name)
            if at is None or not mask >> at & 1:
                return False
        return True

    def not_(self, *states: StateName) -> bool:
        """Whether none of ``states`` is active (true for none). Raises StateError."""
        if self._disposed:
            return False
        return not self._called(states).mask & self._node.mask

    def any_(self, *states: StateName) -> bool:
        """Whether at least one of ``states`` is active. An unknown one never is."""
        return any(self.is_(name) for name in states)

    def has(self, *states: StateName) -> bool:
        """Whether the schema has all ``states``."""
        return not self._disposed and all(name in self._index for name in states)

    def is_err(self) -> bool:
        """Whether ``Exception`` is active."""
        at = self._exception
        return at >= 0 and not self._disposed and bool(self._node.mask >> at & 1)

    @property
    def err(self) -> BaseException | None:
        """The last error, None when there has been none. It stays when ``Exception`` goes."""
        return self._err

    def tick(self, state: StateName) -> int:
        """The state's tick: odd is active. Raises StateError."""
        at = self._index.get(state)
        if at is None:
            raise unknown_state(state, self._index, self.id)
        return 0 if self._disposed else self._ticks[at]

    def time(self, *states: StateName) -> Time:
        """Ticks of ``states``, or of all, in the order of ``state_names``. Raises StateError."""
        if self._disposed:
            return Time()
        ticks = self._ticks
        if not states:
            return Time(ticks)
        return Time(ticks[self._index_of(name)] for name in states)

    def clock(self, *states: StateName) -> dict[str, int]:
        """Ticks by name, of ``states`` or of all. Raises StateError."""
        if self._disposed:
            return {}
        ticks = self._ticks
        if states:
            return {name: ticks[self._index_of(name)] for name in states}
        return dict(zip(self.state_names, ticks, strict=True))

    def time_sum(self) -> int:
        """The machine time: sum of all ticks."""
        return 0 if self._disposed else sum(self._ticks)

    def active_states(self) -> tuple[str, ...]:
        """Names of the active states, in the machine's own order: that of the last targets."""
        return () if self._disposed else self._names(self._node.states)

    def index(self, *states: StateName) -> tuple[int, ...]:
        """Positions in ``state_names``, -1 for an unknown name."""
        return tuple(self._index.get(name, -1) for name in states)

    def is_clock(self, clock: Mapping[StateName, int]) -> bool:
        """Whether the ticks of these states are as given. Raises StateError."""
        return all(self.tick(name) == tick for name, tick in clock.items())

    def was_clock(self, clock: Mapping[StateName, int]) -> bool:
        """Whether each of these states has reached its tick. Raises StateError."""
        return all(self.tick(name) >= tick for name, tick in clock.items())

    def is_time(self, time: Sequence[int]) -> bool:
        """Whether all ticks are as given."""
        return list(time) == self._ticks

    def was_time(self, time: Sequence[int]) -> bool:
        """Whether every tick has been reached."""
        return Time(self._ticks).is_after(time, or_equal=True)

    def switch(self, *states: StateName) -> str:
        """The first of ``states`` that is active, or an empty text."""
        return next((name for name in states if self.is_(name)), "")

    @property
    def queue_len(self) -> int:
        """Mutations waiting in the queue."""
        return len(self._queue)

    def is_queued(
        self,
        type: MutationType | int,  # noqa: A002 - as Mutation has it
        *states: StateName,
        exactly: bool = False,
        without_args: bool = False,
        min_tick: int = 0,
        check: bool = False,
        position: Position = "any",
    ) -> QueuePlace | None:
        """Where in the queue a mutation of this type that names all ``states`` waits, else None.

        exactly: names no others. without_args: has no arguments. min_tick: runs at this queue tick
        or later (those put at the front own none, and count as 0). check: a dry run instead.
        position: look at the ``first`` or the ``last`` entry only. Raises StateError.
        """
        wanted = self._called(states)

        def meets(mutation: Mutation) -> bool:
            return (
                mutation.type == type
                and mutation.check is check
                and mutation.queue_tick >= min_tick
                and not (without_args and mutation.args)
                and not wanted.mask & ~mutation._called.mask
                and not (exactly and wanted.mask != mutation._called.mask)
            )

        with self._lock:
            places = list(enumerate(self._queue))
        if position != "any":
            places = places[:1] if position == "first" else places[-1:]
        for place, mutation in places:
            if meets(mutation):
                return QueuePlace(place, mutation.queue_tick)
        return None

    def queued_count(self, type: MutationType | int, *states: StateName) -> int:  # noqa: A002
        """How many waiting mutations of this type name all ``states``; dry runs don't count."""
        mask = self._called(states).mask
        with self._lock:
            return sum(
                m.type == type and not m.check and not mask & ~m._called.mask for m in self._queue
            )

    def will_be(self, *states: StateName, position: Position = "any") -> bool:
        """Whether a waiting mutation adds all ``states``. Raises StateError."""
        return self.is_queued(ADD, *states, position=position) is not None

    def will_be_any(self, *states: StateName) -> bool:
        """Whether a waiting mutation adds at least one of ``states``. Raises StateError."""
        return any(self.will_be(state) for state in states)

    def will_be_removed(self, *states: StateName, position: Position = "any") -> bool:
        """Whether a waiting mutation removes all ``states``. Raises StateError."""
        return self.is_queued(REMOVE, *states, position=position) is not None

    @property
    def in_handler(self) -> bool:
        """Whether this code runs within a handler of the machine, whose queue waits for it.

        An async handler doesn't hold the queue up, so it is none in this sense.
        """
        event = current_event.get()
        if event is None or event.machine is not self._self or event.transition.completed:
            return False
        return detached.get() is not event

    def __str__(self) -> str:
        if self._disposed:
            return ""
        pairs = zip(self.state_names, self._ticks, strict=True)
        return "(" + " ".join(f"{n}:{t}" for n, t in pairs if t & 1) + ")"

    def string_all(self) -> str:
        """Active states with ticks, then the others: ``(A:1 C:3) [B:2]``."""
        if self._disposed:
            return ""
        pairs = list(zip(self.state_names, self._ticks, strict=True))
        return f"{self} [" + " ".join(f"{n}:{t}" for n, t in pairs if not t & 1) + "]"

    def inspect(self) -> str:
        """Every state with its tick, flags and relations, a block of lines each."""
        lines = []
        for name, tick in zip(self.state_names, self._ticks, strict=True):
            state = self.schema[name]
            rows = [("Tick", str(tick))]
            rows += [
                (flag.capitalize(), "true") for flag in ("auto", "multi") if getattr(state, flag)
            ]
            for relation in ("add", "require", "remove", "after"):
                if getattr(state, relation):
                    rows.append((relation.capitalize(), " ".join(getattr(state, relation))))
            lines.append(f"{tick & 1} {name}")
            lines += [f"    |{label:<9}{value}" for label, value in rows]
        return "\n".join(lines) + "\n"
