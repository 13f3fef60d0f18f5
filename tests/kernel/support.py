"""What several kernel tests need."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import anyio
import anyio.lowlevel

from asyncmachine import Machine, Mutation, Note, Tracer, Transition


def until(met: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait for a predicate, failing at the deadline."""
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.001)


async def until_async(met: Callable[[], object], seconds: float = 5.0) -> None:
    """The same in asyncio or trio, letting other tasks run."""
    with anyio.fail_after(seconds):
        while not met():
            await anyio.lowlevel.checkpoint()


class Recorder(Tracer):
    """Keeps what it is told, in order."""

    wants_handlers = True

    def __init__(self) -> None:
        self.events: list[str] = []
        self.txs: list[Transition] = []
        self.mutations: list[Mutation] = []
        self.notes: list[Note] = []

    def machine_init(self, machine: Machine) -> None:
        self.events.append(f"machine_init {machine.id}")

    def new_submachine(self, parent: Machine, machine: Machine) -> None:
        self.events.append(f"new_submachine {parent.id} {machine.id}")

    def verify_states(self, machine: Machine) -> None:
        self.events.append("verify_states")

    def schema_change(self, machine: Machine, old: Any) -> None:
        self.events.append("schema_change")

    def mutation_queued(self, machine: Machine, mutation: Mutation) -> None:
        self.mutations.append(mutation)
        self.events.append("mutation_queued")

    def transition_init(self, tx: Transition) -> None:
        self.events.append("transition_init")

    def transition_start(self, tx: Transition) -> None:
        self.events.append("transition_start")

    def transition_finals(self, tx: Transition) -> None:
        self.events.append("transition_finals")

    def handler_start(self, tx: Transition, binding: str, name: str) -> None:
        self.events.append(f"handler_start {name}")

    def handler_end(self, tx: Transition, binding: str, name: str) -> None:
        self.events.append(f"handler_end {name}")

    def transition_end(self, tx: Transition) -> None:
        self.txs.append(tx)
        self.events.append("transition_end")

    def queue_end(self, machine: Machine) -> None:
        self.events.append("queue_end")

    def machine_dispose(self, machine_id: str) -> None:
        self.events.append(f"machine_dispose {machine_id}")

    def subscription(self, machine: Machine, note: Note) -> None:
        self.notes.append(note)
