"""The dbg exporter: what it costs the machine's thread, and the program as a whole.

Three machines in one process take turns: unbound, bound without a listener, bound with a recorder
(a process of its own). Budget: 5 us per transition at the median, with the defaults, and a
throughput that falls by no more than a third through the sender thread. Times are of the CPU where
they can be, because a shared machine has other work.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from asyncmachine import Machine, State
from telemetry import bind_dbg
from telemetry.dbg import DbgExporter

BUDGET_US = 5.0
BUDGET_FALL = 1 / 3
ROUNDS = 40
PER_ROUND = 1000
WINDOW_S = 1.0
WINDOWS = 4
WORK_US = (0, 20, 100)


def main() -> int:
    """Prints the figures; 1 when a budget is broken."""
    for name in [name for name in os.environ if name.startswith("AM_")]:
        del os.environ[name]
    with recorder() as addr, nobody() as nowhere:
        exporters = {"no listener": bound("away", nowhere), "listener": bound("there", addr)}
        machines = {"unbound": (machine("unbound"), None), **exporters}
        fine = print_overhead(machines)
        fine &= print_fall(exporters)
        print_stats(exporters)
    return 0 if fine else 1


def print_overhead(machines: dict[str, tuple[Machine, DbgExporter | None]]) -> bool:
    """Median time of a transition, each way, and what the exporter adds."""
    took: dict[str, list[int]] = {name: [] for name in machines}
    for subject, _ in machines.values():
        time_each(subject, 2 * PER_ROUND)
    for _ in range(ROUNDS):
        for name, (subject, exporter) in machines.items():
            took[name] += time_each(subject, PER_ROUND)
            if name == "listener" and exporter is not None:
                exporter.flush(10)
    plain = statistics.median(took["unbound"]) / 1000
    print(f"{'a transition':<14}{'median us':>12}{'p99 us':>10}{'overhead us':>14}")
    fine = True
    for name, times in took.items():
        median = statistics.median(times) / 1000
        p99 = statistics.quantiles(times, n=100)[98] / 1000
        print(f"{name:<14}{median:>12.2f}{p99:>10.1f}{median - plain:>14.2f}")
        fine &= median - plain <= BUDGET_US
    print(f"budget: {BUDGET_US} us at the median: {'met' if fine else 'BROKEN'}")
    return fine


def print_fall(exporters: dict[str, tuple[Machine, DbgExporter]]) -> bool:
    """How much the sender thread takes from a program that keeps its core busy.

    A program that is never idle does as much as the CPU time that it and the sender need together
    allows: transitions per second of the process's CPU time, with a listener and without.
    """
    fine = True
    print(f"\n{'work between':<14}{'no listener':>16}{'listener':>16}{'fall':>8}{'sent':>8}")
    for work_us in WORK_US:
        work = spin(work_us)
        rates: dict[str, list[float]] = {name: [] for name in exporters}
        shares: list[float] = []
        for _ in range(WINDOWS):
            for name, (subject, exporter) in exporters.items():
                dropped = exporter.stats().dropped
                done, seconds = run_for(subject, WINDOW_S, work)
                rates[name].append(done / seconds)
                if name == "listener":
                    exporter.flush(30)
                    shares.append(1 - (exporter.stats().dropped - dropped) / (2 * done))
        without, with_one = (statistics.median(rates[name]) for name in exporters)
        fall = 1 - with_one / without
        fine &= fall <= BUDGET_FALL
        print(
            f"{work_us:>8} us   {without:>12,.0f}/s {with_one:>13,.0f}/s {fall:>7.0%}"
            f" {statistics.median(shares):>7.0%}"
        )
    print(f"budget: falls by a third at most: {'met' if fine else 'BROKEN'}")
    return fine


def print_stats(exporters: dict[str, tuple[Machine, DbgExporter]]) -> None:
    """What the sender has to say."""
    print()
    for name, (_, exporter) in exporters.items():
        print(f"{name}: {exporter.stats()}")


def time_each(subject: Machine, count: int) -> list[int]:
    """Ns of each of ``count`` transitions."""
    clock, add = time.perf_counter_ns, subject.add
    took: list[int] = []
    for _ in range(count // 2):
        first = clock()
        add("A")
        second = clock()
        add("B")
        took += (second - first, clock() - second)
    return took


def run_for(subject: Machine, seconds: float, work: Callable[[], None]) -> tuple[int, float]:
    """Transitions done, and CPU seconds of the process, by a program with work in between."""
    add, done = subject.add, 0
    began, used = time.perf_counter(), time.process_time()
    while time.perf_counter() - began < seconds:
        for _ in range(25):
            add("A")
            work()
            add("B")
            work()
        done += 50
    return done, time.process_time() - used


def spin(work_us: int) -> Callable[[], None]:
    """A function that keeps the interpreter busy for about that long."""
    turns = 0

    def work() -> None:
        for _ in range(turns):
            pass

    if work_us:
        turns = 10_000
        took = min(timeit.repeat(work, number=10, repeat=5)) / 10
        turns = max(1, int(turns * work_us / (took * 1e6)))
    return work


def machine(name: str) -> Machine:
    """A toggle: two states that remove each other."""
    return Machine({"A": State(remove=["B"]), "B": State(remove=["A"])}, id=name)


def bound(name: str, addr: str) -> tuple[Machine, DbgExporter]:
    """A toggle with the exporter's defaults."""
    subject = machine(name)
    return subject, bind_dbg(subject, addr)


@contextmanager
def nobody() -> Iterator[str]:
    """An address where nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{sock.getsockname()[1]}"


@contextmanager
def recorder() -> Iterator[str]:
    """A recorder's address."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "am_dbg", "record", "--listen", "127.0.0.1:0"]
        output = ["--output", str(Path(folder) / "out.mcap")]
        with subprocess.Popen([*command, *output], stderr=subprocess.PIPE, text=True) as process:
            try:
                assert process.stderr is not None
                said = process.stderr.readline()
                yield said.split("listening on ")[1].split(",")[0]
            finally:
                process.terminate()


if __name__ == "__main__":
    sys.exit(main())
