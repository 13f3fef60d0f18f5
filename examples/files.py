"""A file-processing pipeline: scan a folder, then hash, compress and verify what is in it.

The pipeline is one machine, each worker a machine below it. The disk loses the end of a file now
and then, which verifying finds out; one file can't be opened at all.
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import anyio
import click

import telemetry
from asyncmachine import Machine
from examples import common
from examples.common import Session, Settings
from examples.packing import Job, make_samples
from examples.pipeline import Pipeline, PipelineHandlers
from examples.worker import Worker, WorkerHandlers

SMALL = 1_000_000
"""Bytes; all workers but the first refuse bigger files."""


async def files(session: Session, folder: Path, output: Path, workers: int) -> None:
    """Pack the files of ``folder`` into ``output``; with ``--forever``, again and again."""
    pipeline = Machine(Pipeline, id="files", tags=("files",), tracers=[session.summary])
    telemetry.bind_from_env(pipeline)

    back, jobs = anyio.create_memory_object_stream[Job](math.inf)
    async with back, jobs, anyio.create_task_group() as tasks:
        PipelineHandlers(session, tasks, pipeline, back, folder)
        for number in range(1, workers + 1):
            worker = WorkerHandlers(
                session,
                pipeline,
                name=f"files-worker-{number}",
                output=output,
                size_limit=SMALL if number > 1 else 1_000 * SMALL,
            )
            worker.machine.add(Worker.Start)
            tasks.start_soon(worker.serve, jobs, back)

        try:
            for _ in session.rounds(1):
                pipeline.set(Pipeline.Start)  # and nothing else: what was is forgotten
                while not pipeline.can_add(Pipeline.Complete):
                    await session.sleep(0.5)
                pipeline.add(Pipeline.Complete)
                await session.sleep(1)
        finally:
            pipeline.dispose()  # and the workers, which are its children
            tasks.cancel_scope.cancel()


@click.command()
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Pack the files in there; without it, some are made.",
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the packed files go; without it, they are thrown away.",
)
@click.option("--workers", type=click.IntRange(1, 50), default=3, show_default=True)
@common.options
def main(settings: Settings, folder: Path | None, output: Path | None, workers: int) -> None:
    """Scan a folder; hash, compress and verify its files, with retries and several workers."""
    with tempfile.TemporaryDirectory(prefix="files-") as name:
        scratch = Path(name)
        if folder is None:
            folder = scratch / "samples"
            folder.mkdir()
            make_samples(folder, Session(settings).dice("samples"))
        source, target = folder, output or scratch / "packed"
        common.run(settings, lambda session: files(session, source, target, workers))


if __name__ == "__main__":
    main()
