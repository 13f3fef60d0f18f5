"""Handlers: their names, the objects they are bound from, and the table the planner compiles.

A name is parsed into a structured key once, at binding: ``AB``+``C`` and ``A``+``BC`` are different
keys, and a name that can be read in two ways is refused. So is a name that no state explains, and
one that is never called.
"""

from __future__ import annotations

import inspect
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from asyncmachine import steps as st
from asyncmachine.errors import BindingError, suggest

Handler = Callable[[Any], Any]
"""Called with the Event. Negotiation handlers refuse by returning false; None and true accept."""

EXIT, ENTER, SELF, PAIR, ANY_ENTER, END, STATE, ANY_STATE = range(8)
SUFFIXES: Final = {"Enter": ENTER, "Exit": EXIT, "State": STATE, "End": END}
MARK: Final = "__asyncmachine_handler__"
"""Attribute by which a decorated method says what it handles."""
_FINAL: Final = frozenset((END, STATE, ANY_STATE))
_MAY_BE_ASYNC: Final = frozenset((END, STATE, ANY_STATE))


class HandlerKey(NamedTuple):
    """What a handler is for: its kind and the state indexes (-1 where there is none)."""

    kind: int
    state: int
    other: int = -1


class Binding:
    """One bound set of handlers: its number, its id, and its functions by key."""

    __slots__ = ("handlers", "id", "number", "prefix", "source")

    def __init__(
        self,
        number: int,
        binding_id: str,
        handlers: dict[HandlerKey, Handler],
        source: object,
        prefix: str,
    ) -> None:
        self.number = number
        self.id = binding_id
        self.handlers = handlers
        self.source = source
        self.prefix = prefix

    def __repr__(self) -> str:
        return f"Binding({self.number}, {self.id!r})"


class Slot:
    """One event with at least one handler: what the hot path calls."""

    __slots__ = ("bound", "final", "key", "kind", "name", "other", "single", "state", "step")

    def __init__(self, key: HandlerKey, name: str) -> None:
        self.key = key
        self.kind, self.state, self.other = key
        self.name = name
        self.final = key.kind in _FINAL
        self.bound: list[tuple[Binding, Handler, bool]] = []
        self.step: st.Step = self._step(None)
        self.single: Handler | None = None

    def add(self, binding: Binding, handler: Handler) -> None:
        """Append the handler of one set; the last item says whether it is a coroutine function."""
        asynchronous = is_async(handler)
        self.bound.append((binding, handler, asynchronous))
        alone = len(self.bound) == 1
        self.step = self._step(binding.number if alone else None)
        self.single = handler if alone and not asynchronous else None

    def _step(self, number: int | None) -> st.Step:
        kind, state = self.kind, self.state
        if kind == EXIT:
            return (st.HANDLER, state, -1, 0, number)
        if kind == ENTER:
            return (st.HANDLER, -1, state, st.ENTER, number)
        if kind == SELF:
            return (st.HANDLER, -1, state, st.SELF, number)
        if kind == PAIR:
            return (st.HANDLER, state, self.other, 0, number)
        if kind == ANY_ENTER:
            return (st.HANDLER, st.ANY, st.ANY, st.ENTER, number)
        if kind == END:
            return (st.HANDLER, -1, state, st.FINAL, number)
        if kind == STATE:
            return (st.HANDLER, -1, state, st.FINAL | st.ENTER, number)
        return (st.HANDLER, st.ANY, st.ANY, st.FINAL | st.ENTER, number)


def is_async(handler: Handler) -> bool:
    """Whether it is a coroutine function, or an object that is called like one."""
    return any(map(inspect.iscoroutinefunction, (handler, type(handler).__call__)))


class HandlerTable:
    """All bound handlers by key, compiled at each binding."""

    def __init__(self, bindings: Iterable[Binding], names: tuple[str, ...]) -> None:
        self.slots: dict[HandlerKey, Slot] = {}
        for binding in bindings:
            for key, handler in binding.handlers.items():
                slot = self.slots.get(key)
                if slot is None:
                    slot = self.slots[key] = Slot(key, key_name(key, names))
                slot.add(binding, handler)
        self.empty = not self.slots
        self.has_pairs = any(key.kind == PAIR for key in self.slots)
        self.any_enter = self.slots.get(HandlerKey(ANY_ENTER, -1))
        self.any_state = self.slots.get(HandlerKey(ANY_STATE, -1))

    def of(self, kind: int, states: Iterable[int]) -> Iterator[Slot]:
        """The slots of one kind for ``states``, where there are any."""
        for state in states:
            slot = self.slots.get(HandlerKey(kind, state))
            if slot is not None:
                yield slot

    def negotiation(
        self,
        exits: Iterable[int],
        enters: Iterable[int],
        before: tuple[int, ...],
        targets: tuple[int, ...],
        with_self: bool,
    ) -> list[Slot]:
        """Everything asked before a transition is accepted, in order."""
        if self.empty:
            return []
        slots = [*self.of(EXIT, exits), *self.of(ENTER, enters)]
        if with_self:
            active = frozenset(before)
            slots += self.of(SELF, [state for state in targets if state in active])
        if self.has_pairs:
            slots += self.pairs(before, targets)
        if self.any_enter is not None:
            slots.append(self.any_enter)
        return slots

    def pairs(self, before: Iterable[int], targets: tuple[int, ...]) -> Iterator[Slot]:
        """State-to-state slots: every active state with every other target."""
        for state in before:
            for other in targets:
                if state != other:
                    slot = self.slots.get(HandlerKey(PAIR, state, other))
                    if slot is not None:
                        yield slot

    def finals(self, exits: Iterable[int], enters: Iterable[int]) -> list[Slot]:
        """Everything told after the clocks have changed, AnyState apart."""
        if self.empty:
            return []
        return [*self.of(END, exits), *self.of(STATE, enters)]


def key_name(key: HandlerKey, names: tuple[str, ...]) -> str:
    """The handler's name, as logs and spans show it."""
    kind, state, other = key
    if kind == ANY_ENTER:
        return "AnyEnter"
    if kind == ANY_STATE:
        return "AnyState"
    if kind == SELF:
        return names[state] * 2
    if kind == PAIR:
        return names[state] + names[other]
    suffix = next(text for text, value in SUFFIXES.items() if value == kind)
    return names[state] + suffix


def read_name(name: str, index: Mapping[str, int]) -> list[HandlerKey]:
    """Every way to read a handler's name; none when no state explains it."""
    keys = []
    if name == "AnyEnter":
        keys.append(HandlerKey(ANY_ENTER, -1))
    if name == "AnyState":
        keys.append(HandlerKey(ANY_STATE, -1))
    for suffix, kind in SUFFIXES.items():
        if name.endswith(suffix) and name[: -len(suffix)] in index:
            keys.append(HandlerKey(kind, index[name[: -len(suffix)]]))
    for cut in range(1, len(name)):
        first, second = index.get(name[:cut]), index.get(name[cut:])
        if first is not None and second is not None:
            if first == second:
                keys.append(HandlerKey(SELF, first))
            else:
                keys.append(HandlerKey(PAIR, first, second))
    return keys


def parse_name(name: str, index: Mapping[str, int]) -> HandlerKey:
    """The key of a handler's name. Raises BindingError with the nearest name suggested."""
    keys = read_name(name, index)
    if len(keys) == 1:
        return keys[0]
    if keys:
        names = tuple(index)
        readings = " or ".join(_reading(key, names) for key in keys)
        raise BindingError(f"handler {name} is ambiguous: it can be {readings}")
    if name in ("AnyExit", "AnyEnd") or _meets_any(name, index):
        raise BindingError(f"handler {name} is never called; use AnyEnter or AnyState")
    raise BindingError(f"handler {name} names no state{suggest(name, _possible(index))}")


def _reading(key: HandlerKey, names: tuple[str, ...]) -> str:
    if key.kind in (SELF, PAIR):
        other = key.state if key.kind == SELF else key.other
        return f"{names[key.state]} to {names[other]}"
    suffix = next((text for text, value in SUFFIXES.items() if value == key.kind), "Any")
    return f"{suffix} of {names[key.state]}" if key.state >= 0 else "the Any handler"


def _meets_any(name: str, index: Mapping[str, int]) -> bool:
    starts = name.startswith("Any") and name[3:] in index
    return starts or (name.endswith("Any") and name[:-3] in index)


def _possible(index: Mapping[str, int]) -> list[str]:
    names = [name + suffix for name in index for suffix in SUFFIXES]
    return [*names, "AnyEnter", "AnyState"]


def collect(source: object, index: Mapping[str, int], prefix: str) -> dict[HandlerKey, Handler]:
    """The handlers of an object (public methods that look like one) or of a mapping by name.

    prefix: put before each name that is found, so that one class serves prefixed states.
    Raises BindingError for a name that is unknown, ambiguous or never called, and for an ``async``
    handler that isn't final.
    """
    found: dict[HandlerKey, Handler] = {}
    for name, handler in _candidates(source, index, prefix):
        key = _marked_key(handler, index, prefix) or parse_name(name, index)
        if is_async(handler) and key.kind not in _MAY_BE_ASYNC:
            raise BindingError(
                f"handler {name} can't be async: only FooState, FooEnd and AnyState can"
            )
        if key in found:
            raise BindingError(f"handler {name} is there twice")
        found[key] = handler
    return found


def _marked_key(handler: Handler, index: Mapping[str, int], prefix: str) -> HandlerKey | None:
    """The key that a decorator (see on.py) has put on a handler."""
    mark = getattr(handler, MARK, None)
    if mark is None:
        return None
    kind, *names = mark
    states = []
    for name in names:
        full = prefix + name
        if full not in index:
            raise BindingError(f"handler for {full!r}, which is no state{suggest(full, index)}")
        states.append(index[full])
    if kind == PAIR and states[0] == states[1]:
        return HandlerKey(SELF, states[0])
    return HandlerKey(kind, *(states or [-1]))


def _candidates(
    source: object, index: Mapping[str, int], prefix: str
) -> Iterator[tuple[str, Handler]]:
    if isinstance(source, Mapping):
        for name, handler in source.items():
            if not isinstance(name, str):
                raise BindingError(f"handlers are mapped by name, not by {name!r}")
            if handler is None:  # an optional handler that isn't there
                continue
            if not callable(handler):
                raise BindingError(f"handler {name} can't be called: {handler!r}")
            yield _with_prefix(name, prefix), handler
        return
    for name in dir(source):
        if name.startswith("_"):
            continue
        full = _with_prefix(name, prefix)
        marked = hasattr(getattr(type(source), name, None), MARK)
        if not marked and not _looks_like_handler(name, full, index):
            continue
        value = getattr(source, name)
        if callable(value) and not isinstance(value, type):
            yield full, value


def _with_prefix(name: str, prefix: str) -> str:
    if not prefix or name in ("AnyEnter", "AnyState"):
        return name
    return prefix + name


def _looks_like_handler(name: str, full: str, index: Mapping[str, int]) -> bool:
    """Methods are named in lower case; what starts with a capital was meant as a handler."""
    return name[0].isupper() or bool(read_name(full, index))


def binding_id(wanted: str | None, source: object) -> str:
    """A binding's id: the one wanted, with odd characters removed, else the class and 4 hex."""
    if wanted:
        return "".join(c for c in wanted if c.isalnum() or c in "-_.")
    kind = "anon" if isinstance(source, Mapping) else type(source).__name__
    return f"{kind}-{secrets.token_hex(2)}"
