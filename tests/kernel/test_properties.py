"""What holds for every machine, whatever its schema and whatever is asked of it."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from asyncmachine import Event, Machine, State, Tracer, Transition

NAMES = ("A", "B", "C", "D", "E", "F")
OPS = ("add", "remove", "set", "toggle", "can_add", "can_remove", "add_err")

some_names = st.lists(st.sampled_from(NAMES), max_size=3, unique=True)


@st.composite
def states(draw: st.DrawFn) -> State:
    return State(
        auto=draw(st.integers(0, 4)) == 0,
        multi=draw(st.integers(0, 4)) == 0,
        require=draw(some_names) if draw(st.booleans()) else (),
        add=draw(some_names) if draw(st.booleans()) else (),
        remove=draw(some_names) if draw(st.booleans()) else (),
        after=draw(some_names),
    )


schemas = st.fixed_dictionaries({name: states() for name in NAMES})
operations = st.lists(st.tuples(st.sampled_from(OPS), some_names), max_size=12)
handlers = st.dictionaries(
    st.sampled_from([n + s for n in NAMES for s in ("Enter", "Exit", "State", "End")] + ["AB"]),
    st.tuples(st.sampled_from(["refuse", "fail", *OPS]), some_names),
    max_size=5,
)


class Invariants(Tracer):
    """Checks each transition as it ends, and adds up the differences."""

    def __init__(self) -> None:
        self.clock: list[int] = []
        self.problems: list[str] = []
        self.queue_ticks = 0

    def transition_end(self, tx: Transition) -> None:
        machine = tx.machine
        if not self.clock:
            self.clock = list(tx.before)
        if list(tx.before) != self.clock:
            self.problems.append(f"{tx} begins elsewhere")
        for state, added in tx.changed:
            if added <= 0:
                self.problems.append(f"{tx}: a clock fell")
            self.clock[state] += added
        if tuple(self.clock) != tx.after or tx.after != machine.time():
            self.problems.append(f"{tx}: differences don't add up")
        self.queue_ticks += tx.mutation.queue_tick > 0
        if tx.check or not tx.accepted:
            if tx.check and tx.changed:
                self.problems.append(f"{tx}: a check changed something")
            return
        self._relations(tx)

    def _relations(self, tx: Transition) -> None:
        machine = tx.machine
        active = machine.active_states()
        odd = {name for name, tick in machine.clock().items() if tick & 1}
        if odd != set(active) or len(active) != len(set(active)):
            self.problems.append(f"{tx}: odd isn't active")
        for name in active:
            for other in machine.schema[name].require:
                if other not in active:
                    self.problems.append(f"{tx}: {name} without {other}")
            if any(name in state.add for state in machine.schema.values()):
                continue  # what a second-level Add brings along removes nobody: the vectors have it
            for other in machine.schema[name].remove:
                if other in active and name not in machine.schema[other].remove:
                    self.problems.append(f"{tx}: {other} beside {name}")


def call(machine: Machine, op: str, names: list[str]) -> Any:
    if op == "add_err":
        return machine.add_err("e", *names[:1])
    return getattr(machine, op)(*names)


def build(schema: dict[str, State]) -> tuple[Machine, Invariants]:
    invariants = Invariants()
    machine = Machine(schema, strict=False, queue_limit=50)
    machine.bind_tracer(invariants)
    invariants.clock = list(machine.time())
    return machine, invariants


@settings(max_examples=150, deadline=None)
@given(schemas, operations)
def test_relations_hold(schema: dict[str, State], ops: list[tuple[str, list[str]]]) -> None:
    machine, invariants = build(schema)
    first = machine.queue_tick
    for op, names in ops:
        call(machine, op, names)
    assert invariants.problems == []
    assert machine.queue_tick == first + invariants.queue_ticks
    assert tuple(invariants.clock) == machine.time()
    assert machine.queue_len == 0


@settings(max_examples=150, deadline=None)
@given(schemas, operations, handlers)
def test_clocks_add_up_whatever_handlers_do(
    schema: dict[str, State],
    ops: list[tuple[str, list[str]]],
    specs: dict[str, tuple[str, list[str]]],
) -> None:
    machine, invariants = build(schema)
    budget = [15]

    def handler(do: str, names: list[str]) -> Any:
        def run(event: Event) -> bool:
            budget[0] -= 1
            if budget[0] < 0:
                return True
            if do == "fail":
                raise ValueError("boom")
            if do != "refuse":
                call(machine, do, names)
            return do != "refuse"

        return run

    machine.bind_handlers({name: handler(*spec) for name, spec in specs.items()})
    for op, names in ops:
        call(machine, op, names)
    failed = [p for p in invariants.problems if "without" not in p and "beside" not in p]
    assert failed == []
    assert tuple(invariants.clock) == machine.time()
    odd = {name for name, tick in machine.clock().items() if tick & 1}
    assert odd == set(machine.active_states())
    assert machine.queue_len == 0
    assert machine.add().executed or machine.err is not None


@settings(max_examples=100, deadline=None)
@given(schemas, operations)
def test_tracers_change_nothing(schema: dict[str, State], ops: list[tuple[str, list[str]]]) -> None:
    """The paths for watched and unwatched machines agree, with a handler and without."""
    traced, _invariants = build(schema)
    assume(traced.err is None)  # binding the first handlers would add that error again
    plain = Machine(schema, strict=False)
    handled = Machine(schema, strict=False)
    told: list[str] = []
    handled.bind_handlers({f"{name}State": lambda e: told.append(e.name) for name in NAMES})
    traced.collect_log(5)
    for op, names in ops:
        results = {int(call(m, op, names)) for m in (traced, plain, handled)}
        assert len(results) == 1
        assert traced.time() == plain.time() == handled.time()
        assert traced.active_states() == plain.active_states() == handled.active_states()
        assert traced.queue_tick == plain.queue_tick == handled.queue_tick
