"""The kernel's speed, as ratios to two other state machine libraries in the same run.

Run: ``python -m benchmarks.kernel [--seconds S]``. Each figure is the median of 5 rounds, in
transitions per second of CPU time; the rounds of all candidates take turns, so that a busy computer
slows all of them alike. Needs ``transitions`` and ``python-statemachine`` (the ``bench`` extra).
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import sys
import tracemalloc
from collections.abc import Callable
from time import process_time
from typing import Any

import statemachine
import transitions

from asyncmachine import Event, Machine, State, Subscription, Tracer, Transition
from benchmarks.exporter import recorder
from telemetry import bind_dbg

ROUNDS = 5
RING = [f"S{i}" for i in range(10)]

Work = Callable[[int], None]
"""Carries out about so many transitions."""


class EveryHook(Tracer):
    """Overrides hooks without doing anything in them."""

    def transition_end(self, tx: Transition) -> None:
        """Do nothing."""

    def mutation_queued(self, machine: Machine, mutation: Any) -> None:
        """Do nothing."""


def told(event: Event) -> None:
    """A handler that does nothing."""


# -- two states, back and forth


def toggle(machine: Machine) -> Work:
    add, remove = machine.add, machine.remove

    def work(count: int) -> None:
        for _ in range(count // 2):
            add("On")
            remove("On")

    return work


def exclusive(machine: Machine) -> Work:
    add = machine.add

    def work(count: int) -> None:
        for _ in range(count // 2):
            add("On")
            add("Off")

    return work


def exclusive_machine() -> Machine:
    return Machine({"On": State(remove="Off"), "Off": State(remove="On")})


def toggle_transitions() -> Work:
    class Model:
        on: Callable[[], bool]
        off: Callable[[], bool]

    model = Model()
    transitions.Machine(
        model,
        states=["Off", "On"],
        initial="Off",
        transitions=[["on", "Off", "On"], ["off", "On", "Off"]],
    )

    def work(count: int) -> None:
        for _ in range(count // 2):
            model.on()
            model.off()

    return work


def toggle_statemachine() -> Work:
    class Switch(statemachine.StateMachine):
        off = statemachine.State(initial=True)
        on = statemachine.State()
        turn_on = off.to(on)
        turn_off = on.to(off)

    switch = Switch()

    def work(count: int) -> None:
        for _ in range(count // 2):
            switch.turn_on()
            switch.turn_off()

    return work


# -- a ring of ten


def ring_machine() -> Machine:
    return Machine({name: State(remove=[n for n in RING if n != name]) for name in RING})


def ring(machine: Machine) -> Work:
    add = machine.add

    def work(count: int) -> None:
        for _ in range(count // len(RING)):
            for name in RING:
                add(name)

    return work


def ring_handlers() -> Work:
    machine = ring_machine()
    machine.bind_handlers({f"{name}State": told for name in RING})
    return ring(machine)


def ring_traced() -> Work:
    machine = ring_machine()
    machine.bind_handlers({f"{name}State": told for name in RING})
    machine.bind_tracer(EveryHook())
    return ring(machine)


def ring_exported(addr: str) -> Work:
    """CPU time is that of the whole process, so it waits for the sender's thread to be done."""
    machine = ring_machine()
    machine.bind_handlers({f"{name}State": told for name in RING})
    exporter = bind_dbg(machine, addr)
    turn = ring(machine)

    def work(count: int) -> None:
        turn(count)
        exporter.flush(10)

    return work


def ring_transitions(callback: bool) -> Work:
    class Model:
        next_state: Callable[[], bool]

        def entered(self) -> None:
            """Do nothing."""

    model = Model()
    on_enter = "entered" if callback else None
    states = [transitions.State(name, on_enter=on_enter) for name in RING]
    machine = transitions.Machine(model, states=states, initial=RING[0])
    machine.add_ordered_transitions()

    def work(count: int) -> None:
        for _ in range(count):
            model.next_state()

    return work


# -- a large schema


def large() -> Work:
    """100 states, 200 relations, 30 auto states, under random mutations: plans are mostly new."""
    rng = random.Random(1)
    names = [f"State{i}" for i in range(100)]
    relations: dict[str, dict[str, list[str]]] = {name: {} for name in names}
    for _ in range(200):
        source, target = rng.sample(names, 2)
        kind = rng.choice(["require", "add", "remove", "after"])
        relations[source].setdefault(kind, []).append(target)
    autos = set(rng.sample(names, 30))
    schema: dict[str, State] = {
        name: State(auto=name in autos, **fields)  # type: ignore[arg-type]
        for name, fields in relations.items()
    }
    machine = Machine(schema, strict=False)

    def work(count: int) -> None:
        for _ in range(count):
            rng.choice((machine.add, machine.remove))(*rng.sample(names, 2))

    return work


# -- measuring


def rounds(candidates: dict[str, Work], seconds: float) -> dict[str, float]:
    """Transitions per second of CPU time, by candidate: the median of the rounds."""
    counts = {}
    for name, work in candidates.items():
        work(1000)
        start = process_time()
        work(1000)
        counts[name] = max(1000, int(1000 * seconds / (process_time() - start)))
    rates: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(ROUNDS):
        for name, work in candidates.items():
            gc.collect()
            start = process_time()
            work(counts[name])
            rates[name].append(counts[name] / (process_time() - start))
    return {name: statistics.median(found) for name, found in rates.items()}


def memory(make: Callable[[], Any], count: int) -> float:
    """Bytes that one of ``count`` things keeps."""
    gc.collect()
    tracemalloc.start()
    kept = [make() for _ in range(count)]
    gc.collect()
    size, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size / len(kept)


def called_back(machine: Machine) -> Subscription:
    """A wait that does something when it is over."""
    wait = machine.when_not("On")
    wait.on_done(gc.collect)
    return wait


def show(rates: dict[str, float], peers: dict[str, str], budgets: dict[str, float]) -> bool:
    """Print a table with ratios to the peers; whether the budgets are kept."""
    kept = True
    for name, rate in rates.items():
        line = f"{name:40} {rate:12,.0f}/s"
        for peer, label in peers.items():
            if name != peer:
                ratio = rate / rates[peer]
                line += f"  {ratio:7.1f}x {label}"
                budget = budgets.get(f"{name} {label}")
                if budget is not None:
                    met = ratio >= budget
                    kept = kept and met
                    line += f" (budget {budget:g}x: {'kept' if met else 'MISSED'})"
        print(line)
    return kept


def main() -> int:
    """Print all figures; 1 when a budget is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.2, help="CPU seconds a round")
    seconds = parser.parse_args().seconds
    traced = exclusive_machine()
    traced.bind_tracer(EveryHook())
    collecting = exclusive_machine()
    collecting.bind_tracer(EveryHook())
    collecting.collect_log(3)
    print("two states, no handlers")
    kept = show(
        rounds(
            {
                "transitions": toggle_transitions(),
                "python-statemachine": toggle_statemachine(),
                "toggle": toggle(Machine({"On": State()})),
                "exclusive": exclusive(exclusive_machine()),
                "exclusive, no-op tracer": exclusive(traced),
                "exclusive, no-op tracer, log kept": exclusive(collecting),
            },
            seconds,
        ),
        {"transitions": "transitions", "python-statemachine": "python-statemachine"},
        {"toggle transitions": 4, "toggle python-statemachine": 40},
    )
    print("\nring of 10 states, each removes the others")
    with recorder() as addr:
        rates = rounds(
            {
                "transitions, no callback": ring_transitions(callback=False),
                "transitions, one callback": ring_transitions(callback=True),
                "ring": ring(ring_machine()),
                "ring, a handler each": ring_handlers(),
                "ring, a handler each, no-op tracer": ring_traced(),
                "ring, a handler each, dbg exporter": ring_exported(addr),
            },
            seconds,
        )
    kept &= show(
        rates,
        {"transitions, one callback": "transitions"},
        {"ring, a handler each transitions": 3},
    )
    print("\n100 states, 200 relations, 30 auto, random mutations")
    show(rounds({"random": large()}, seconds), {}, {})
    print("\nmemory")
    machine = Machine({"On": State()})
    machine.add("On")
    sizes = {
        "a machine of 2 states": memory(exclusive_machine, 200),
        "a machine of 10 states": memory(ring_machine, 200),
        "a pending when()": memory(lambda: machine.when_not("On"), 2000),
        "a pending when_args()": memory(lambda: machine.when_args("On", {"x": 1}), 2000),
        "a pending when(), a callback on it": memory(lambda: called_back(machine), 2000),
    }
    for name, size in sizes.items():
        print(f"{name:40} {size:12,.0f} bytes")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
