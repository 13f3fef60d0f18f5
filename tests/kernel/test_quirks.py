"""Defects of the original that this kernel doesn't have, a test each, named after them.

The numbers are the rows of "Defects of the original" in docs/kernel.md; rows that the recorded
behaviour decides the other way are tested as they are, and say so.
"""

from __future__ import annotations

import threading

import pytest

from asyncmachine import (
    BindingError,
    Event,
    LoopLimitError,
    Machine,
    MutationType,
    NestedEvalError,
    SchemaError,
    State,
    Subscription,
    lists,
    pipes,
    step_text,
)
from tests.kernel.support import Recorder, until


def boom(event: Event) -> None:
    raise ValueError("boom")


def lines(recorder: Recorder, at: int = -1) -> list[str]:
    tx = recorder.txs[at]
    return [record.text() for record in (*tx.pre_log_entries, *tx.log_entries)]


def test_01_order_of_auto_states_is_random() -> None:
    """Here: that of the names; of two that exclude each other the first always wins."""
    names = ["Z", "Y", "X", "A"]
    schema = {n: State(auto=True, remove=lists.all_but(n, names)) for n in names}
    for _ in range(20):
        m = Machine({"Go": State(), **schema})
        recorder = Recorder()
        m.bind_tracer(recorder)
        m.add("Go")
        assert m.active_states() == ("Z", "Go")
        assert recorder.txs[1].names(recorder.txs[1].called) == names


def test_02_roots_of_the_require_order_are_random() -> None:
    """Here: the order of the names, whatever order a schema is written in."""
    names = ["A", "B", "C", "D", "E", "F"]
    schema = {
        "A": State(require="B"),
        "C": State(require="D"),
        "E": State(require="F"),
        **{n: State() for n in "BDF"},
    }
    orders = set()
    for start in range(len(names)):
        turned = {n: schema[n] for n in (*names[start:], *names[:start])}
        m = Machine(turned, names=[*names, "Exception"])
        m.add(*reversed(names))
        orders.add(m.active_states())
    assert orders == {("B", "A", "D", "C", "F", "E")}


def test_03_lists_in_the_log_are_in_random_order() -> None:
    """Here: rejected states in the order of rejection, argument names sorted."""
    m = Machine({n: State(require="Z") for n in "CAB"} | {"Z": State()})
    recorder = Recorder()
    m.bind_tracer(recorder)
    m.collect_log(3)
    wait = m.when_args("C", {"z": 1, "a": 2, "m": 3})
    m.add("C", "A", "B")
    assert "[reject] C(-Z) A(-Z) B(-Z)" in lines(recorder)
    assert "[whenArgs:new] C (a,m,z)" in lines(recorder)
    assert not wait.done
    assert lists.unique(["C", "A", "C"]) == ("C", "A"), "also without duplicates in the list"


def test_04_an_auto_state_that_refuses_to_go_crashes_the_caller() -> None:
    """Here: the automatic transition is canceled, for the state would have to stay."""
    late = State(auto=True, require="Late", remove="X")
    m = Machine({"Go": State(), "X": State(auto=True), "Y": late, "Late": State()})
    m.bind_handlers({"XExit": lambda e: False})
    m.add("Go")
    recorder = Recorder()
    m.bind_tracer(recorder)
    assert m.add("Late").executed
    assert m.is_("Go", "X", "Late")
    assert m.not_("Y")
    assert [tx.accepted for tx in recorder.txs] == [True, False]


def test_05_dropping_in_the_self_loop_skips_the_next_state() -> None:
    """Kept: the vectors show it. QQ isn't asked after PP has refused."""
    late = State(auto=True, require="Late")
    schema = {"Go": State(), "P": State(auto=True), "Q": State(auto=True), "X": late}
    m = Machine({**schema, "Late": State()})
    m.add("Go")
    asked: list[str] = []

    def self_handler(event: Event) -> bool:
        if event.transition.auto:
            asked.append(event.name)
        return not event.transition.auto or event.name != "PP"

    m.bind_handlers({n + n: self_handler for n in ("P", "Q", "Go", "Late")})
    m.add("Late")
    assert asked == ["PP", "GoGo", "LateLate"]
    assert m.is_("P", "Q", "X"), "dropping what is active already has no effect"


def test_06_a_failed_final_phase_is_rolled_back_twice() -> None:
    """Kept: the vectors show it. A called multi state that stays ticks by 2, twice."""
    m = Machine({"M": State(multi=True), "A": State()})
    m.bind_handlers({"AState": boom})
    m.add("M", "A")
    assert m.tick("M") == 5
    assert m.tick("A") == 2


def test_07_an_error_in_an_exception_transition_ends_all_handlers() -> None:
    """Here: it is logged as any, and handlers go on being called."""
    m = Machine({"A": State()})
    called: list[str] = []
    m.bind_handlers({"ExceptionState": boom, "AState": lambda e: called.append("AState")})
    m.add_err("first")
    assert m.add("A").executed
    assert called == ["AState"]


def test_08_waits_are_not_asked_after_a_failed_final_phase() -> None:
    """Here they are. What ``after`` says is what clocks are then; ``committed`` what they were."""
    m = Machine({"A": State(), "B": State(remove="A")})
    m.add("A")
    m.bind_handlers({"AEnd": boom})
    recorder = Recorder()
    m.bind_tracer(recorder)
    here, tick = m.when("B"), m.when_time("B", 1)
    assert m.add("B").canceled
    assert here.matched
    assert tick.matched
    assert recorder.txs[0].after == (2, 1, 0)
    assert not recorder.txs[0].accepted


def test_09_a_query_with_a_context_raises() -> None:
    m = Machine({"A": State(), "B": State()})
    m.add("A")
    wait = m.when_query(lambda clock: clock["B"] > 0, ctx=m.new_state_ctx("A"))
    m.add("B")
    assert wait.matched
    other = m.when_query(lambda clock: clock["B"] > 9, ctx=m.new_state_ctx("A"))
    m.remove("A")
    assert other.done
    assert not other.matched


def test_10_an_expired_context_releases_a_foreign_waiter() -> None:
    m = Machine({"A": State(), "B": State(), "C": State()})
    m.add("C")
    both, foreign = m.when("A", "B", ctx=m.new_state_ctx("C")), m.when("A")
    m.remove("C")
    assert both.done
    assert not both.matched
    assert not foreign.done
    m.add("A")
    assert foreign.matched


def test_11_set_schema_freezes_the_clock_of_the_waits() -> None:
    m = Machine({"A": State()})
    ticks, query = m.when_ticks("A", 1), m.when_query(lambda clock: clock["A"] == 1)
    m.set_schema({"New": State(), "A": State(), "Exception": State(multi=True)})
    later = m.when_time("A", 1)
    m.add("A")
    assert ticks.matched
    assert query.matched
    assert later.matched
    assert m.new_state_ctx("A").tick == 1


def test_12_options_for_deadline_and_backoff_are_ignored() -> None:
    stuck = threading.Event()
    m = Machine(
        {"A": State(), "B": State()},
        handler_timeout=0.01,
        handler_thread=True,
        handler_deadline=0.01,
        handler_backoff=0.05,
    )
    m.bind_handlers({"AState": lambda e: stuck.wait(30)})
    try:
        assert m.add("A").canceled
        assert m.is_err()
        assert m.backoff()
        assert m.add("B").canceled
        until(lambda: not m.backoff())
        assert m.add("B").executed
    finally:
        stuck.set()
        m.dispose()


def test_13_a_duplicate_answers_executed_though_nothing_ran() -> None:
    """Kept: recorded behaviour shows it; a counter-mutation in between is ignored."""
    m = Machine({"A": State(), "B": State()})
    answers: list[str] = []

    def nested(event: Event) -> None:
        answers.extend(str(r) for r in (m.add("B"), m.remove("B"), m.add("B")))

    m.bind_handlers({"AState": nested})
    m.add("A")
    assert answers == ["queued at 3", "queued at 4", "executed"]
    assert m.not_("B")


def test_14_waiting_for_the_queue_is_not_woken_by_canceled_mutations() -> None:
    m = Machine({"A": State(), "B": State()})
    waits: list[Subscription] = []
    m.bind_handlers(
        {
            "AState": lambda e: waits.append(m.when_queue(m.add("B").tick)),
            "BEnter": lambda e: False,
        }
    )
    m.add("A")
    assert waits[0].matched


def test_15_events_never_say_that_they_are_checks() -> None:
    m = Machine({"A": State()})
    seen: list[bool] = []
    m.bind_handlers({"AEnter": lambda e: seen.append(e.is_check)})
    m.can_add("A")
    m.add("A")
    assert seen == [True, False]


def test_16_events_lose_their_machine() -> None:
    m = Machine({"A": State()}, id="m")
    events: list[Event] = []

    def keep(event: Event) -> None:
        assert event.is_valid()
        events.append(event)

    m.bind_handlers({"AState": keep})
    m.add("A")
    event = events[0]
    assert event.machine is m
    assert (event.machine_id, event.as_source().machine_id) == ("m", "m")
    assert not event.is_valid(), "it is over"


def test_17_detaching_hangs_and_errors_that_are_text_get_lost() -> None:
    m = Machine({"A": State()})
    binding = m.bind_handlers({"AState": boom}, id="mine")
    m.detach_handlers("mine")
    with pytest.raises(BindingError, match="not bound"):
        m.detach_handlers(binding)
    assert m.add("A").executed
    m.add_err("just text")
    assert str(m.err) == "just text"


def test_18_set_passes_the_backoff() -> None:
    """Here all mutations are refused alike, whatever handler or thread they come from."""
    m = Machine({"A": State()})
    m._backoff_until = float("inf")
    m._set_plain()
    for mutate in (m.add, m.remove, m.set, m.toggle, m.can_add, m.can_remove):
        assert mutate("A").canceled
    assert m.add_err("x").canceled


def test_19_handler_names_collide() -> None:
    """Here names are parsed; what can be read in two ways is refused, and decorators say which."""
    m = Machine({n: State() for n in ("A", "BC", "AB", "C", "AState")})
    with pytest.raises(BindingError, match="ambiguous"):
        m.bind_handlers({"ABC": boom})
    # A pair whose second state ends in State is asked, not told.
    m.bind_handlers({"CAState": lambda e: False})
    m.add("C")
    assert m.add("AState").canceled


def test_20_percent_signs_in_arguments_are_formats() -> None:
    m = Machine({"A": State()})
    recorder = Recorder()
    m.bind_tracer(recorder)
    m.collect_log(3)
    m.add("A", args={"name": "100% done %d"})
    assert "[state] +A (name=100% done %d)" in lines(recorder)


def test_21_a_check_with_a_multi_state_ignores_relations() -> None:
    """Kept: the vectors show it."""
    m = Machine({"M": State(multi=True), "A": State(require="B"), "B": State()})
    assert m.can_add("A").canceled
    assert m.can_add("A", "M").executed
    assert m.add("A", "M").canceled


def test_22_implied_states_go_two_levels_deep() -> None:
    """Kept."""
    m = Machine({"A": State(add="B"), "B": State(add="C"), "C": State(add="D"), "D": State()})
    m.add("A")
    assert m.active_states() == ("C", "A", "B")


def test_23_after_compares_neighbours_only() -> None:
    """Kept."""
    m = Machine({"X": State(after="Y"), "Y": State(), "Z": State()})
    m.add("X", "Z", "Y")
    assert m.active_states() == ("X", "Z", "Y")


def test_24_unknown_states_stay_in_require() -> None:
    """Kept, for schemas taken as they are: such a state can never be active."""
    m = Machine({"A": State(require="Nowhere")}, strict=False)
    assert m.add("A").canceled
    with pytest.raises(SchemaError, match="Nowhere"):
        Machine({"A": State(require="Nowhere")})


def test_25_removing_what_is_inactive_runs_nothing_in_a_transition() -> None:
    """Kept: executed at once when the queue is empty; outside, a transition runs."""
    m = Machine({"A": State(), "B": State()})
    recorder = Recorder()
    m.bind_tracer(recorder)
    answers: list[str] = []
    m.bind_handlers({"AState": lambda e: answers.append(str(m.remove("B")))})
    m.add("A")
    assert answers == ["executed"]
    assert len(recorder.txs) == 1
    m.remove("B")
    assert len(recorder.txs) == 2


def test_26_queue_ticks_are_handed_out_twice_after_a_deadline() -> None:
    stuck, entered = threading.Event(), threading.Event()
    m = Machine(
        {"A": State(), "B": State()},
        handler_timeout=0.02,
        handler_thread=True,
        handler_deadline=0.1,
        handler_backoff=0,
    )

    def hold(event: Event) -> None:
        entered.set()
        stuck.wait(30)

    m.bind_handlers({"AState": hold})
    thread = threading.Thread(target=lambda: m.add("A"))
    thread.start()
    try:
        assert entered.wait(5)
        lost = m.add("B")
        assert lost.queued
        released = m.when_queue(lost.tick)
        thread.join(10)
        assert released.wait(5), "whoever waits for a lost one is released"
        ticks: list[int] = []
        m.bind_handlers({"BState": lambda e: ticks.append(m.add("A").tick)})
        m.detach_handlers(m.handlers[0])
        m.add("B")
        assert ticks[0] > lost.tick
    finally:
        stuck.set()
        m.dispose()


def test_27_waiting_for_arguments_shares_a_stricter_waiter() -> None:
    m = Machine({"A": State(), "C": State()})
    m.add("C")
    strict = m.when_args("A", {"x": 1, "y": 2})
    loose = m.when_args("A", {"x": 1}, ctx=m.new_state_ctx("C"))
    m.add("A", args={"x": 1})
    assert loose.matched
    assert not strict.done
    late = m.when_args("A", {"x": 1}, ctx=m.new_state_ctx("C"))
    m.remove("C")
    assert late.done, "the context is not ignored"


# -- defects told of elsewhere in the reference


def test_steps_without_a_relation_read_as_after() -> None:
    m = Machine({"A": State(), "B": State()})
    m.bind_handlers({"AB": lambda e: None})
    recorder = Recorder()
    m.bind_tracer(recorder)
    m.add("A")
    m.add("B")
    assert step_text(recorder.txs[-1].steps[-1], m.state_names) == "handler **A****B**"


def test_a_handler_that_is_none_fails_when_called() -> None:
    m = Machine({"A": State()})
    m.bind_handlers({"AState": None, "AEnter": lambda e: True})
    assert m.add("A").executed
    with pytest.raises(BindingError, match="can't be called"):
        m.bind_handlers({"AState": 42})


def test_looking_at_the_first_of_an_empty_queue_crashes() -> None:
    m = Machine({"A": State()})
    assert m.is_queued(MutationType.ADD, "A", position="first") is None


def test_a_context_of_an_inactive_state_lives() -> None:
    m = Machine({"A": State()})
    assert m.new_state_ctx("A").done


def test_an_auto_state_that_always_fails_spins() -> None:
    m = Machine({"Go": State(), "X": State(auto=True)})
    m.bind_handlers({"XEnter": boom})
    m.add("Go")
    assert isinstance(m.err, LoopLimitError)
    assert m.add("Exception").executed


def test_a_refused_set_schema_has_replaced_the_schema() -> None:
    m = Machine({"A": State()})
    new = {"A": State(), "B": State(), "Exception": State()}
    before = m.schema
    with pytest.raises(SchemaError):
        m.set_schema(new, names=["A", "B"])
    assert m.schema is before
    assert m.state_names == ("A", "Exception")


def test_a_query_outlives_its_machine() -> None:
    m = Machine({"A": State()})
    wait = m.when_query(lambda clock: False)
    m.dispose()
    assert wait.done


def test_the_end_of_the_parent_is_noticed_with_handlers_only() -> None:
    parent = Machine({}, id="parent")
    child = Machine({"A": State()}, parent=parent)
    grandchild = Machine({"A": State()}, parent=child)
    asked = Machine({"Disposing": State()}, parent=parent)
    parent.dispose()
    assert child.disposed
    assert grandchild.disposed
    assert asked.is_("Disposing")
    assert not asked.disposed


def test_import_deadlocks_when_restored_is_a_state() -> None:
    old = Machine({"MachineRestored": State(), "A": State()}, id="m")
    old.add("A")
    new = Machine({"MachineRestored": State(), "A": State()}, id="m")
    new.import_(old.export_())
    assert new.is_("A", "MachineRestored")


def test_a_nested_eval_goes_ahead() -> None:
    m = Machine({"A": State()})
    m.bind_handlers({"AState": lambda e: m.eval(lambda: None)})
    m.add("A")
    assert isinstance(m.err, NestedEvalError)


def test_bind_any_never_removes() -> None:
    schema = {"A": State(), "B": State()}
    source, target = Machine(schema), Machine(schema)
    pipes.bind_any(source, target)
    source.add("A", "B")
    source.remove("B")
    assert target.active_states() == ("A",)


def test_matches_of_several_states_are_split_at_commas() -> None:
    """The line is as it was (joined by spaces); the note that goes with it has the indexes."""
    m = Machine({"A": State(), "B": State()})
    recorder = Recorder()
    m.bind_tracer(recorder)
    m.collect_log(3)
    wait = m.when("A", "B")
    m.add("A", "B")
    m.add("A")
    assert wait.matched
    assert "[when:match] A B" in lines(recorder)
    assert [(n.op, n.states) for n in recorder.notes] == [("new", (0, 1)), ("match", (0, 1))]
