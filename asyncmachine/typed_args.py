"""Typed arguments: dataclasses that travel as plain arguments.

::

    @dataclass
    class Greeting:
        name: str
        loud: bool = False

    machine.add("Greet", args=pack(Greeting("Ann")))

    def GreetState(self, event: Event) -> None:
        greeting = unpack(Greeting, event.args)

Plain maps are what logs, pipes and ``when_args`` see, so each field can be waited for and shown.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from asyncmachine.errors import ArgsError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


def pack(*values: DataclassInstance, **more: Any) -> dict[str, Any]:
    """The fields of dataclass instances, and ``more``, as arguments; the last of a name wins."""
    packed: dict[str, Any] = {}
    for value in values:
        packed.update((f.name, getattr(value, f.name)) for f in dataclasses.fields(value))
    packed.update(more)
    return packed


def unpack(kind: type[T], args: Mapping[str, Any]) -> T:
    """A dataclass instance from arguments; others are left alone, absent ones take their default.

    Raises ArgsError naming the fields that have neither. Values are taken as they are.
    """
    fields = [f for f in dataclasses.fields(kind) if f.init]
    lacking = [f.name for f in fields if f.name not in args and not _has_default(f)]
    if lacking:
        raise ArgsError(f"arguments lack {', '.join(lacking)}, which {kind.__name__} needs")
    return kind(**{f.name: args[f.name] for f in fields if f.name in args})


def _has_default(field: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return field.default is not missing or field.default_factory is not missing
