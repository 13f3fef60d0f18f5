"""A long soak: ``python -m tests.kernel.soak --seconds 600``.

One random machine after the other, mutated by several threads at once, with handlers that refuse,
fail and mutate, waits that come and go, and tracers. Checks the invariants of test_properties on
every transition, that every mutation is accounted for, that nobody is left waiting, and that memory
doesn't grow. Prints the figures, exits with 1 at the first problem.
"""

from __future__ import annotations

import argparse
import gc
import random
import resource
import sys
import threading
import time
from typing import Any

from asyncmachine import Event, Machine, State
from tests.kernel.test_properties import NAMES, OPS, Invariants, call

THREADS = 4
EACH = 500
MIB = 1024


def random_schema(rng: random.Random) -> dict[str, State]:
    """Six states with random relations."""
    return {
        name: State(
            auto=rng.random() < 0.2,
            multi=rng.random() < 0.2,
            **{
                relation: rng.sample(NAMES, rng.choice((0, 0, 1, 2)))
                for relation in ("require", "add", "remove", "after")
            },
        )
        for name in NAMES
    }


def random_handlers(rng: random.Random) -> dict[str, Any]:
    """A few handlers that do something in a tenth of their calls."""

    def handler(do: str, names: list[str]) -> Any:
        def run(event: Event) -> bool:
            if rng.random() > 0.1:
                return True
            if do == "fail":
                raise ValueError("boom")
            if do != "refuse":
                call(event.machine, do, names)
            return do != "refuse"

        return run

    names = [n + s for n in NAMES for s in ("Enter", "Exit", "State", "End")]
    return {
        name: handler(rng.choice(("refuse", "fail", *OPS)), rng.sample(NAMES, 2))
        for name in rng.sample(names, 4)
    }


def mutate(machine: Machine, seed: int, errors: list[BaseException]) -> None:
    """One thread's share."""
    rng = random.Random(seed)
    try:
        for _ in range(EACH):
            call(machine, rng.choice(OPS), rng.sample(NAMES, rng.randrange(3)))
            wait = machine.when(rng.choice(NAMES))
            if rng.random() < 0.5:
                wait.cancel()
    except BaseException as error:
        errors.append(error)


def one(seed: int) -> tuple[int, list[str]]:
    """One machine's life: transitions, problems."""
    rng = random.Random(seed)
    invariants = Invariants()
    machine = Machine(random_schema(rng), strict=False, queue_limit=100)
    machine.bind_handlers(random_handlers(rng))
    invariants.clock = list(machine.time())
    first = machine.queue_tick
    machine.bind_tracer(invariants)
    errors: list[BaseException] = []
    threads = [
        threading.Thread(target=mutate, args=(machine, seed * THREADS + n, errors))
        for n in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    problems = [str(error) for error in errors]
    problems += [p for p in invariants.problems if "without" not in p and "beside" not in p]
    if any(thread.is_alive() for thread in threads) or not machine.when_queue_ends().wait(10):
        problems.append("stuck")
    if machine.queue_tick != first + invariants.queue_ticks:
        problems.append(f"queue tick {machine.queue_tick}, ran {invariants.queue_ticks}")
    if tuple(invariants.clock) != machine.time():
        problems.append("clocks differ from the sum of changes")
    machine.dispose()
    if machine._subscriptions is not None and len(machine._subscriptions):
        problems.append("somebody is left waiting")
    return sum(invariants.clock), [f"seed {seed}: {problem}" for problem in problems]


def main() -> int:
    """Run until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start = time.monotonic()
    seed, ticks, early = options.seed, 0, 0
    while time.monotonic() - start < options.seconds:
        added, problems = one(seed)
        ticks += added
        seed += 1
        if problems:
            sys.stdout.write("\n".join(problems[:20]) + "\n")
            return 1
        if seed - options.seed == 20:
            gc.collect()
            early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    machines = seed - options.seed
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(
        f"{machines} machines, {machines * THREADS * EACH} mutations, {ticks} ticks, no problem; "
        f"peak {peak / MIB:.0f} MiB, {early / MIB:.0f} MiB after 20 machines\n"
    )
    return 1 if early and peak > early + 100 * MIB else 0


if __name__ == "__main__":
    sys.exit(main())
