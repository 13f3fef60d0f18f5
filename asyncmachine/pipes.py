"""Pipes: a state of one machine follows a state of another.

A pipe is a pair of final handlers on the source which mutate the target, with the arguments they
were called with. It runs where the source's handlers run; a target that is busy queues the
mutation. Both machines remember it, and forget it when the other is disposed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from asyncmachine.errors import StateError
from asyncmachine.handlers import Binding
from asyncmachine.pipe_ends import add_end
from asyncmachine.states import EXCEPTION, READY, START

if TYPE_CHECKING:
    from asyncmachine.machine import Machine
    from asyncmachine.transition import Event


def bind(
    source: Machine,
    target: Machine,
    state: str,
    active: str | None = None,
    inactive: str | None = None,
    *,
    flat: bool = False,
) -> Binding:
    """Add ``active`` to the target when ``state`` comes, remove ``inactive`` when it goes.

    Both default to ``state``. flat: skip what is so already, and pass no arguments. A target state
    that begins with ``Err`` is added as an error. Raises StateError, or BindingError.
    """
    return bind_many(source, target, {state: (active or state, inactive or state)}, flat=flat)


def bind_many(
    source: Machine,
    target: Machine,
    states: Mapping[str, str | tuple[str, str]],
    *,
    flat: bool = False,
) -> Binding:
    """Several pipes as one binding: by source state, the target's, or (added, removed) ones."""
    handlers: dict[str, Callable[[Event], None]] = {}
    ends = []
    for state, wanted in states.items():
        active, inactive = (wanted, wanted) if isinstance(wanted, str) else wanted
        if not source.has(state):
            raise StateError(f"{state} not defined in schema for {source.id}")
        target._index_of(active)
        target._index_of(inactive)
        handlers[f"{state}State"] = _adder(target, active, flat)
        handlers[f"{state}End"] = _remover(target, inactive, flat)
        ends += [(state, active, "add"), (state, inactive, "remove")]
    if len(states) == 1:
        name = f"Bind-{next(iter(states))}-{target.id}"
    else:
        name = f"BindMany-{len(states)}-{target.id}"
    binding = source.bind_handlers(handlers, id=name)
    for state, there, mutation in ends:
        add_end(source, "out", state, target, mutation, binding)
        add_end(target, "in", there, source, mutation, binding)
    return binding


def bind_err(source: Machine, target: Machine, state: str = EXCEPTION) -> Binding:
    """The source's errors become errors of the target: ``Exception``, and ``state`` with it."""

    def failed(event: Event) -> None:
        extra = () if state == EXCEPTION else (state,)
        target.add_err(source.err, *extra, args=event.args)

    binding = source.bind_handlers({f"{EXCEPTION}State": failed}, id=f"BindErr-{target.id}")
    add_end(source, "out", EXCEPTION, target, "add", binding)
    add_end(target, "in", state, source, "add", binding)
    return binding


def bind_start(source: Machine, target: Machine) -> Binding:
    """The target's Start follows the source's."""
    return bind(source, target, START)


def bind_ready(source: Machine, target: Machine) -> Binding:
    """The target's Ready follows the source's."""
    return bind(source, target, READY)


def bind_connected(
    source: Machine,
    target: Machine,
    connecting: str = "Connecting",
    connected: str = "Connected",
    disconnecting: str = "Disconnecting",
    disconnected: str = "Disconnected",
) -> Binding:
    """The four stages of a connection (see states.Connected), under the target's names."""
    stages = ("Connecting", "Connected", "Disconnecting", "Disconnected")
    wanted = (connecting, connected, disconnecting, disconnected)
    return bind_many(source, target, dict(zip(stages, wanted, strict=True)))


def bind_any(source: Machine, target: Machine) -> Binding:
    """After each transition of the source, set the target to the same states."""

    def follow(event: Event) -> None:
        wanted = source.active_states()
        if sorted(wanted) != sorted(target.active_states()):
            target.set(*wanted)

    for state in source.state_names:
        target._index_of(state)
    return source.bind_handlers({"AnyState": follow}, id=f"BindAny-{target.id}")


def sync(source: Machine, target: Machine, states: Mapping[str, str]) -> int:
    """Make the target's states (by source state) what the source's are now; how many it touched."""
    adds = [there for here, there in states.items() if source.is_(here) and not target.is_(there)]
    drops = [there for here, there in states.items() if not source.is_(here) and target.is_(there)]
    if adds:
        target.add(*adds)
    if drops:
        target.remove(*drops)
    return len(adds) + len(drops)


def _adder(target: Machine, state: str, flat: bool) -> Callable[[Event], None]:
    def add(event: Event) -> None:
        if flat and target.is_(state):
            return
        if state.startswith("Err"):
            error = event.args.get("err") or event.machine.err or f"piped from {event.machine.id}"
            target.add_err(error, state, args=None if flat else event.args)
        else:
            target.add(state, args=None if flat else event.args)

    return add


def _remover(target: Machine, state: str, flat: bool) -> Callable[[Event], None]:
    def remove(event: Event) -> None:
        if not flat or target.is_(state):
            target.remove(state, args=None if flat else event.args)

    return remove
