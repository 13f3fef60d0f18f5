"""Tracers: told everything a machine does, on its own thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from asyncmachine.machine import Machine
    from asyncmachine.mutation import Mutation
    from asyncmachine.schema import State
    from asyncmachine.transition import Transition

HOOKS = (
    "machine_init",
    "new_submachine",
    "verify_states",
    "schema_change",
    "mutation_queued",
    "transition_init",
    "transition_start",
    "transition_finals",
    "handler_start",
    "handler_end",
    "transition_end",
    "queue_end",
    "machine_dispose",
    "subscription",
)


class Tracer:
    """Base of tracers: every hook does nothing, and one that isn't overridden costs nothing.

    Hooks run on the thread that drains the machine's queue and should be quick. An exception in one
    is logged once and changes nothing. Nothing is inherited by children: ``new_submachine`` decides
    whether to bind this tracer to them.
    """

    wants_handlers: ClassVar[bool] = False
    """Whether ``Transition.handlers`` is to be recorded, at the cost of two clock readings each."""

    def machine_init(self, machine: Machine) -> None:
        """A machine has been made with this tracer."""

    def new_submachine(self, parent: Machine, machine: Machine) -> None:
        """A child of ``parent`` is being made, before its machine_init; told to the parent's."""

    def verify_states(self, machine: Machine) -> None:
        """The order of the state names has been set."""

    def schema_change(self, machine: Machine, old: dict[str, State]) -> None:
        """The schema has been replaced; ``old`` is what it was."""

    def mutation_queued(self, machine: Machine, mutation: Mutation) -> None:
        """A mutation is in the queue, automatic ones and checks included. The queue is locked."""

    def transition_init(self, tx: Transition) -> None:
        """Relations are resolved (``tx.accepted`` says how); nothing has been called yet."""

    def transition_start(self, tx: Transition) -> None:
        """Negotiation begins, if there is any."""

    def transition_finals(self, tx: Transition) -> None:
        """Clocks have changed, final handlers come next. Never for checks and canceled ones."""

    def handler_start(self, tx: Transition, binding: str, name: str) -> None:
        """A handler is about to be called."""

    def handler_end(self, tx: Transition, binding: str, name: str) -> None:
        """A handler has been called, or skipped."""

    def transition_end(self, tx: Transition) -> None:
        """Everything about the transition is known."""

    def queue_end(self, machine: Machine) -> None:
        """The queue is empty."""

    def machine_dispose(self, machine_id: str) -> None:
        """The machine is being disposed; its waiters have not been told yet."""

    def subscription(self, machine: Machine, note: Any) -> None:
        """A subscription, state context or pipe has come, matched or gone: a Note."""


class Hooks:
    """For each hook, the overridden methods of the bound tracers, in the order of binding."""

    __slots__ = ("any_handler", "any_transition", "tracers", "wants_handlers", *HOOKS)

    machine_init: tuple[Callable[..., Any], ...]
    new_submachine: tuple[Callable[..., Any], ...]
    verify_states: tuple[Callable[..., Any], ...]
    schema_change: tuple[Callable[..., Any], ...]
    mutation_queued: tuple[Callable[..., Any], ...]
    transition_init: tuple[Callable[..., Any], ...]
    transition_start: tuple[Callable[..., Any], ...]
    transition_finals: tuple[Callable[..., Any], ...]
    handler_start: tuple[Callable[..., Any], ...]
    handler_end: tuple[Callable[..., Any], ...]
    transition_end: tuple[Callable[..., Any], ...]
    queue_end: tuple[Callable[..., Any], ...]
    machine_dispose: tuple[Callable[..., Any], ...]
    subscription: tuple[Callable[..., Any], ...]

    def __init__(self, tracers: Iterable[Tracer]) -> None:
        self.tracers = tuple(tracers)
        for name in HOOKS:
            setattr(self, name, tuple(self._overridden(name)))
        self.wants_handlers = any(t.wants_handlers for t in self.tracers)
        self.any_handler = bool(self.handler_start or self.handler_end or self.wants_handlers)
        self.any_transition = bool(
            self.mutation_queued
            or self.transition_init
            or self.transition_start
            or self.transition_finals
            or self.transition_end
            or self.queue_end
            or self.any_handler
        )

    def _overridden(self, name: str) -> Iterable[Callable[..., Any]]:
        base = getattr(Tracer, name)
        for tracer in self.tracers:
            method = getattr(tracer, name)
            if getattr(method, "__func__", None) is not base:
                yield method


class LastTransition(Tracer):
    """Keeps the transition that ended last."""

    def __init__(self) -> None:
        self.last: Transition | None = None

    def transition_end(self, tx: Transition) -> None:
        """Remember it."""
        self.last = tx
