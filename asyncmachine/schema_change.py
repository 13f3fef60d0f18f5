"""Replacing a running machine's schema, and carrying its clocks elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from asyncmachine.core import MachineCore
from asyncmachine.errors import MachineError, SchemaError
from asyncmachine.handlers import Binding, collect
from asyncmachine.schema import SchemaLike, check_schema, clean_schema, read_schema
from asyncmachine.semlog import CHANGES, OPS
from asyncmachine.states import RESTORED

_EXPORTED = ("id", "state_names", "time", "machine_tick")


class SchemaChange(MachineCore):
    """Schema changes, export and import."""

    def set_schema(self, schema: SchemaLike, names: Sequence[str] | None = None) -> None:
        """Replace the schema by one that has all its states, and maybe more.

        names: the new order, by default the old one and then the new states. Clocks go on, new
        states start at 0; active states stay active. Tracers get verify_states, then schema_change.
        An order that moves old states is not for machines that other threads mutate meanwhile.
        Raises SchemaError (nothing has changed then), MachineError within a transition.
        """
        declared = read_schema(schema)
        check_schema(declared)
        states = clean_schema(declared).states
        gone = [name for name in self.state_names if name not in states]
        if gone:
            raise SchemaError(f"new schema of {self.id} lacks {' '.join(gone)}")
        fresh = [name for name in states if name not in self._index]
        order = tuple(names) if names is not None else (*self.state_names, *fresh)
        if sorted(order) != sorted(states):
            raise SchemaError(f"names of {self.id} are not the states of the new schema")
        with self._lock:
            if self._draining:
                raise MachineError(f"schema of {self.id} can't change during a transition")
            old = self.schema
            self._adopt(order, states)
        self._fire(self._hooks.verify_states, self)
        self._fire(self._hooks.schema_change, self, old)

    def _adopt(self, order: tuple[str, ...], states: dict[str, Any]) -> None:
        index = {name: i for i, name in enumerate(order)}
        bindings = tuple(
            Binding(b.number, b.id, collect(b.source, index, b.prefix), b.source, b.prefix)
            for b in self._bindings
        )
        clock = dict(zip(self.state_names, self._ticks, strict=True))
        active = self._names(self._node.states)
        moved = {i: index[name] for i, name in enumerate(self.state_names)}
        groups = {g: tuple(moved[i] for i in members) for g, members in self._groups.items()}
        self._bindings = bindings
        self.schema = states
        self._compile(order, states)
        self._ticks = [clock.get(name, 0) for name in order]
        self._node = self._planner.list_of(index[name] for name in active)
        self._groups = groups
        if self._subscriptions is not None:
            self._subscriptions.renumber(moved)

    _groups: dict[str, tuple[int, ...]]

    def export_(self) -> dict[str, Any]:
        """The machine's clocks as plain data: id, state_names, time, queue_tick, machine_tick."""
        with self._lock:
            time = list(self._ticks)
            self._log(OPS, "import", f"exported at {sum(time)} ticks")
            return {
                "id": self.id,
                "state_names": list(self.state_names),
                "active": list(self._names(self._node.states)),
                "time": time,
                "queue_tick": self.queue_tick,
                "machine_tick": self.machine_tick,
            }

    def import_(self, data: Mapping[str, Any]) -> None:
        """Take over exported clocks, without a transition; then add ``MachineRestored`` if defined.

        The machine tick becomes the exported one plus 1; the queue tick is not restored. Raises
        SchemaError when id or states differ or something is missing, MachineError within a
        transition.
        """
        lacking = [key for key in _EXPORTED if key not in data]
        if lacking:
            raise SchemaError(f"import into {self.id}: {' '.join(lacking)} missing")
        if data["id"] != self.id:
            raise SchemaError(f"import ID mismatch: {data['id']} into {self.id}")
        names, time = list(data["state_names"]), list(data["time"])
        if sorted(names) != sorted(self.state_names) or len(time) != len(names):
            raise SchemaError(f"import into {self.id}: the states differ")
        clock = dict(zip(names, time, strict=True))
        with self._lock:
            if self._draining:
                raise MachineError(f"{self.id} can't import during a transition")
            self._ticks = [int(clock[name]) for name in self.state_names]
            active = [i for i, tick in enumerate(self._ticks) if tick & 1]
            wanted = [self._index_of(name) for name in data.get("active", ())]
            # The machine's own order matters to what comes next, so keep it where it was exported.
            order = wanted if sorted(wanted) == active else active
            self._node = self._planner.list_of(order)
            self.machine_tick = int(data["machine_tick"]) + 1
        text = f"imported {self.machine_tick} times, now at {sum(self._ticks)} ticks"
        self._log(CHANGES, "import", text)
        if RESTORED in self._index:
            self._self.add(RESTORED)
