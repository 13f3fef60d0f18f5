"""What the machines of a run have done: counted by a tracer, without any exporter."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from asyncmachine import Machine, Tracer, Transition


@dataclass
class Tally:
    """One machine: clocks in the order of its states, executed transitions, active states."""

    clocks: list[int] = field(default_factory=list)
    transitions: int = 0
    active: list[str] = field(default_factory=list)


class Summary(Tracer):
    """Counts the transitions of a machine and of its children, checks and canceled ones included.

    The last clocks are kept, so that the summary outlives the machines.
    """

    def __init__(self) -> None:
        self.machines: dict[str, Tally] = {}

    def machine_init(self, machine: Machine) -> None:
        """Machines that never move are in the summary too."""
        self._note(machine)

    def new_submachine(self, parent: Machine, machine: Machine) -> None:
        """Goes on to the children, which inherit nothing by themselves."""
        machine.bind_tracer(self)
        self._note(machine)

    def transition_end(self, tx: Transition) -> None:
        """Every transition ends here once, whatever became of it."""
        self._note(tx.machine).transitions += 1

    def as_data(self) -> dict[str, Any]:
        """``{"machines": {ID: {"clocks": [ticks, ...], "transitions": N}}}``."""
        return {
            "machines": {
                name: {"clocks": tally.clocks, "transitions": tally.transitions}
                for name, tally in self.machines.items()
            }
        }

    def as_json(self) -> str:
        """``as_data`` in one line."""
        return json.dumps(self.as_data())

    def as_text(self) -> str:
        """A table for people: machine, transitions, sum of the clocks, what is active."""
        width = max([len("machine"), *map(len, self.machines)])
        lines = [f"{'machine':{width}}  transitions  clock  active"]
        lines += [
            f"{name:{width}}  {tally.transitions:11,}  {sum(tally.clocks):5,}  "
            f"{' '.join(tally.active) or '-'}"
            for name, tally in self.machines.items()
        ]
        return "\n".join(lines)

    def _note(self, machine: Machine) -> Tally:
        tally = self.machines.setdefault(machine.id, Tally())
        tally.clocks = list(machine.time())
        tally.active = list(machine.active_states())
        return tally
