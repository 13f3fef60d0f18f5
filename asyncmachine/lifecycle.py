"""The life of a transition: resolve, negotiate, commit, tell, follow up; and what errors do to it.

Runs on the draining thread only. The order of everything here is what the vectors in
tests/data/conformance show; docs/kernel.md tells it for users.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic_ns
from typing import Any

from asyncmachine.async_handlers import refuse_coroutine
from asyncmachine.calling import Calling
from asyncmachine.errors import LoopLimitError
from asyncmachine.handlers import ENTER, EXIT, SELF, STATE, Slot
from asyncmachine.mutation import (
    ADD,
    CANCELED,
    EXECUTED,
    NO_ARGS,
    Mutation,
    Result,
)
from asyncmachine.plans import AUTO, CHECK, Plan
from asyncmachine.semlog import CHANGES, EVERYTHING, OPS, LogRecord
from asyncmachine.steps import Step
from asyncmachine.transition import Event, Transition, current_event
from asyncmachine.watching import Watching

MAX_FAILURES = 100
"""Errors of automatic transitions in one drain before their follow-ups are given up."""


class Lifecycle(Calling, Watching):
    """Carries out one mutation after another."""

    def _run(self, mutation: Mutation) -> Result:
        """One transition, from its mutation to its result."""
        called = mutation._called
        node = self._node
        mode = AUTO if mutation.auto else mutation.type + CHECK * mutation.check
        plan = node.plans[mode].get(called) or self._planner.plan(node, mode, called)
        hooks = self._hooks
        before = self._ticks
        tx = self._tx = Transition(self, mutation, plan, before)  # type: ignore[arg-type]  # a part of Machine
        if hooks.any_transition:
            tx._began = monotonic_ns()
        logged = False
        if self._level:
            logged = self._log_start(tx, mutation, plan)
        if hooks.transition_init:
            self._tell(hooks.transition_init, tx)
        if hooks.transition_start:
            self._tell(hooks.transition_start, tx)
        canceled = not plan.accepted
        if mutation.auto:
            canceled = self._negotiate_auto(tx, plan, canceled)
            plan = tx._settled
        elif plan.negotiation and not canceled:
            canceled = self._negotiate(tx, plan)
        if canceled or mutation.check:
            tx.accepted = not canceled
            if self._on_change and not mutation.check:
                self._tell_change(tx)
            result = self._end(tx, CANCELED if canceled else EXECUTED)
            if mutation._on_checked is not None:
                self._tell_checked(mutation, result)
            return result
        self._commit(tx, plan, logged)
        if hooks.transition_finals:
            self._tell(hooks.transition_finals, tx)
        if plan.final_steps or self._subscriptions is not None:
            canceled = self._finals(tx, plan)
            tx._ticks = self._ticks
        if self._on_change:
            self._tell_change(tx)
        if canceled:
            tx.accepted = False
        elif (
            (self._node.autos is not None or self._level >= EVERYTHING)
            and self._ticks is not before
            and not mutation.auto
            and not (called.health and mutation.type == ADD)
        ):
            self._follow_up(mutation)
        return self._end(tx, CANCELED if canceled else plan.result)

    def _run_direct(self, mutation: Mutation, plan: Plan) -> Result:
        """As ``_run``, when nothing watches and a plan has final handlers only, one set each."""
        handlers = plan.direct
        assert handlers is not None
        tx = self._tx = Transition(self, mutation, plan, self._ticks)  # type: ignore[arg-type]
        if plan.changes:
            ticks = self._ticks.copy()
            for state, added in plan.changes:
                ticks[state] += added
            self._ticks = tx._ticks = tx._committed = ticks
        self._node = plan.next
        name, handler, slot = handlers[0]
        event = Event(name, tx)
        token = current_event.set(event)
        try:
            value = handler(event)
            if value is not None:
                refuse_coroutine(value, name)
            for name, handler, slot in handlers[1:]:  # noqa: B007 - slot: which one raised
                event = Event(name, tx)
                current_event.set(event)
                value = handler(event)
                if value is not None:
                    refuse_coroutine(value, name)
        except Exception as error:
            self._recover(tx, slot, error)
            if slot is not plan.any_state:
                self._finals_broken(tx, plan, slot, 1 + plan.finals.index(slot))
            return self._end(tx, CANCELED)
        finally:
            current_event.reset(token)
        if self._plain:
            tx.completed = True
            return plan.result
        return self._end(tx, plan.result)

    def _end(self, tx: Transition, result: Result) -> Result:
        hooks = self._hooks
        if self._log_buffer:
            tx.pre_log_entries, self._log_buffer = self._log_buffer, []
        if self._note_buffer:
            tx.notes, self._note_buffer = [*self._note_buffer, *tx.notes], []
        tx.queue_len = len(self._queue)
        tx.completed = True
        if hooks.any_transition:
            tx._over = monotonic_ns()
            tx._began = tx._began or tx._over  # a tracer that came meanwhile
            if hooks.transition_end:
                self._tell(hooks.transition_end, tx)
        subscriptions = self._subscriptions
        if subscriptions is not None and not tx.check:
            if tx._ticks is not tx._before:
                subscriptions.transition_ended(tx)
            if tx.accepted:
                subscriptions.transition_accepted()
        return result

    def _tell(self, hooks: tuple[Callable[..., Any], ...], tx: Transition) -> None:
        for hook in hooks:
            try:
                hook(tx)
            except Exception as error:
                self._hook_failed(hook, error)

    # -- negotiation

    def _negotiate(self, tx: Transition, plan: Plan) -> bool:
        """Ask every handler until one refuses. Whether the transition is canceled."""
        for asked, slot in enumerate(plan.negotiation, 1):
            if not self._call(tx, slot):
                if self._level >= OPS:
                    self._log_cancel(tx, slot)
                tx.step_parts = (plan.steps, plan.negotiation_steps[:asked])
                return True
        return False

    def _negotiate_auto(self, tx: Transition, plan: Plan, canceled: bool) -> bool:
        """Ask, drop auto states that are refused, then resolve again from what is left."""
        called = tx.mutation._called
        node = self._node
        steps: list[Step] = []
        targets = list(plan.targets)
        if not canceled and not self._table.empty:
            canceled = self._ask_auto(tx, plan, targets, steps)
        left = frozenset(targets)
        kept = tuple(state for state in called.indexes if state in left)
        settled = self._planner.settle(node, plan, called, kept)
        if self._level:
            self._keep_plan(settled)
        tx._settled = settled
        tx.targets = settled.targets
        finals = () if canceled else settled.final_steps
        parts = (plan.steps, tuple(steps), settled.steps, finals)
        tx.step_parts = tuple(part for part in parts if part)
        return canceled

    def _ask_auto(self, tx: Transition, plan: Plan, targets: list[int], steps: list[Step]) -> bool:
        table, is_auto = self._table, self._relations.is_auto

        def refused(slot: Slot) -> bool:
            steps.append(slot.step)
            if self._call(tx, slot):
                return False
            if self._level >= OPS:
                self._log_cancel(tx, slot)
            return True

        def dropped(state: int) -> bool:
            """Only the refused state goes when it is an auto one; else everything is canceled."""
            if not is_auto[state]:
                return False
            if state in targets:
                targets.remove(state)
            return True

        # The original crashes when an auto state refuses to go: it would have to stay, so cancel.
        if any(refused(slot) for slot in table.of(EXIT, plan.exits)):
            return True
        for slot in table.of(ENTER, plan.enters):
            if refused(slot) and not dropped(slot.state):
                return True
        if self._ask_self(targets, refused, dropped):
            return True
        if table.has_pairs:
            # All pairs, also those of a target that is dropped on the way.
            for slot in list(table.pairs(self._node.states, tuple(targets))):
                if refused(slot) and not dropped(slot.other):
                    return True
        if not targets:
            return True
        return table.any_enter is not None and refused(table.any_enter)

    def _ask_self(
        self, targets: list[int], refused: Callable[[Slot], bool], dropped: Callable[[int], bool]
    ) -> bool:
        """Self handlers of an automatic transition.

        Dropping a state skips the one after it, and a drop at the last active state, whether or not
        those before it have a handler, cancels everything: the vectors have it so.
        """
        active = self._node.mask
        last_refused = False
        at = 0
        while at < len(targets):
            state = targets[at]
            at += 1
            if not active >> state & 1:
                continue
            last_refused = False
            for slot in self._table.of(SELF, (state,)):
                last_refused = refused(slot)
                if last_refused and not dropped(state):
                    return True
        return last_refused

    # -- commit and finals

    def _commit(self, tx: Transition, plan: Plan, logged: bool) -> None:
        changes = plan.changes
        if changes:
            ticks = self._ticks.copy()
            for state, added in changes:
                ticks[state] += added
            self._ticks = tx._ticks = tx._committed = ticks
        self._node = plan.next
        if not logged and self._level >= CHANGES:
            self._log_state(tx, plan)
        if changes and self._subscriptions is not None:
            self._subscriptions.committed(plan)

    def _finals(self, tx: Transition, plan: Plan) -> bool:
        """Tell the handlers. Whether one of them broke the transition."""
        subscriptions = self._subscriptions
        if subscriptions is not None and subscriptions.waits_for_args:
            return self._finals_with_args(tx, plan)
        for told, slot in enumerate(plan.finals, 1):
            if not self._call(tx, slot):
                self._finals_broken(tx, plan, slot, told)
                return True
        return plan.any_state is not None and not self._call(tx, plan.any_state)

    def _finals_broken(self, tx: Transition, plan: Plan, slot: Slot, told: int) -> None:
        # The finals' steps are the last part; only those of handlers that were called stay.
        tx.step_parts = (*tx.step_parts[:-1], plan.final_steps[:told])
        self._roll_back(tx, plan, slot)

    def _finals_with_args(self, tx: Transition, plan: Plan) -> bool:
        """The same, matching ``when_args`` right after each state's handlers."""
        told = 0
        finals = {(slot.kind, slot.state): slot for slot in plan.finals}
        states = [slot for slot in plan.finals if slot.kind != STATE]
        order: list[tuple[Slot | None, int]] = [(slot, -1) for slot in states]
        order += [(finals.get((STATE, state)), state) for state in plan.enters]
        for slot, entered in order:
            if slot is not None:
                told += 1
                if not self._call(tx, slot):
                    self._finals_broken(tx, plan, slot, told)
                    return True
            if entered >= 0 and self._subscriptions is not None:
                self._subscriptions.entered(entered, tx.mutation.args)
        return plan.any_state is not None and not self._call(tx, plan.any_state)

    def _follow_up(self, mutation: Mutation) -> None:
        """Queue the automatic mutation that the new active list calls for."""
        node = self._node
        if self._level >= EVERYTHING:
            for record in node.auto_log:
                self._keep(record)
        autos = node.autos
        if autos is None or self._disposing:
            return
        if mutation.failure and self._failures > MAX_FAILURES:
            names = " ".join(self._names(autos.indexes))
            text = f"auto states of {self.id} given up after {self._failures} errors in a row"
            self._failed(LoopLimitError(f"{text}: {names}"))
            return
        if self._level >= OPS:
            self._keep(LogRecord(OPS, "auto", self._names(autos.indexes)))
        follow_up = Mutation(ADD, autos, NO_ARGS, None)
        follow_up.auto = True
        self._prepend(follow_up)
