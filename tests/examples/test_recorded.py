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
    done = run_example(name, "--summary", "json", "--speed", "3", AM_DBG_ADDR=recorder.addr)
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

    # and there is something to debug in it
    for kind in ("canceled", "auto", "checks", "queued", "log_entries", "steps"):
        assert sum(machine[kind] for machine in info["machines"]) > 0, kind
    assert all(machine["tags"] for machine in info["machines"])
    parents = {machine["parent"] for machine in info["machines"] if machine["parent"]}
    assert parents == ({name} if name != "classics" else set())
