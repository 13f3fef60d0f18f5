"""Binding handlers: names are parsed to keys, and mistakes are refused before anything is bound."""

from __future__ import annotations

import threading

import pytest

from asyncmachine import BindingError, Event, Machine, State, on


def machine(*names: str) -> Machine:
    return Machine({name: State() for name in names}, id="m")


def test_unknown_handler_suggests_the_nearest() -> None:
    with pytest.raises(BindingError, match="handler FoState names no state; did you mean 'FooSta"):
        machine("Foo").bind_handlers({"FoState": print})


@pytest.mark.parametrize("name", ["AnyFoo", "FooAny", "AnyExit", "AnyEnd"])
def test_handlers_that_are_never_called_are_refused(name: str) -> None:
    with pytest.raises(BindingError, match=f"handler {name} is never called"):
        machine("Foo").bind_handlers({name: print})


def test_ambiguous_names_are_refused() -> None:
    m = machine("A", "AB", "BC", "C")
    with pytest.raises(BindingError, match="handler ABC is ambiguous: it can be A to BC or AB to"):
        m.bind_handlers({"ABC": print})
    assert m.handlers == ()
    with pytest.raises(BindingError, match="ambiguous"):
        machine("X", "Enter").bind_handlers({"XEnter": print})


def test_decorators_say_it_without_names() -> None:
    calls: list[str] = []

    class Handlers:
        @on.change("A", "BC")
        def one(self, event: Event) -> None:
            calls.append(event.name + " one")

        @on.change("AB", "C")
        def two(self, event: Event) -> None:
            calls.append(event.name + " two")

        @on.enter("A")
        def asked(self, event: Event) -> bool:
            return True

        @on.exit("A")
        def leaving(self, event: Event) -> None:
            calls.append("leaving")

        @on.end("A")
        def gone(self, event: Event) -> None:
            calls.append("gone")

        @on.state("C")
        def come(self, event: Event) -> None:
            calls.append("come")

        @on.change("A", "A")
        def again(self, event: Event) -> None:
            calls.append("again")

        @on.any_enter
        def before(self, event: Event) -> None:
            calls.append("before")

        @on.any_state
        def after(self, event: Event) -> None:
            calls.append("after")

    m = machine("A", "AB", "BC", "C")
    m.add("A")
    m.bind_handlers(Handlers())
    m.add("BC")
    assert calls == ["again", "ABC one", "before", "after"]
    calls.clear()
    m.set("AB")
    m.add("C")
    assert calls[:4] == ["leaving", "before", "gone", "after"]
    assert calls[4:] == ["ABC two", "before", "come", "after"]


def test_decorated_for_no_state() -> None:
    class Handlers:
        @on.state("Grene")
        def method(self, event: Event) -> None:
            raise AssertionError(event)

    with pytest.raises(BindingError, match=r"handler for 'Grene', which is no state; .*'Green'"):
        machine("Green").bind_handlers(Handlers())


def test_other_methods_are_no_handlers() -> None:
    class Handlers:
        LIMIT = 3

        class Inner:
            pass

        def helper(self) -> None:
            raise AssertionError

        def _FooState(self) -> None:  # noqa: N802 - private, so no handler
            raise AssertionError

    m = machine("Foo")
    m.bind_handlers(Handlers())
    assert m.add("Foo").executed


def test_a_capital_name_was_meant_as_a_handler() -> None:
    class Handlers:
        def BarState(self, event: Event) -> None:  # noqa: N802
            raise AssertionError(event)

    with pytest.raises(BindingError, match="BarState names no state"):
        machine("Foo").bind_handlers(Handlers())


def test_prefix_serves_prefixed_states() -> None:
    calls: list[str] = []
    m = machine("XFoo", "XBar")
    m.bind_handlers({"FooState": lambda e: calls.append(e.name)}, prefix="X")
    m.add("XFoo")
    assert calls == ["XFooState"]


def test_several_sets_run_in_order_and_detach() -> None:
    calls: list[int] = []
    m = machine("Foo")
    first = m.bind_handlers({"FooState": lambda e: calls.append(1)}, id="first set!")
    m.bind_handlers({"FooState": lambda e: calls.append(2)}, id="second")
    assert [b.id for b in m.handlers] == ["firstset", "second"]
    m.add("Foo")
    m.detach_handlers(first)
    m.set()
    m.add("Foo")
    assert calls == [1, 2, 2]
    with pytest.raises(BindingError, match="handlers not bound"):
        m.detach_handlers("first")
    assert m.has_handlers("Foo")
    m.detach_handlers("second")
    assert not m.has_handlers("Foo")


def test_async_negotiation_is_refused() -> None:
    async def enter(event: Event) -> bool:
        return True

    with pytest.raises(BindingError, match="handler FooEnter can't be async"):
        machine("Foo").bind_handlers({"FooEnter": enter})


def test_the_first_set_hears_of_an_error_that_is_there() -> None:
    m = machine("Foo")
    m.add_err("early")
    heard: list[str] = []
    m.bind_handlers({"ExceptionState": lambda e: heard.append(str(e.args["err"]))})
    m.bind_handlers({"ExceptionState": lambda e: heard.append("second set")})
    assert heard == ["early"]


def test_handlers_bound_within_a_transition_serve_from_the_next_on() -> None:
    calls: list[str] = []
    m = machine("Foo", "Bar")
    late = {"FooState": lambda e: calls.append("late"), "BarState": lambda e: calls.append("late")}

    def enter(event: Event) -> None:
        m.bind_handlers(late)
        m.add("Bar")

    m.bind_handlers({"FooEnter": enter})
    m.add("Foo")
    assert calls == ["late"]
    assert m.time() == (1, 1, 0)
    m.set()
    calls.clear()
    m.detach_handlers(m.handlers[0])
    m.add("Foo")
    assert calls == ["late"]


def test_binding_while_another_thread_mutates() -> None:
    m = Machine({"A": State(remove="B"), "B": State(remove="A")})
    m.bind_handlers({"AState": lambda e: None})
    stop = threading.Event()

    def toggle() -> None:
        while not stop.is_set():
            m.add("A")
            m.add("B")

    thread = threading.Thread(target=toggle)
    thread.start()
    for _ in range(100):
        m.detach_handlers(m.bind_handlers({"BState": lambda e: None}))
        odd = [name for name, tick in m.clock().items() if tick & 1]
        assert len(odd) <= 1
    stop.set()
    thread.join()
    assert m.active_states() == tuple(n for n, tick in m.clock().items() if tick & 1)
