"""Binding handlers and tracers to a machine."""

from __future__ import annotations

from asyncmachine.core import MachineCore
from asyncmachine.errors import BindingError
from asyncmachine.handlers import Binding, binding_id, collect
from asyncmachine.semlog import OPS
from asyncmachine.tracer import Hooks, Tracer


class Binds(MachineCore):
    """Handlers and tracers."""

    def bind_handlers(
        self,
        handlers: object,
        *,
        id: str | None = None,  # noqa: A002 - as it is called everywhere
        prefix: str = "",
    ) -> Binding:
        """Bind an object's handler methods, or a mapping of handlers by name.

        Handlers are public methods named by state: ``FooEnter FooExit`` and ``FooFoo FooBar``
        (Foo to Foo, Foo to Bar) may refuse, ``FooState FooEnd`` are told, ``AnyEnter AnyState`` see
        every transition. Several sets may be bound: they are called in the order of binding. Raises
        BindingError for a name that is unknown, ambiguous or never called, before binding anything.
        """
        found = collect(handlers, self._index, prefix)
        with self._lock:
            if self._disposed:
                raise BindingError(f"machine {self.id} is disposed")
            first = self._binding_count == 0
            binding = Binding(
                self._binding_count, binding_id(id, handlers), found, handlers, prefix
            )
            self._binding_count += 1
            self._bindings = (*self._bindings, binding)
            self._handlers_changed()
        self._log(OPS, "handlers", f"bind {binding.number}:{binding.id}")
        if first and self._err is not None and self._self.is_err():
            self._self.add_err(self._err)
        return binding

    def detach_handlers(self, binding: Binding | str) -> None:
        """Unbind a set, given as bound or by its id. Raises BindingError if it isn't there."""
        with self._lock:
            for bound in self._bindings:
                if bound is binding or bound.id == binding:
                    self._bindings = tuple(b for b in self._bindings if b is not bound)
                    self._handlers_changed()
                    break
            else:
                raise BindingError(f"handlers not bound: {binding}")
        self._log(OPS, "handlers", f"detach {bound.id}")

    @property
    def handlers(self) -> tuple[Binding, ...]:
        """The bound sets, in the order of binding."""
        return self._bindings

    def has_handlers(self, state: str) -> bool:
        """Whether any handler is for ``state`` alone. Raises StateError."""
        at = self._index_of(state)
        keys = (key for bound in self._bindings for key in bound.handlers)
        return any(key.state == at and key.other < 0 for key in keys)

    def bind_tracer(self, tracer: Tracer) -> None:
        """Tell ``tracer`` everything from now on; nothing happens if it is bound already."""
        with self._lock:
            if any(t is tracer for t in self._hooks.tracers):
                return
            self._hooks = Hooks((*self._hooks.tracers, tracer))
            self._set_plain()
        self._log(OPS, "tracers", f"bind {type(tracer).__name__}")

    def detach_tracer(self, tracer: Tracer) -> None:
        """Stop telling ``tracer``. Raises BindingError if it isn't bound."""
        with self._lock:
            left = tuple(t for t in self._hooks.tracers if t is not tracer)
            if len(left) == len(self._hooks.tracers):
                raise BindingError(f"tracer not bound: {tracer!r}")
            self._hooks = Hooks(left)
            self._set_plain()
        self._log(OPS, "tracers", f"detach {type(tracer).__name__}")

    @property
    def tracers(self) -> tuple[Tracer, ...]:
        """The bound tracers, in the order of binding."""
        return self._hooks.tracers
