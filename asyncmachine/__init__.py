"""The state-machine kernel: multi-state, clock-based, relational.

``Machine`` is the whole of it; the rest is what it is made from, asked with and answers. Imports
neither exporters nor the debugger, and nothing heavy.
"""

from __future__ import annotations

from asyncmachine import lists, on, pipes, states
from asyncmachine.clock import Time, activations, is_active_tick, next_active, next_inactive
from asyncmachine.combined import all_of, any_of, when_each
from asyncmachine.conditions import Condition
from asyncmachine.error_handler import ExceptionHandler
from asyncmachine.errors import (
    ArgsError,
    BindingError,
    DisposedError,
    HandlerTimeoutError,
    LoopLimitError,
    MachineError,
    NestedEvalError,
    SchemaError,
    StateError,
)
from asyncmachine.handlers import Binding
from asyncmachine.history import Entry, History, Interval
from asyncmachine.machine import Machine
from asyncmachine.mutation import Mutation, MutationType, Result, Source
from asyncmachine.queries import QueuePlace
from asyncmachine.requests import (
    add_and_wait,
    add_sync,
    ask_add,
    ask_remove,
    healthcheck,
    remove_sync,
    retry,
)
from asyncmachine.schema import Schema, SchemaLike, State, extend, merge, prefix, states_by_tag
from asyncmachine.semlog import LogRecord, args_mapper
from asyncmachine.state_loop import StateLoop
from asyncmachine.steps import step_text
from asyncmachine.subscription import StateContext, Subscription
from asyncmachine.tracer import LastTransition, Tracer
from asyncmachine.transition import Event, HandlerRecord, Note, Transition, current_event
from asyncmachine.typed_args import pack, unpack

__all__ = [
    "ArgsError",
    "Binding",
    "BindingError",
    "Condition",
    "DisposedError",
    "Entry",
    "Event",
    "ExceptionHandler",
    "HandlerRecord",
    "HandlerTimeoutError",
    "History",
    "Interval",
    "LastTransition",
    "LogRecord",
    "LoopLimitError",
    "Machine",
    "MachineError",
    "Mutation",
    "MutationType",
    "NestedEvalError",
    "Note",
    "QueuePlace",
    "Result",
    "Schema",
    "SchemaError",
    "SchemaLike",
    "Source",
    "State",
    "StateContext",
    "StateError",
    "StateLoop",
    "Subscription",
    "Time",
    "Tracer",
    "Transition",
    "activations",
    "add_and_wait",
    "add_sync",
    "all_of",
    "any_of",
    "args_mapper",
    "ask_add",
    "ask_remove",
    "current_event",
    "extend",
    "healthcheck",
    "is_active_tick",
    "lists",
    "merge",
    "next_active",
    "next_inactive",
    "on",
    "pack",
    "pipes",
    "prefix",
    "remove_sync",
    "retry",
    "states",
    "states_by_tag",
    "step_text",
    "unpack",
    "when_each",
]
