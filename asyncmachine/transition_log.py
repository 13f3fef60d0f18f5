"""What a transition writes into the semantic log."""

from __future__ import annotations

from asyncmachine.core import MachineCore
from asyncmachine.handlers import SELF, Binding, Slot
from asyncmachine.mutation import MUTATION_NAMES, NO_ARGS, Mutation
from asyncmachine.plans import Plan
from asyncmachine.semlog import CHANGES, DECISIONS, EVERYTHING, OPS, LogRecord
from asyncmachine.transition import Transition


class TransitionLog(MachineCore):
    """The lines of a transition; without arguments and printing they are shared records."""

    def _log_start(self, tx: Transition, mutation: Mutation, plan: Plan) -> bool:
        """The lines until handlers are called. Whether the ``[state]`` line is among them.

        At level ops, with nothing special about the mutation, all lines are those of the plan: one
        shared tuple, to which others are added if any come.
        """
        if (
            self._level == OPS
            and not self._log_level
            and not mutation.args
            and not mutation.auto
            and mutation._source is None
            and not plan.negotiation
        ):
            tx.log_entries = plan.ops_lines or self._ops_lines(mutation, plan)
            return True
        level = DECISIONS if mutation.auto else OPS
        if self._level >= level:
            kind = "add:auto" if mutation.auto else MUTATION_NAMES[mutation.type]
            self._keep(mutation._called.record(level, kind, mutation.args, self.args_mapper))
            if mutation._source is not None:
                self._keep(LogRecord(OPS, "source", mutation))
        self._keep_plan(plan)
        return False

    def _ops_lines(self, mutation: Mutation, plan: Plan) -> tuple[LogRecord, ...]:
        kind = MUTATION_NAMES[mutation.type]
        lines = [mutation._called.record(OPS, kind, NO_ARGS, None)]
        lines += [record for record in plan.log if record.level <= OPS]
        if plan.changes and not mutation.check:
            added, removed, _same = plan.state_log
            lines.append(LogRecord(CHANGES, "state", (added, removed, (), NO_ARGS, None)))
        plan.ops_lines = tuple(lines)
        return plan.ops_lines

    def _keep_plan(self, plan: Plan) -> None:
        for record in plan.log:
            if record.level <= self._level:
                self._keep(record)

    def _log_state(self, tx: Transition, plan: Plan) -> None:
        kind = "auto_" if tx.mutation.auto else "state"
        self._log_signed(kind, plan.state_log, tx.mutation)

    def _log_signed(
        self,
        kind: str,
        parts: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]],
        mutation: Mutation,
    ) -> None:
        added, removed, same = parts
        if self._level < EVERYTHING:
            same = ()
        if added or removed or same:
            data = (added, removed, same, mutation.args, self.args_mapper)
            self._keep(LogRecord(CHANGES, kind, data))

    def _log_handler(self, binding: Binding, slot: Slot) -> None:
        if self._level >= EVERYTHING:
            self._keep(LogRecord(EVERYTHING, "handle", (binding.id, slot.name)))
        self._keep(LogRecord(OPS, "handler", (binding.number, slot.name)))

    def _log_cancel(self, tx: Transition, slot: Slot) -> None:
        kind = "cancel:self" if slot.kind == SELF else "cancel"
        self._keep(LogRecord(OPS, kind, (tuple(tx.names(tx.targets)), slot.name)))
