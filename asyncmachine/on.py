"""Decorators that say what a method handles, whatever it is called.

::

    class Handlers:
        @on.state(Light.Red)
        def stop(self, event: Event) -> None: ...

A type checker sees a misspelt constant or a wrong signature; names that could be read in two ways
are no problem.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from asyncmachine.handlers import (
    ANY_ENTER,
    ANY_STATE,
    END,
    ENTER,
    EXIT,
    MARK,
    PAIR,
    STATE,
)
from asyncmachine.transition import Event

Asked = TypeVar("Asked", bound=Callable[[Any, Event], bool | None])
Told = TypeVar("Told", bound=Callable[[Any, Event], Coroutine[Any, Any, None] | None])
Method = TypeVar("Method", bound=Callable[..., Any])


def _marked(*mark: Any) -> Callable[[Method], Method]:
    def decorate(method: Method) -> Method:
        setattr(method, MARK, mark)
        return method

    return decorate


def enter(name: str) -> Callable[[Asked], Asked]:
    """Asked before state ``name`` comes; false refuses."""
    return _marked(ENTER, name)


def exit(name: str) -> Callable[[Asked], Asked]:  # noqa: A001 - on.exit reads as it should
    """Asked before state ``name`` goes; false refuses."""
    return _marked(EXIT, name)


def state(name: str) -> Callable[[Told], Told]:
    """Told when state ``name`` has come; may be async."""
    return _marked(STATE, name)


def end(name: str) -> Callable[[Told], Told]:
    """Told when state ``name`` has gone; may be async."""
    return _marked(END, name)


def change(source: str, target: str) -> Callable[[Asked], Asked]:
    """Asked when ``source`` is active and ``target`` will be; twice the same: when it stays."""
    return _marked(PAIR, source, target)


def any_enter(method: Asked) -> Asked:
    """Asked last of all, about every transition."""
    return _marked(ANY_ENTER)(method)


def any_state(method: Told) -> Told:
    """Told last of all, of every accepted transition; may be async."""
    return _marked(ANY_STATE)(method)
