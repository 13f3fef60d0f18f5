"""Conditions on a machine as values: declared once, checked, combined and waited for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncmachine.machine import Machine
    from asyncmachine.subscription import StateContext, Subscription


@dataclass(frozen=True)
class Condition:
    """What must hold at once; what isn't given doesn't matter.

    is_: all active. not_: none active. any_: at least one active. clock: ticks reached, by name.
    """

    is_: tuple[str, ...] = ()
    not_: tuple[str, ...] = ()
    any_: tuple[str, ...] = ()
    clock: Mapping[str, int] = field(default_factory=dict)

    def check(self, machine: Machine) -> bool:
        """Whether it holds now. Raises StateError for an unknown state."""
        return self._holds(machine.clock(*self._states()))

    def when(self, machine: Machine, *, ctx: StateContext | None = None) -> Subscription:
        """Resolves when it holds; now if so. Raises StateError for an unknown state."""
        machine.clock(*self._states())
        return machine.when_query(self._holds, at_once=True, ctx=ctx)

    def _states(self) -> tuple[str, ...]:
        return (*self.is_, *self.not_, *self.any_, *self.clock)

    def _holds(self, clock: Mapping[str, int]) -> bool:
        def active(names: Iterable[str]) -> list[bool]:
            return [clock[name] % 2 == 1 for name in names]

        return (
            all(active(self.is_))
            and not any(active(self.not_))
            and (not self.any_ or any(active(self.any_)))
            and all(clock[name] >= tick for name, tick in self.clock.items())
        )
