"""Plans: the outcome of every mutation met so far, computed once.

An ``ActiveList`` is an interned ordered list of active states with its own bounded tables of plans;
a plan points to the next list. So the hot path walks a graph: current list, look-up by called
states, next list. Plans are immutable once built; tracers may hold them and their tuples.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from asyncmachine import steps as st
from asyncmachine.handlers import Handler, HandlerTable, Slot
from asyncmachine.mutation import ADD, CANCELED, EXECUTED, REMOVE, SET, Called, Result
from asyncmachine.relations import Relations, Resolution, states_to_set
from asyncmachine.semlog import EVERYTHING, OPS, LogRecord
from asyncmachine.steps import Step

AUTO = 3
CHECK = 4
"""Plan tables of an active list: add, remove, set, auto, then the checks (4 + type)."""

MAX_LISTS = 4096
MAX_PLANS = 512
"""Of one kind from one active list."""
MAX_ALL_PLANS = 10_000
"""Of one machine: a plan takes 1 KB, or 6 KB with 100 states. Beyond that they are made anew."""

Changes = tuple[tuple[int, int], ...]
"""(state index, ticks added), for each state that ticks."""


class ActiveList:
    """An interned ordered list of active states."""

    __slots__ = ("auto_log", "autos", "mask", "plans", "states")

    def __init__(self, states: tuple[int, ...]) -> None:
        self.states = states
        mask = 0
        for state in states:
            mask |= 1 << state
        self.mask = mask
        self.plans: tuple[dict[Called, Plan], ...] = tuple({} for _ in range(7))
        self.autos: Called | None = None
        self.auto_log: tuple[LogRecord, ...] = ()


class Plan:
    """What one mutation leads to from one active list.

    accepted: by relations; handlers may still refuse. targets, exits, enters: state indexes in the
    order their handlers are called. steps, log: shared tuples. fast: nothing is called or follows,
    so committing is all there is to do. direct: the final handlers, when they are all there is.
    """

    __slots__ = (
        "accepted",
        "any_state",
        "changes",
        "direct",
        "enters",
        "exits",
        "fast",
        "final_steps",
        "finals",
        "log",
        "negotiation",
        "negotiation_steps",
        "next",
        "ops_lines",
        "parts",
        "reentered",
        "result",
        "settled",
        "state_log",
        "steps",
        "targets",
    )

    def __init__(self) -> None:
        self.accepted = True
        self.targets: tuple[int, ...] = ()
        self.exits: tuple[int, ...] = ()
        self.enters: tuple[int, ...] = ()
        self.reentered: tuple[int, ...] = ()
        self.changes: Changes = ()
        self.next: ActiveList
        self.steps: tuple[Step, ...] = ()
        self.log: tuple[LogRecord, ...] = ()
        self.ops_lines: tuple[LogRecord, ...] = ()
        self.state_log: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]] = ((), (), ())
        self.negotiation: tuple[Slot, ...] = ()
        self.negotiation_steps: tuple[Step, ...] = ()
        self.finals: tuple[Slot, ...] = ()
        self.final_steps: tuple[Step, ...] = ()
        self.any_state: Slot | None = None
        self.parts: tuple[tuple[Step, ...], ...] = ()
        self.result: Result = EXECUTED
        self.settled: dict[tuple[int, ...], Plan] = {}
        self.fast = False
        self.direct: tuple[tuple[str, Handler, Slot], ...] | None = None


class Planner:
    """Makes and remembers the plans of one machine, for one schema and one set of handlers."""

    def __init__(self, relations: Relations, handlers: HandlerTable) -> None:
        self.relations = relations
        self.handlers = handlers
        self._lists: dict[tuple[int, ...], ActiveList] = {}
        self._plans = 0

    def list_of(self, states: Iterable[int]) -> ActiveList:
        """The interned list of ``states``, in this order."""
        key = tuple(states)
        found = self._lists.get(key)
        if found is None:
            if len(self._lists) >= MAX_LISTS:
                self._forget()
            found = self._lists[key] = ActiveList(key)
            self._find_autos(found)
        return found

    def _forget(self) -> None:
        # Plans point to lists and lists to plans: without cutting both, one survivor keeps all.
        for active in self._lists.values():
            for table in active.plans:
                table.clear()
        self._lists.clear()
        self._plans = 0

    def _count(self) -> None:
        self._plans += 1
        if self._plans > MAX_ALL_PLANS:
            self._forget()

    def _find_autos(self, active: ActiveList) -> None:
        rel = self.relations
        wanted = []
        log = []
        for state in rel.auto:
            if active.mask >> state & 1:
                continue
            removers = rel.removed_by[state] & active.mask
            if removers:
                by = tuple(rel.names[s] for s in active.states if removers >> s & 1)
                log.append(LogRecord(EVERYTHING, "auto:rel:remove", (rel.names[state], by)))
            else:
                wanted.append(state)
        active.auto_log = tuple(log)
        if wanted:
            multi = any(rel.multi[state] for state in wanted)
            active.autos = Called(tuple(wanted), tuple(rel.names[s] for s in wanted), multi, False)

    def plan(self, active: ActiveList, mode: int, called: Called) -> Plan:
        """The plan of a mutation from ``active``, made now if it is new."""
        table = active.plans[mode]
        found = table.get(called)
        if found is None:
            self._count()
            found = self._make(active, mode, called)
            if len(table) >= MAX_PLANS:
                table.clear()
            table[called] = found
        return found

    def _make(self, active: ActiveList, mode: int, called: Called) -> Plan:
        check = mode >= CHECK
        auto = mode == AUTO
        kind = mode - CHECK if check else (ADD if auto else mode)
        plan = Plan()
        steps: list[Step] = [(st.CALLED, -1, state, 0, None) for state in called.indexes]
        log: list[LogRecord] = []
        to_set = states_to_set(kind, active.states, called.indexes, called.mask)
        steps += _wanted_steps(kind, active, called, to_set)
        resolution = Resolution(self.relations, active.mask, kind, called.mask, auto, steps, log)
        targets = tuple(resolution.targets(to_set))
        plan.targets = targets
        self._log_implied(log, targets, to_set)
        self._accept(plan, kind, called, auto, check, steps, log)
        self._fill(plan, active, kind, called, resolution)
        if not auto:
            plan.negotiation = tuple(self._negotiation(plan, active, kind))
            plan.negotiation_steps = tuple(slot.step for slot in plan.negotiation)
        plan.steps = tuple(steps)
        plan.log = tuple(log)
        self._finish(plan, called, kind, finals=not check and not auto)
        plan.fast = plan.fast and not check and not auto
        return plan

    def _negotiation(self, plan: Plan, active: ActiveList, kind: int) -> list[Slot]:
        if not plan.accepted:
            return []
        return self.handlers.negotiation(
            plan.exits, plan.enters, active.states, plan.targets, kind != REMOVE
        )

    def _log_implied(
        self, log: list[LogRecord], targets: Sequence[int], to_set: Sequence[int]
    ) -> None:
        asked = frozenset(to_set)
        implied = tuple(self.relations.names[s] for s in targets if s not in asked)
        if implied:
            log.append(LogRecord(OPS, "implied", implied))

    def _accept(
        self,
        plan: Plan,
        kind: int,
        called: Called,
        auto: bool,
        check: bool,
        steps: list[Step],
        log: list[LogRecord],
    ) -> None:
        if kind == REMOVE:
            return
        there = frozenset(plan.targets)
        rejected = [state for state in called.indexes if state not in there]
        if not rejected or (auto and len(rejected) < len(called.indexes)):
            return
        # A check passes when any called state is multi, whatever relations say: see vectors.
        if check and called.any_multi:
            return
        plan.accepted = False
        names = self.relations.names
        log.append(LogRecord(OPS, "cancel:reject", tuple(names[s] for s in rejected)))
        steps += [(st.CANCEL, -1, state, 0, None) for state in rejected]

    def _fill(
        self, plan: Plan, active: ActiveList, kind: int, called: Called, resolution: Resolution
    ) -> None:
        """Exits, enters, tick changes and the next list, from the targets."""
        rel = self.relations
        targets = plan.targets
        if not plan.accepted:
            plan.next = active
            plan.result = CANCELED
            return
        target_mask = 0
        for state in targets:
            target_mask |= 1 << state
        exits = [state for state in active.states if not target_mask >> state & 1]
        plan.exits = tuple(resolution.sorted(exits))
        entering = [s for s in targets if not active.mask >> s & 1]
        both = active.mask & called.mask
        plan.reentered = tuple(s for s in targets if both >> s & 1 and rel.multi[s])
        again = frozenset(plan.reentered)
        plan.enters = tuple(s for s in targets if not active.mask >> s & 1 or s in again)
        changes = [(s, 1) for s in entering]
        changes += [(s, 2) for s in plan.reentered]
        left = [s for s in active.states if not target_mask >> s & 1]
        changes += [(s, 1) for s in left]
        plan.changes = tuple(changes)
        plan.next = active if targets == active.states else self.list_of(targets)
        names = rel.names
        ticking = frozenset(entering)
        plan.state_log = (
            tuple(names[s] for s in (*entering, *plan.reentered)),
            tuple(names[s] for s in left),
            tuple(names[s] for s in targets if s not in ticking),
        )
        if kind == REMOVE and target_mask & called.mask:
            plan.result = CANCELED

    def _finish(self, plan: Plan, called: Called, kind: int, finals: bool) -> None:
        slots: tuple[Slot, ...] = ()
        if plan.accepted and finals:
            slots = plan.finals = tuple(self.handlers.finals(plan.exits, plan.enters))
            plan.any_state = self.handlers.any_state
            if plan.any_state is not None:
                slots = (*slots, plan.any_state)
            plan.final_steps = tuple(slot.step for slot in slots)
        parts = (plan.steps, plan.negotiation_steps, plan.final_steps)
        plan.parts = tuple(part for part in parts if part)
        health = called.health and kind == ADD
        follows = plan.changes and not health and plan.next.autos is not None
        plan.fast = not (plan.negotiation or plan.final_steps or follows)
        if plan.final_steps and not (plan.negotiation or follows):
            direct = [(slot.name, slot.single, slot) for slot in slots]
            plan.direct = tuple((n, h, s) for n, h, s in direct if h is not None)
            if len(plan.direct) < len(direct):
                plan.direct = None

    def settle(self, active: ActiveList, plan: Plan, called: Called, kept: tuple[int, ...]) -> Plan:
        """An automatic transition after negotiation: resolved again from what is left.

        kept: the called states still among the targets, in call order.
        """
        found = plan.settled.get(kept)
        if found is not None:
            return found
        self._count()
        settled = Plan()
        steps: list[Step] = []
        log: list[LogRecord] = []
        mask = 0
        for state in kept:
            mask |= 1 << state
        left = Called(kept, (), False, False)
        to_set = states_to_set(ADD, active.states, kept, mask)
        steps += _wanted_steps(ADD, active, left, to_set)
        resolution = Resolution(self.relations, active.mask, ADD, called.mask, True, steps, log)
        settled.targets = tuple(resolution.targets(to_set))
        self._fill(settled, active, ADD, called, resolution)
        settled.steps = tuple(steps)
        settled.log = tuple(log)
        self._finish(settled, called, ADD, finals=True)
        if len(plan.settled) >= MAX_PLANS:
            plan.settled.clear()
        plan.settled[kept] = settled
        return settled


def _wanted_steps(
    kind: int, active: ActiveList, called: Called, to_set: Sequence[int]
) -> list[Step]:
    """Steps for what the mutation asks for, before relations."""
    if kind == REMOVE:
        return [(st.DEACTIVATE, -1, state, 0, None) for state in called.indexes]
    steps: list[Step] = [
        (st.ACTIVATE, -1, state, 0, None)
        for state in called.indexes
        if not active.mask >> state & 1
    ]
    if kind == SET:
        steps += [
            (st.DEACTIVATE, -1, state, 0, None)
            for state in active.states
            if not called.mask >> state & 1
        ]
    return steps
