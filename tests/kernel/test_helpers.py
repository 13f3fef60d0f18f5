"""What stands around a machine: typed arguments, lists, conditions, combined waits, requests."""

from __future__ import annotations

import asyncio
import gc
import threading
from dataclasses import dataclass, field

import pytest

from asyncmachine import (
    ArgsError,
    Condition,
    Event,
    LoopLimitError,
    Machine,
    MachineError,
    MutationType,
    Result,
    State,
    StateError,
    StateLoop,
    Subscription,
    Time,
    activations,
    add_and_wait,
    add_sync,
    all_of,
    any_of,
    ask_add,
    ask_remove,
    healthcheck,
    is_active_tick,
    lists,
    next_active,
    next_inactive,
    pack,
    remove_sync,
    retry,
    states,
    step_text,
    unpack,
    when_each,
)
from tests.kernel.support import Recorder, until


@pytest.fixture
def m() -> Machine:
    return Machine({"A": State(), "B": State(), "M": State(multi=True)}, id="m")


@dataclass
class Greeting:
    name: str
    loud: bool = False
    tags: list[str] = field(default_factory=list)


class TestTypedArgs:
    def test_there_and_back(self, m: Machine) -> None:
        got: list[Greeting] = []
        m.bind_handlers({"AState": lambda e: got.append(unpack(Greeting, e.args))})
        wait = m.when_args("A", {"name": "Ann"})
        m.add("A", args=pack(Greeting("Ann", True), other=1))
        assert got == [Greeting("Ann", True)]
        assert wait.matched

    def test_defaults_and_what_is_lacking(self) -> None:
        assert unpack(Greeting, {"name": "Bob", "more": 1}) == Greeting("Bob")
        with pytest.raises(ArgsError, match="name, which Greeting"):
            unpack(Greeting, {"loud": True})

    def test_the_last_wins(self) -> None:
        packed = pack(Greeting("Ann"), Greeting("Bob"), loud=True)
        assert packed == {"name": "Bob", "loud": True, "tags": []}


def test_lists() -> None:
    assert lists.unique("ABA") == ("A", "B")
    assert lists.join("AB", "BC") == ("A", "B", "C")
    assert lists.without("ABCA", "B") == ("A", "C", "A")
    assert lists.shared("CAB", "ABC", "BC") == ("C", "B")
    assert lists.same("ABA", "BA")
    assert not lists.same("A", "AB")
    assert lists.starting_with(["ErrA", "A"], "Err") == ("ErrA",)
    assert lists.all_but("A", "ABC") == ("B", "C")
    assert lists.tag_value(["x", "k:v"], "k") == "v"
    assert lists.tag_value(["k"], "k") == "k"
    assert lists.tag_value(["kk:v"], "k") is None


def test_schemas_are_compared() -> None:
    mine = {"Start": State(), "Exception": State(multi=True)}
    assert "Ready" in lists.lacking(mine, states.Basic)
    assert lists.lacking(states.Basic, mine) == ()
    one = {"A": State(add=["B", "C"]), "B": State(), "C": State()}
    other = {"C": State(), "B": State(), "A": State(add=["C", "B"])}
    assert lists.schema_hash(one) == lists.schema_hash(other)
    assert lists.schema_hash(one) != lists.schema_hash({**one, "B": State(auto=True)})


class TestConditions:
    def test_check(self, m: Machine) -> None:
        ready = Condition(is_=("A",), not_=("B",), any_=("M", "A"), clock={"M": 1})
        assert not ready.check(m)
        m.add("A", "M")
        assert ready.check(m)
        m.add("B")
        assert not ready.check(m)
        assert Condition().check(m)
        with pytest.raises(StateError, match="Nowhere"):
            Condition(is_=("Nowhere",)).check(m)

    def test_wait(self, m: Machine) -> None:
        ready = Condition(is_=("A",), not_=("B",))
        m.add("B")
        wait = ready.when(m)
        m.add("A")
        assert not wait.done
        m.remove("B")
        assert wait.matched
        assert ready.when(m).matched
        with pytest.raises(StateError):
            Condition(not_=("Nowhere",)).when(m)


class TestCombined:
    def test_all(self, m: Machine) -> None:
        wait = all_of(m.when("A"), m.when("B"))
        m.add("A")
        assert not wait.done
        m.remove("A")
        m.add("B")
        assert wait.matched
        assert all_of().matched
        assert len(m._waiting()) == 0

    def test_any(self, m: Machine) -> None:
        first, second = m.when("A"), m.when("B")
        wait = any_of(first, second)
        first.cancel()
        assert not wait.done
        m.add("B")
        assert wait.matched
        hopeless = any_of(m.when("A"), m.when_not("B"))
        m.dispose()
        assert hopeless.done
        assert not hopeless.matched

    def test_unless(self, m: Machine) -> None:
        wait = all_of(m.when("A"), unless=m.when_err())
        m.add_err("x")
        assert wait.done
        assert not wait.matched
        assert len(m._waiting()) == 0

    def test_cancel(self, m: Machine) -> None:
        mine = m.when("A")
        wait = all_of(mine, m.when("B"))
        wait.cancel()
        assert not mine.done
        assert len(m._waiting()) == 1, "only the one that is still held"

    def test_each_machine_of_a_group(self) -> None:
        group = [Machine({"Up": State()}) for _ in range(3)]
        wait = when_each(group, "Up")
        for machine in group:
            assert not wait.done
            machine.add("Up")
            machine.remove("Up")
        assert wait.matched
        with pytest.raises(StateError):
            when_each(group, "Nowhere")

    def test_awaited_and_given_up(self, m: Machine) -> None:
        async def main() -> bool:
            for _ in range(100):
                try:
                    async with asyncio.timeout(0):
                        await all_of(m.when("A"), m.when("B"))
                except TimeoutError:
                    pass
            threading.Timer(0.01, m.add, ["A", "B"]).start()
            async with asyncio.timeout(5):
                return await any_of(m.when("A"), m.when("B"))

        assert asyncio.run(main())
        assert all_of().matched
        gc.collect()
        assert len(m._waiting()) == 0

    def test_with_a_callback_it_lives_though_nobody_holds_it(self, m: Machine) -> None:
        seen: list[int] = []
        all_of(m.when("A"), m.when("B")).on_done(lambda: seen.append(1))
        gc.collect()
        m.add("A", "B")
        assert seen == [1]


class TestRequests:
    def test_sync_while_another_thread_drains(self, m: Machine) -> None:
        entered, go = threading.Event(), threading.Event()

        def hold(event: Event) -> None:
            entered.set()
            go.wait(5)

        m.bind_handlers({"MState": hold, "BEnter": lambda e: False})
        thread = threading.Thread(target=lambda: m.add("M"))
        thread.start()
        assert entered.wait(5)
        assert add_sync(m, "A", timeout=0.01).queued
        threading.Timer(0.02, go.set).start()
        assert add_sync(m, "B", timeout=5).canceled
        thread.join(5)
        assert m.is_("A")
        assert remove_sync(m, "A").executed

    def test_add_and_wait(self, m: Machine) -> None:
        m.bind_handlers({"AState": lambda e: e.machine.go(lambda: m.add("B"))})
        assert add_and_wait(m, "B", "A", timeout=5)
        m.bind_handlers({"MEnter": lambda e: False})
        assert not add_and_wait(m, "A", "M")
        assert len(m._waiting()) == 0

    def test_asking_first(self, m: Machine) -> None:
        m.bind_handlers({"AEnter": lambda e: "ok" in e.args, "AExit": lambda e: "ok" in e.args})
        recorder = Recorder()
        m.bind_tracer(recorder)
        assert ask_add(m, "A").canceled
        assert [tx.check for tx in recorder.txs] == [True]
        assert ask_add(m, "A", args={"ok": 1}).executed
        assert ask_remove(m, "A").canceled, "quirk: the original's AskRemove refuses the contrary"
        assert ask_remove(m, "A", args={"ok": 1}).executed

    def test_not_within_a_handler(self, m: Machine) -> None:
        m.bind_handlers({"AState": lambda e: add_sync(m, "B")})
        m.add("A")
        assert isinstance(m.err, MachineError)
        assert "wait for its own machine" in str(m.err)

    def test_retry(self, m: Machine) -> None:
        tries: list[int] = []

        def enter(event: Event) -> bool:
            tries.append(1)
            return len(tries) == 3

        m.bind_handlers({"AEnter": enter})
        assert retry(lambda: m.add("A"), delay=0.001).executed
        assert len(tries) == 3
        refused = retry(lambda: m.can_add("A"), attempts=2, delay=0)
        assert refused.executed
        m.bind_handlers({"BEnter": lambda e: False})
        assert retry(lambda: m.add("B"), attempts=3, delay=0).canceled
        assert retry(lambda: m.add("B"), attempts=99, delay=9, timeout=0.01).canceled

    def test_a_context_ends_the_retries(self, m: Machine) -> None:
        m.add("A")
        ctx = m.new_state_ctx("A")
        m.bind_handlers({"BEnter": lambda e: False})
        threading.Timer(0.02, m.remove, ["A"]).start()
        assert retry(lambda: m.add("B"), attempts=10**6, delay=30, timeout=60, ctx=ctx).canceled

    def test_healthcheck(self) -> None:
        machine = Machine(states.Basic)
        thread = healthcheck(machine, every=0.001)
        until(lambda: machine.tick("Healthcheck") > 4)
        machine.dispose()
        thread.join(5)
        assert not thread.is_alive()
        with pytest.raises(StateError):
            healthcheck(Machine({}))


class TestStateLoop:
    def test_it_lives_as_long_as_the_activation(self, m: Machine) -> None:
        m.add("M")
        rounds = []
        for number in StateLoop(m, "M"):
            rounds.append(number)
            if number == 2:
                m.add("M")
        assert rounds == [0, 1, 2]
        assert list(StateLoop(m, "A")) == []

    def test_one_that_spins_is_stopped(self, m: Machine) -> None:
        m.add("A")
        loop = StateLoop(m, "A", limit=10)
        assert len(list(loop)) == 10
        assert isinstance(m.err, LoopLimitError)
        assert loop.ctx.alive
        assert not loop.goes_on()

    def test_slow_ones_are_not(self, m: Machine) -> None:
        m.add("A")
        loop = StateLoop(m, "A", limit=2, per=0.0)
        assert all(loop.goes_on() for _ in range(100))


class TestQueueQueries:
    def test_what_waits(self, m: Machine) -> None:
        answers: list[object] = []

        def ask(event: Event) -> None:
            machine = event.machine
            assert machine.is_queued(MutationType.ADD, "B", position="first") is None
            machine.add("A", "B", args={"x": 1})
            machine.remove("M")
            machine.can_add("B")
            place = machine.is_queued(MutationType.ADD, "B")
            answers.append(place)
            answers.append(machine.is_queued(MutationType.ADD, "B", exactly=True))
            answers.append(machine.is_queued(MutationType.ADD, "B", without_args=True))
            answers.append(machine.is_queued(MutationType.ADD, "B", min_tick=99))
            answers.append(machine.is_queued(MutationType.ADD, "B", check=True))
            answers.append(machine.queued_count(MutationType.ADD, "B"))
            assert machine.will_be("A", "B")
            assert not machine.will_be("A", "B", position="last")
            assert machine.will_be_any("M", "A")
            assert not machine.will_be_any("M")
            assert machine.will_be_removed("M", position="last")
            assert not machine.will_be_removed("A")

        m.bind_handlers({"MState": ask})
        m.add("M")
        assert m.err is None
        assert answers == [(1, 3), None, None, None, (0, 0), 1]
        assert m.is_queued(MutationType.ADD, "A", position="last") is None
        with pytest.raises(StateError):
            m.will_be("Nowhere")


def test_clock_queries(m: Machine) -> None:
    m.add("M")
    m.add("M")
    assert m.is_clock({"M": 3, "A": 0})
    assert m.was_clock({"M": 2})
    assert not m.was_clock({"M": 2, "A": 1})
    assert m.is_time((0, 0, 3, 0))
    assert m.was_time((0, 0, 1, 0))
    assert m.switch("A", "M") == "M"
    assert m.switch("A", "B") == ""


def test_ticks() -> None:
    assert [next_active(tick) for tick in range(4)] == [1, 3, 3, 5]
    assert [next_inactive(tick) for tick in range(4)] == [2, 2, 4, 4]
    assert [activations(tick) for tick in range(5)] == [0, 1, 1, 2, 2]
    assert [is_active_tick(tick) for tick in range(3)] == [False, True, False]


def test_states_as_plain_data() -> None:
    state = State(auto=True, require="B", tags=["k:v"])
    data = state.to_dict()
    assert data == {"auto": True, "require": ["B"], "tags": ["k:v"]}
    again = Machine({"A": data, "B": {}}).schema["A"]
    assert again == state


def test_times() -> None:
    time = Time((1, 2, 0))
    assert time.filter([2, 0, 9]) == (0, 1, 0)
    assert time.non_zero() == (0, 1)
    assert time.is_before((2, 3, 1))
    assert not time.is_before((2, 2, 1))
    assert time.is_before((2, 2, 1), or_equal=True)


def test_a_transition_in_words() -> None:
    m = Machine({"A": State(require="B", remove="C"), "B": State(), "C": State()}, id="m")
    recorder = Recorder()
    m.bind_tracer(recorder)
    m.bind_handlers(
        {name: lambda e: None for name in ("CExit", "AEnter", "CA", "CEnd", "AState", "BB")}
    )
    m.add("B", "C")
    m.add("A")
    tx = recorder.txs[-1]
    assert tx.text().splitlines() == [
        f"tx#{tx.id}",
        "[add] A",
        "- called **A**",
        "- activate **A**",
        "- **A** require **B**",
        "- **A** remove **C**",
        "- deactivate **C**",
        "- **A** require **B**",
        "- handler **C**Exit",
        "- handler **A**Enter",
        "- handler **B** to itself",
        "- handler **C****A**",
        "- handler **C**End",
        "- handler **A**State",
    ]
    assert tx.names(tx.added) == ["A"]
    assert tx.names(tx.removed) == ["C"]
    assert tx.names(tx.touched) == ["A", "B", "C"]
    assert tx.clock_before() == {"A": 0, "B": 1, "C": 1, "Exception": 0}
    assert tx.clock_after() == {"A": 1, "B": 1, "C": 2, "Exception": 0}
    assert step_text((2, "Any", "Any", 5, None), m.state_names) == "handler **Any**State"
    nested = Machine({"X": State()})
    source = Recorder()
    nested.bind_tracer(source)
    m.bind_handlers({"CState": lambda e: nested.add("X")})
    m.remove("A")
    m.add("C")
    assert f"source: m/{recorder.txs[-1].id}/t" in source.txs[0].text()


def test_results_of_helpers_are_typed() -> None:
    """They say so to type checkers, too: this file is checked strictly."""
    machine = Machine({"A": State()})
    result: Result = add_sync(machine, "A")
    wait: Subscription = when_each([machine], "A")
    assert result.executed
    assert wait.matched
