"""The life of a transition: resolve, negotiate, commit, tell, follow up; and what errors do to it.

Runs on the draining thread only. The order of everything here is what the vectors in
tests/data/conformance show; docs/kernel.md tells it for users.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextvars import Token
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from asyncmachine.async_handlers import start_async
from asyncmachine.core import MachineCore
from asyncmachine.errors import LoopLimitError
from asyncmachine.handlers import ENTER, EXIT, SELF, STATE, Slot
from asyncmachine.mutation import (
    ADD,
    CANCELED,
    EXECUTED,
    MUTATION_NAMES,
    NO_ARGS,
    Mutation,
    Result,
    Source,
)
from asyncmachine.plans import AUTO, CHECK, Plan
from asyncmachine.semlog import CHANGES, DECISIONS, EVERYTHING, OPS, LogRecord
from asyncmachine.steps import Step
from asyncmachine.timeouts import call_timed
from asyncmachine.transition import Event, HandlerRecord, Transition, current_event

if TYPE_CHECKING:
    from asyncmachine.handlers import Binding, Handler

MAX_FAILURES = 100
"""Errors of automatic transitions in one drain before their follow-ups are given up."""


class Lifecycle(MachineCore):
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
        if self._level:
            self._log_start(tx, mutation, plan)
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
        if mutation.check:
            if canceled:
                tx.accepted = False
            return self._end(tx, CANCELED if canceled else EXECUTED)
        if canceled:
            tx.accepted = False
            return self._end(tx, CANCELED)
        self._commit(tx, plan)
        if hooks.transition_finals:
            self._tell(hooks.transition_finals, tx)
        canceled = self._finals(tx, plan)
        tx._ticks = self._ticks
        if canceled:
            tx.accepted = False
        elif (
            self._ticks is not before
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
            handler(event)
            for name, handler, slot in handlers[1:]:  # noqa: B007 - slot: which one raised
                event = Event(name, tx)
                current_event.set(event)
                handler(event)
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
            for state in self._node.states:
                for slot in list(table.pairs((state,), tuple(targets))):
                    if refused(slot) and not dropped(slot.other):
                        return True
        if not targets:
            return True
        return table.any_enter is not None and refused(table.any_enter)

    def _ask_self(
        self, targets: list[int], refused: Callable[[Slot], bool], dropped: Callable[[int], bool]
    ) -> bool:
        """Self handlers of an automatic transition.

        Dropping a state skips the one after it, and a drop at the last call cancels everything: the
        vectors have it so.
        """
        active = self._node.mask
        last_refused = False
        at = 0
        while at < len(targets):
            state = targets[at]
            at += 1
            if not active >> state & 1:
                continue
            for slot in self._table.of(SELF, (state,)):
                last_refused = refused(slot)
                if last_refused and not dropped(state):
                    return True
        return last_refused

    # -- commit and finals

    def _commit(self, tx: Transition, plan: Plan) -> None:
        changes = plan.changes
        if changes:
            ticks = self._ticks.copy()
            for state, added in changes:
                ticks[state] += added
            self._ticks = tx._ticks = tx._committed = ticks
        self._node = plan.next
        if self._level >= CHANGES:
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

    def _roll_back(self, tx: Transition, plan: Plan, slot: Slot) -> None:
        """Take back the states from the one whose State handler failed on; what left stays out.

        Every called multi state that stays gets 2 ticks. An error applies this twice (once here and
        once when the phase ends), except in AnyState: the vectors have it so.
        """
        taken: frozenset[int] = frozenset()
        if slot.kind == STATE:
            taken = frozenset(plan.enters[plan.enters.index(slot.state) :])
        node = self._node
        kept = tuple(state for state in node.states if state not in taken)
        called, multi = tx.mutation._called.mask, self._relations.multi
        ticks = self._ticks.copy()
        removed = [state for state in node.states if state in taken]
        for state in removed:
            ticks[state] += 1
        again = [state for state in kept if multi[state] and called >> state & 1]
        for state in again:
            ticks[state] += 2
        if not removed and not again:
            return
        self._ticks = tx._ticks = ticks
        self._node = self._planner.list_of(kept)
        if self._level >= CHANGES:
            names = (self._names(again), self._names(removed), self._names(kept))
            self._log_signed("state", names, tx.mutation)
        if self._subscriptions is not None:
            self._subscriptions.moved(again, removed)

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
            self._err = LoopLimitError(
                f"auto states of {self.id} given up after {self._failures} errors in a row: "
                f"{' '.join(self._names(autos.indexes))}"
            )
            return
        if self._level >= OPS:
            self._keep(LogRecord(OPS, "auto", self._names(autos.indexes)))
        follow_up = Mutation(ADD, autos, NO_ARGS, None)
        follow_up.auto = True
        self._prepend(follow_up)

    # -- calling handlers

    def _call(self, tx: Transition, slot: Slot) -> bool:
        """Call one event's handlers, set by set. False when refused or failed."""
        if self._hooks.any_handler or self._timeout is not None or self._thread is not None:
            return self._call_watched(tx, slot)
        final = slot.final
        answer = True
        for binding, handler, is_async in slot.bound:
            if self._level >= OPS:
                self._log_handler(binding, slot)
            if not tx.accepted:  # broken by an earlier error: announced, not run
                if final:
                    continue
                return False
            event = Event(slot.name, tx)
            token = current_event.set(event)
            try:
                if is_async:
                    start_async(self._self, event, slot, handler)
                    continue
                value = handler(event)
            except Exception as error:
                self._recover(tx, slot, error)
                answer = False
                if final:
                    continue
                return False
            finally:
                current_event.reset(token)
            if not final and value is not None and not value:
                return False
        return answer

    def _call_watched(self, tx: Transition, slot: Slot) -> bool:
        """The same, with tracers, records and timeouts."""
        hooks = self._hooks
        answer = True
        for binding, handler, is_async in slot.bound:
            if self._level >= OPS:
                self._log_handler(binding, slot)
            if hooks.handler_start:
                self._fire(hooks.handler_start, tx, binding.id, slot.name)
            begin = monotonic_ns()
            outcome = self._outcome(tx, slot, handler, is_async)
            if hooks.wants_handlers:
                record = HandlerRecord(
                    slot.name, binding.number, begin - tx._began, monotonic_ns() - begin, outcome
                )
                if not tx.handlers:
                    tx.handlers = []
                tx.handlers.append(record)  # type: ignore[attr-defined]
            if hooks.handler_end:
                self._fire(hooks.handler_end, tx, binding.id, slot.name)
            if self._level >= EVERYTHING:
                self._keep(LogRecord(EVERYTHING, "handler:end", (slot.name, binding.id)))
            if outcome == "ok":
                continue
            if outcome == "timeout" or not slot.final:
                return False
            if outcome == "error":
                answer = False
        return answer

    def _outcome(self, tx: Transition, slot: Slot, handler: Handler, is_async: bool) -> str:
        if not tx.accepted:
            if self._level >= DECISIONS:
                self._keep(LogRecord(DECISIONS, "handler:invalid", slot.name))
            return "skipped"
        event = Event(slot.name, tx)
        token: Token[Event | None] = current_event.set(event)
        try:
            if is_async:
                start_async(self._self, event, slot, handler)
                return "ok"
            if self._timeout is None and self._thread is None:
                value = handler(event)
            else:
                value, late = call_timed(self._self, tx, slot, handler, event)
                if late:
                    return "timeout"
        except Exception as error:
            self._recover(tx, slot, error)
            return "error"
        finally:
            current_event.reset(token)
        return "ok" if slot.final or value is None or value else "refused"

    # -- errors

    def _recover(self, tx: Transition, slot: Slot, error: Exception) -> None:
        """A handler raised: break the transition, and queue ``Exception`` ahead of everything.

        In a transition that called Exception itself no second one is added, and ``err`` stays.
        """
        self._log(OPS, "recover", "handling panic...")
        tx.error = error
        tx.accepted = False
        mutation = tx.mutation
        exception = self._exception
        if exception < 0 or mutation._called.mask >> exception & 1:
            return
        self._err = error
        if slot.final and not tx.check:
            self._roll_back(tx, tx._settled, slot)
        if self._level >= OPS:
            self._keep(LogRecord(OPS, "cancel", (tuple(tx.names(tx.targets)), "recover")))
        if mutation.auto:
            self._failures += 1
        args = {
            "err": error,
            "trace": "".join(traceback.format_exception(error)),
            "handler": slot.name,
            "tx": tx,
        }
        source = Source(self.id, tx.id, 0, slot.name)
        added = Mutation(ADD, self._called_of((exception,)), args, source)
        added.failure = True
        self._prepend(added)

    # -- log

    def _log_start(self, tx: Transition, mutation: Mutation, plan: Plan) -> None:
        level = DECISIONS if mutation.auto else OPS
        if self._level >= level:
            kind = "add:auto" if mutation.auto else MUTATION_NAMES[mutation.type]
            record = mutation._called.record(level, kind, mutation.args, self.args_mapper)
            if not self.log_level and self._level == OPS and mutation._source is None:
                tx.log_entries = [record, *plan.ops_log]
                return
            self._keep(record)
            if mutation._source is not None:
                self._keep(LogRecord(OPS, "source", mutation))
        self._keep_plan(plan)

    def _keep_plan(self, plan: Plan) -> None:
        for record in plan.log:
            if record.level <= self._level:
                self._keep(record)

    def _log_state(self, tx: Transition, plan: Plan) -> None:
        kind = "auto_" if tx.mutation.auto else "state"
        if tx.mutation.args or self._level >= EVERYTHING or self.log_level:
            self._log_signed(kind, plan.state_log, tx.mutation)
            return
        if not plan.changes:
            return
        record = plan.state_records.get(kind)
        if record is None:
            added, removed, _same = plan.state_log
            record = LogRecord(CHANGES, kind, (added, removed, (), NO_ARGS, None))
            plan.state_records[kind] = record
        if type(tx.log_entries) is list:
            tx.log_entries.append(record)
        else:
            tx.log_entries = [record]

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
