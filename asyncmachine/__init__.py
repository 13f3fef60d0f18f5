"""The state-machine kernel: multi-state, clock-based, relational.

``Machine`` is the whole of it; the rest is what it is made from, asked with and answers. Imports
neither exporters nor the debugger, and nothing heavy.
"""

from __future__ import annotations

from asyncmachine import on, pipes
from asyncmachine.clock import Time, is_active_tick
from asyncmachine.errors import (
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
from asyncmachine.machine import Machine
from asyncmachine.mutation import Mutation, MutationType, Result, Source
from asyncmachine.schema import Schema, SchemaLike, State, extend, merge, prefix, states_by_tag
from asyncmachine.semlog import LogRecord, args_mapper
from asyncmachine.subscription import StateContext, Subscription
from asyncmachine.tracer import LastTransition, Tracer
from asyncmachine.transition import Event, HandlerRecord, Note, Transition, current_event

__all__ = [
    "Binding",
    "BindingError",
    "DisposedError",
    "Event",
    "HandlerRecord",
    "HandlerTimeoutError",
    "LastTransition",
    "LogRecord",
    "LoopLimitError",
    "Machine",
    "MachineError",
    "Mutation",
    "MutationType",
    "NestedEvalError",
    "Note",
    "Result",
    "Schema",
    "SchemaError",
    "SchemaLike",
    "Source",
    "State",
    "StateContext",
    "StateError",
    "Subscription",
    "Time",
    "Tracer",
    "Transition",
    "args_mapper",
    "current_event",
    "extend",
    "is_active_tick",
    "merge",
    "on",
    "pipes",
    "prefix",
    "states_by_tag",
]
