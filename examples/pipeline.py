"""The machine above the workers: what is found, stored, tried again, given up."""

from __future__ import annotations

from pathlib import Path

from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectSendStream

from asyncmachine import Event, Machine, Schema, State
from examples.common import Session
from examples.packing import Job


class Pipeline(Schema):
    """From Start on it runs by itself, until Complete, which is refused while files are open."""

    Exception = State(multi=True)
    Start = State()

    Scanning = State(auto=True, require=[Start], remove=["Scanned"])
    Scanned = State(require=[Start], remove=[Scanning])
    Working = State(auto=True, require=[Start], remove=["Complete"])
    Complete = State(require=[Scanned], remove=[Working])

    FileFound = State(multi=True, require=[Scanning])
    FileStored = State(multi=True, require=[Working])
    FileRetried = State(multi=True, require=[Working])
    FileFailed = State(multi=True, require=[Start], add=["Incomplete"])
    Incomplete = State(require=[Start], after=[FileFailed])

    class Groups:
        """How the debugger sorts them."""

        Progress = ("Scanning", "Scanned", "Working", "Complete", "Incomplete")
        Files = ("FileFound", "FileStored", "FileRetried", "FileFailed")


class PipelineHandlers:
    """Hands out jobs and keeps the books."""

    def __init__(
        self,
        session: Session,
        tasks: TaskGroup,
        machine: Machine,
        jobs: MemoryObjectSendStream[Job],
        folder: Path,
    ) -> None:
        self.session = session
        self.tasks = tasks
        self.machine = machine
        self.jobs = jobs
        self.folder = folder
        self.dice = session.dice("scan")
        self.open: set[Path] = set()
        machine.bind_handlers(self)

    async def ScanningState(self, event: Event) -> None:
        """Reading the folder takes its time: a task that lives as long as Scanning is active."""
        for path in sorted(self.folder.iterdir(), key=lambda _: self.dice.random()):
            if path.is_dir():
                continue
            size = path.stat().st_size if path.exists() else 0
            job = Job(path, size)
            self.machine.add(Pipeline.FileFound, args={"path": path.name, "size": size, "job": job})
            await self.session.sleep(self.dice.choice([0.01, 0.01, 0.01, 0.05, 0.8]))
        self.machine.add(Pipeline.Scanned)

    def FileFoundState(self, event: Event) -> None:
        """A job for whichever worker is free."""
        job: Job = event.args["job"]
        self.open.add(job.path)
        self.jobs.send_nowait(job)

    def FileStoredState(self, event: Event) -> None:
        """One less to do."""
        job: Job = event.args["job"]
        self.open.discard(job.path)
        self.session.tell(event.machine, f"stored  {job.path.name}")

    def FileRetriedState(self, event: Event) -> None:
        """The same again, a little later."""
        job: Job = event.args["job"]
        self.session.tell(event.machine, f"retry   {job.path.name}: {event.args['err']}")
        self.tasks.start_soon(self._retry, job)

    def FileFailedState(self, event: Event) -> None:
        """Given up; Incomplete, which comes along, remembers it."""
        job: Job = event.args["job"]
        self.open.discard(job.path)
        self.session.tell(event.machine, f"FAILED  {job.path.name}: {event.args['err']}")

    def CompleteEnter(self, event: Event) -> bool:
        """Refuse while files are being worked on."""
        return not self.open

    async def _retry(self, job: Job) -> None:
        await self.session.sleep(0.2 * 2**job.attempt)
        self.jobs.send_nowait(Job(job.path, job.size, job.attempt + 1))
