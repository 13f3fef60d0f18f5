"""Calling handlers, and what an error in one does to its transition."""

from __future__ import annotations

import traceback
from contextvars import Token
from time import monotonic_ns

from asyncmachine.async_handlers import refuse_coroutine, start_async
from asyncmachine.handlers import STATE, Handler, Slot
from asyncmachine.mutation import ADD, Mutation, Source
from asyncmachine.plans import Plan
from asyncmachine.semlog import CHANGES, DECISIONS, EVERYTHING, OPS, LogRecord
from asyncmachine.timeouts import call_timed
from asyncmachine.transition import Event, HandlerRecord, Transition, current_event
from asyncmachine.transition_log import TransitionLog


class Calling(TransitionLog):
    """Calls one event's handlers, set by set."""

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
                if value is not None:
                    refuse_coroutine(value, slot.name)
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
            if value is not None:
                refuse_coroutine(value, slot.name)
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
        self._failed(error)
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
        if self._level >= OPS:
            self._keep(LogRecord(OPS, "recover:partial", self._names(kept)))
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
