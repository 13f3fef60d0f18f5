"""Through the real recorder into a file: what the program did is what the file says."""

from __future__ import annotations

import signal
import time

from mcap.reader import make_reader

from asyncmachine import Event, Machine, State, Tracer, Transition
from telemetry import bind_dbg
from tests.exporter.conftest import Recorder
from tests.exporter.peer import until


class Handlers:
    """Refuses every third B, answers each A by an error every tenth time."""

    def __init__(self) -> None:
        self.calls = 0

    def BEnter(self, event: Event) -> bool:  # noqa: N802 - handlers are named by states
        self.calls += 1
        return self.calls % 3 != 0

    def AState(self, event: Event) -> None:  # noqa: N802
        self.calls += 1
        if self.calls % 10 == 0:
            raise ValueError("on purpose")


class Counts(Tracer):
    """The program's own account."""

    def __init__(self) -> None:
        self.transitions = self.accepted = self.auto = self.checks = self.queued = 0
        self.steps = self.log_entries = 0

    def transition_end(self, tx: Transition) -> None:
        self.transitions += 1
        self.accepted += tx.accepted
        self.auto += tx.auto
        self.checks += tx.check
        self.steps += len(tx.steps)
        self.log_entries += len(tx.log_entries) + len(tx.pre_log_entries)

    def mutation_queued(self, machine: Machine, mutation: object) -> None:
        self.queued += 1


def program(machine_id: str = "m") -> tuple[Machine, Counts]:
    schema = {
        "A": State(multi=True),
        "B": State(remove=["A"]),
        "C": State(auto=True, require=["B"]),
    }
    machine = Machine(schema, id=machine_id)
    machine.bind_handlers(Handlers())
    counts = Counts()
    machine.bind_tracer(counts)
    return machine, counts


def run(machine: Machine, rounds: int) -> None:
    for _ in range(rounds):
        machine.add("A", args={"name": "x"})
        machine.can_add("C")
        machine.add("B")


def test_full_account(recorder: Recorder) -> None:
    recorder.start()
    machine, counts = program()
    exporter = bind_dbg(machine, recorder.addr)
    run(machine, 700)
    assert exporter.flush(20)
    stats = exporter.stats()
    assert (stats.rejected, stats.dropped) == (0, 0)
    assert stats.sent == stats.answered
    recorder.stop()
    info = recorder.info()
    assert info["rejected"] == 0
    assert not info["truncated"]
    (seen,) = info["machines"]
    for name, count in vars(counts).items():
        assert seen[name] == count, name
    assert seen["canceled"] == counts.transitions - counts.accepted
    assert seen["clocks"] == list(machine.time())
    assert seen["states"] == list(machine.state_names)
    assert (seen["lost"], seen["gaps"]) == (0, 0)
    assert seen["instance"] == machine.instance
    with recorder.output.open("rb") as file:
        topics = [c.topic for _, c, _ in make_reader(file, validate_crcs=True).iter_messages()]
    assert topics.count("m") == info["records"] == stats.sent


def test_a_killed_recorder_and_its_successor(recorder: Recorder) -> None:
    """Everything fits into the outbox: nothing is lost, though the recorder was killed midway."""
    recorder.start()
    machine, counts = program()
    idle, _ = program("idle")
    exporter = bind_dbg(machine, recorder.addr)
    bind_dbg(idle, recorder.addr)
    run(idle, 1)
    run(machine, 300)
    until(lambda: exporter.stats().answered > 100)
    recorder.stop(signal.SIGKILL)
    answered = exporter.stats().answered
    assert recorder.info()["records"] >= answered
    run(machine, 300)
    assert not exporter.flush(0.1)
    recorder.start("--append")
    assert exporter.flush(20)
    run(machine, 10)
    assert exporter.flush(20)
    recorder.stop()
    seen = recorder.machine("m")
    assert seen["transitions"] == counts.transitions
    assert seen["queued"] == counts.queued
    assert seen["clocks"] == list(machine.time())
    assert seen["lost"] == 0
    assert seen["instance"] == machine.instance
    assert recorder.machine("idle")["clocks"] == list(idle.time())
    assert recorder.info()["rejected"] == 0


def test_what_was_dropped_meanwhile_is_a_gap(recorder: Recorder) -> None:
    recorder.start()
    machine, counts = program()
    exporter = bind_dbg(machine, recorder.addr, max_messages=500)
    run(machine, 20)
    assert exporter.flush(20)
    recorder.stop(signal.SIGKILL)
    until(lambda: not exporter.stats().connected)
    run(machine, 1000)
    dropped = exporter.stats().dropped
    assert dropped > 1000
    recorder.start("--append")
    assert exporter.flush(20)
    recorder.stop()
    seen = recorder.machine("m")
    assert seen["lost"] == exporter.stats().dropped >= dropped
    assert seen["gaps"] >= 1
    assert seen["transitions"] + seen["queued"] + seen["lost"] == counts.transitions + counts.queued
    assert seen["clocks"] == list(machine.time())


def test_a_new_recording_after_a_restart(recorder: Recorder) -> None:
    """The successor begins a file of its own: schemas and clocks are all there again."""
    recorder.start()
    machine, _ = program()
    exporter = bind_dbg(machine, recorder.addr)
    run(machine, 10)
    assert exporter.flush(20)
    recorder.stop(signal.SIGKILL)
    recorder.output.unlink()
    recorder.start()
    run(machine, 1)
    assert exporter.flush(20)
    recorder.stop()
    seen = recorder.machine("m")
    assert seen["clocks"] == list(machine.time())
    assert recorder.info()["rejected"] == 0


def test_token(recorder: Recorder) -> None:
    recorder.start("--token", "right")
    machine, counts = program()
    wrong, _ = program("wrong")
    exporter = bind_dbg(wrong, f"localhost:{recorder.port}", token="wrong")
    run(wrong, 1)
    until(lambda: "denied" in exporter.stats().last_error)
    exporter = bind_dbg(machine, recorder.addr, token="right")
    run(machine, 10)
    assert exporter.flush(20)
    recorder.stop()
    (seen,) = recorder.info()["machines"]
    assert seen["id"] == "m"
    assert seen["transitions"] == counts.transitions


def test_unix_socket(recorder: Recorder, tmp_path: object) -> None:
    path = f"{tmp_path}/dbg.sock"
    recorder.start("--listen", f"unix:{path}")
    machine, counts = program()
    exporter = bind_dbg(machine, f"unix:{path}")
    run(machine, 10)
    assert exporter.flush(20)
    recorder.stop()
    assert recorder.machine("m")["transitions"] == counts.transitions


def test_a_flood(recorder: Recorder) -> None:
    """More than the sender may take: what can't be sent is counted, the clocks are right."""
    recorder.start()
    machine = Machine({"A": State(multi=True)}, id="m")
    exporter = bind_dbg(machine, recorder.addr, max_messages=2000)
    deadline = time.monotonic() + 1.5
    while time.monotonic() < deadline:
        machine.add("A")
    assert exporter.flush(20)
    recorder.stop()
    seen = recorder.machine("m")
    assert seen["clocks"] == list(machine.time())
    assert seen["lost"] == exporter.stats().dropped
    assert seen["transitions"] + seen["queued"] + seen["lost"] == 2 * (machine.queue_tick - 1)
