"""One worker of the file pipeline: a machine whose stages follow each other by themselves."""

from __future__ import annotations

from collections.abc import Callable
from io import BufferedReader
from pathlib import Path
from typing import Any

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from asyncmachine import Event, Machine, Schema, State
from examples.common import Session
from examples.packing import DamagedError, Job, compress, hash_file, verify
from examples.pipeline import Pipeline

Args = dict[str, Any]

FLAKY = 0.12
"""How often the disk loses the end of what is written to it."""


class Worker(Schema):
    """Busy and Exception drive each other out: an error ends the job, a job clears the error.

    Each stage is automatic. It comes when what it requires is there, and goes when its result is:
    Hashed keeps Hashing out, and lets Compressing in. All of them fall with Busy.
    """

    Exception = State(multi=True, remove=["Busy"])
    Start = State()

    Idle = State(auto=True, require=[Start])
    Busy = State(require=[Start], remove=[Idle, "Exception"])

    Hashing = State(auto=True, require=[Busy], remove=["Hashed"])
    Hashed = State(require=[Busy], remove=[Hashing])
    Compressing = State(auto=True, require=[Hashed], remove=["Compressed"])
    Compressed = State(require=[Hashed], remove=[Compressing])
    Verifying = State(auto=True, require=[Compressed], remove=["Verified"])
    Verified = State(require=[Compressed], remove=[Verifying])

    ErrDamaged = State(multi=True, add=["Exception"], require=["Exception"])
    ErrDisk = State(multi=True, add=["Exception"], require=["Exception"])

    class Groups:
        """How the debugger sorts them."""

        Stages = ("Hashing", "Hashed", "Compressing", "Compressed", "Verifying", "Verified")
        Errors = ("Exception", "ErrDamaged", "ErrDisk")


class WorkerHandlers:
    """Start a stage's work when its state comes; report to the pipeline when the job is over."""

    def __init__(
        self,
        session: Session,
        pipeline: Machine,
        name: str,
        output: Path,
        size_limit: int,
    ) -> None:
        self.session = session
        self.pipeline = pipeline
        self.output = output
        self.size_limit = size_limit
        self.dice = session.dice(name)
        self.machine = Machine(Worker, id=name, parent=pipeline, tags=("files", "worker"))
        self.machine.bind_handlers(self)
        self.job: Job
        self.file: BufferedReader
        self.digest = ""

    async def serve(
        self, jobs: MemoryObjectReceiveStream[Job], back: MemoryObjectSendStream[Job]
    ) -> None:
        """Take one job after the other, and give back what the worker would refuse."""
        async for job in jobs:
            args = {"path": job.path.name, "size": job.size, "job": job}
            if self.machine.can_add(Worker.Busy, args=args):
                self.machine.add(Worker.Busy, args=args)
            else:
                back.send_nowait(job)
                await self.session.sleep(0.1)
            await self.machine.when(Worker.Idle)

    def target(self) -> Path:
        """Where the packed file goes."""
        return self.output / (self.job.path.name + ".gz")

    # -- handlers

    def BusyEnter(self, event: Event) -> bool:
        """Refuse what is too big for this worker."""
        return int(event.args["size"]) <= self.size_limit

    def BusyState(self, event: Event) -> None:
        """Open the file; if that fails, the exception becomes the state, and Busy never was."""
        self.job = event.args["job"]
        self.file = self.job.path.open("rb")

    async def HashingState(self, event: Event) -> None:
        """First stage: a task that lives as long as Hashing is active."""
        await self._stage(Worker.Hashed, self._hash, 0.1)

    async def CompressingState(self, event: Event) -> None:
        """Second stage."""
        await self._stage(Worker.Compressed, self._compress, 0.3)

    async def VerifyingState(self, event: Event) -> None:
        """Third stage."""
        await self._stage(Worker.Verified, self._verify, 0.1)

    def VerifiedState(self, event: Event) -> None:
        """Done: tell the pipeline, and let everything of this job fall with Busy."""
        self.pipeline.add(Pipeline.FileStored, args={"job": self.job, **self._about()})
        event.machine.remove(Worker.Busy)

    def BusyEnd(self, event: Event) -> None:
        """However the job ended."""
        self.file.close()

    def ExceptionState(self, event: Event) -> None:
        """Try again, unless that was tried often enough."""
        outcome = Pipeline.FileRetried if self.job.attempt < 3 else Pipeline.FileFailed
        self.pipeline.add(
            outcome, args={"job": self.job, "err": event.machine.err, **self._about()}
        )

    # -- what takes time

    async def _stage(self, done: str, work: Callable[[], Args], seconds: float) -> None:
        """Run ``work`` in a thread, at a leisurely pace; then the stage is done, or failed."""
        await self.session.sleep(self.dice.uniform(0.2, 1) * seconds)
        try:
            args = await anyio.to_thread.run_sync(work)
        except DamagedError as error:
            self.machine.add_err(error, Worker.ErrDamaged)
        except OSError as error:
            self.machine.add_err(error, Worker.ErrDisk)
        else:
            self.machine.add(done, args=args)

    def _hash(self) -> Args:
        self.digest = hash_file(self.file)
        return {"name": self.digest[:12]}

    def _compress(self) -> Args:
        size = compress(self.file, self.target(), lose_end=self.dice.random() < FLAKY)
        return {"path": self.target().name, "size": size}

    def _verify(self) -> Args:
        verify(self.target(), self.digest)
        return {"path": self.target().name}

    def _about(self) -> Args:
        return {"path": self.job.path.name, "name": f"attempt {self.job.attempt}"}
