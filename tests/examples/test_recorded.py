"""What a recorder has of an example is what the example itself counted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from mcap.reader import make_reader

from tests.examples.conftest import (
    EXAMPLES,
    StartRecorder,
    comparable,
    run_example,
    summary_of,
)


def messages_by_kind(path: Path) -> Counter[str]:
    """Messages by kind, as the official reader counts them, every CRC checked."""
    with path.open("rb") as stream:
        reader = make_reader(stream, validate_crcs=True)
        return Counter(schema.name for schema, _, _ in reader.iter_messages() if schema)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_recording_is_what_the_example_counted(
    name: str, start_recorder: StartRecorder
) -> None:
    recorder = start_recorder("--until-idle", "2")
    done = run_example(name, "--summary", "json", "--speed", "2", AM_DBG_ADDR=recorder.addr)
    assert done.returncode == 0, done.stderr
    recorder.wait()

    info = recorder.info()
    recorded = {machine["id"]: machine for machine in info["machines"]}
    assert comparable(recorded) == comparable(summary_of(done.stdout))
    assert info["rejected"] == 0
    assert info["truncated"] is False
    assert [machine["lost"] for machine in info["machines"]] == [0] * len(recorded)
    assert len(info["machines"]) == len(recorded), "one instance each"

    kinds = messages_by_kind(recorder.output)
    executed = sum(machine["transitions"] for machine in recorded.values())
    queued = sum(machine["queued"] for machine in recorded.values())
    assert kinds["DbgMsgTx"] == executed + queued
    assert kinds["DbgMsgGap"] == 0
    assert kinds["DbgMsgStruct"] == info["records"] - executed - queued >= len(recorded)


def test_examples_show_what_there_is_to_debug(start_recorder: StartRecorder) -> None:
    """Parents, checks, cancels, automatic and queued mutations: all of it, in each program."""
    for name in EXAMPLES:
        recorder = start_recorder("--until-idle", "2", output=f"{name}.mcap")
        run_example(name, "--summary", "none", "--speed", "3", AM_DBG_ADDR=recorder.addr)
        recorder.wait()
        machines = recorder.info()["machines"]
        for kind in ("canceled", "auto", "queued", "log_entries", "steps"):
            assert sum(machine[kind] for machine in machines) > 0, (name, kind)
        assert sum(machine["checks"] for machine in machines) > 0, name
        children = [machine for machine in machines if machine["parent"]]
        assert bool(children) == (name != "classics")
        assert all(machine["tags"] for machine in machines)
