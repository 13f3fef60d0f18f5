"""``am-dbg export``: parts of recordings in other forms, that say the same as the whole."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import msgspec
import pytest
from mcap.reader import make_reader

from am_dbg.formats.exporting import Export
from am_dbg.formats.selection import Selection, between, everything, moment
from am_dbg.model.cursor import Cursor, go_to
from am_dbg.store import Flag, MachineLog, Store
from am_dbg.store.flags import CALL_SHIFT
from tests.formats.test_import import am_dbg
from tests.store.recordings import Tape
from tests.ui.sessions import MS, START, small

REAL = Path("../shared/data/am-dbg-sim.gob.br")
COUNTS = ("states", "transitions", "queued", "accepted", "canceled", "auto", "checks",
          "log_entries", "steps", "lost", "clocks", "tags", "parent")  # fmt: skip


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small(tmp_path_factory.mktemp("export") / "small.mcap", rounds=20)


def indexed(*paths: Path) -> Store:
    store = Store.open(paths, cache=False)
    while store.feed():
        pass
    return store


def info(path: Path) -> dict[str, Any]:
    done = am_dbg("info", path, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def official_count(path: Path) -> int:
    """Messages that the official reader finds, checksums checked, as many as the summary says."""
    with path.open("rb") as stream:
        reader = make_reader(stream, validate_crcs=True)
        count = sum(1 for _ in reader.iter_messages(log_time_order=False))
        summary = reader.get_summary()
    assert summary is not None
    assert summary.statistics is not None
    assert summary.statistics.message_count == count
    return count


def export(store: Store, path: Path, selection: Selection) -> Store:
    for _ in Export(store, "mcap", path, selection).run():
        pass
    official_count(path)
    return indexed(path)


def told(log: MachineLog, pos: int) -> tuple[object, ...]:
    # which states were called is known by its place in the machine's own table
    flags = log.flags_at(pos) & ((1 << CALL_SHIFT) - 1)
    return (log.time_at(pos), log.ticks(pos), flags, log.changes(pos))


def test_a_whole_recording_stays_what_it_was(recording: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mcap"
    done = am_dbg("export", recording, "--format", "mcap", "--output", out)
    assert (done.returncode, done.stdout) == (0, "")
    assert "transitions of 4 machines" in done.stderr
    before, after = info(recording), info(out)
    assert [[m[k] for k in COUNTS] for m in after["machines"]] == [
        [m[k] for k in COUNTS] for m in before["machines"]
    ]
    assert after["records"] == before["records"] == official_count(out)
    assert not after["truncated"]


def test_a_range_has_its_own_clocks(recording: Path, tmp_path: Path) -> None:
    store = indexed(recording)
    app = store.machines[0]
    since, until = app.time_at(40), app.time_at(90)
    part = export(store, tmp_path / "part.mcap", between(store, since, until))
    assert part.status.lost == 0
    for log in part.machines:
        whole = store.machine_by(log.label)
        assert whole is not None
        first = whole.pos_at(since - 1) + 1
        assert len(log) == whole.pos_at(until) + 1 - first
        assert log.ticks(-1) == whole.ticks(first - 1)
        for pos in range(len(log)):
            assert told(log, pos) == told(whole, pos + first)
            message = whole.store.message(whole.n(pos + first))
            assert log.store.message(log.n(pos)).args == message.args


def test_a_moment_is_one_transition_a_machine(recording: Path, tmp_path: Path) -> None:
    store = indexed(recording)
    cursor = go_to(store, Cursor(), 0, 77).cursor
    part = export(store, tmp_path / "moment.mcap", moment(store, cursor))
    assert len(part.machines) == 4
    for log, whole in zip(part.machines, store.machines, strict=True):
        pos = 77 if whole.no == 0 else whole.pos_at(cursor.moment)
        assert len(log) == (pos >= 0)
        assert log.ticks(len(log) - 1) == whole.ticks(pos)
        if pos >= 0:
            assert log.changes(0) == whole.changes(pos)
    worker = part.machine_by("worker-1")
    assert worker is not None
    assert part.machines[worker.parent or 0].label == "app"


def test_what_a_filter_hides_is_not_written(recording: Path, tmp_path: Path) -> None:
    store = indexed(recording)

    def executed(log: MachineLog, pos: int) -> bool:
        return not log.flags_at(pos) & (Flag.QUEUED | Flag.CHECK | Flag.CANCELED) and pos % 3 != 0

    part = export(store, tmp_path / "shown.mcap", everything(store).only(executed))
    for log, whole in zip(part.machines, store.machines, strict=True):
        kept = [pos for pos in range(len(whole)) if executed(whole, pos)]
        assert len(log) == len(kept)
        for at, pos in enumerate(kept):
            assert log.ticks(at) == whole.ticks(pos)
            assert log.time_at(at) == whole.time_at(pos)
    assert part.status.lost == 0


def test_chosen_machines_only(recording: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mcap"
    done = am_dbg("export", recording, "-f", "mcap", "-o", out, "-m", "worker-1", "-m", "worker-2")
    assert done.returncode == 0
    assert [m["id"] for m in info(out)["machines"]] == ["worker-1", "worker-2"]


def test_schema_changes_and_losses_come_along(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "x.mcap")
    tape.schema(clocks=[1, 0, 0, 0])
    tape.tx(ticks=[(1, 1)], seq=1)
    tape.gap(lost=3, first_seq=2, last_seq=4, reason="outbox")
    tape.tx(clocks=[3, 2, 0, 0], seq=5)
    tape.schema(states=["A", "B", "C", "D"], clocks=[3, 2, 0, 0])
    tape.tx(ticks=[(3, 1)], seq=6)
    tape.tx(ticks=[(3, 1)], seq=7)
    store = tape.store()
    whole = store.machines[0]
    part = export(store, tmp_path / "all.mcap", everything(store)).machines[0]
    assert [told(part, pos) for pos in range(4)] == [told(whole, pos) for pos in range(4)]
    assert part.counts.lost == 3
    assert part.states == ["A", "B", "C", "D"]
    later = export(store, tmp_path / "later.mcap", between(store, whole.time_at(2), None))
    assert later.machines[0].counts.lost == 0
    assert [told(later.machines[0], pos)[:2] for pos in range(2)] == [
        told(whole, pos)[:2] for pos in (2, 3)
    ]


def test_machines_of_one_id_stay_apart(tmp_path: Path) -> None:
    paths = [tmp_path / "x.mcap", tmp_path / "y.mcap"]
    for number, path in enumerate(paths):
        tape = Tape(path)
        tape.schema(instance="")
        for k in range(1, 4):
            message = {"machine_id": "m", "clocks": [k * (number + 1)], "accepted": True}
            tape.put("m", "DbgMsgTx", message, "")
        tape.writer.close()
    store = indexed(*paths)
    part = export(store, tmp_path / "out.mcap", everything(store))
    assert [log.label for log in part.machines] == ["m", "m#2"]
    assert [log.last_ticks()[0] for log in part.machines] == [3, 6]
    assert [log.ticks(0)[0] for log in part.machines] == [1, 2]


def test_json_lines_lose_nothing(recording: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert am_dbg("export", recording, "-f", "jsonl", "-o", out).returncode == 0
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    store = indexed(recording)
    sent = [msgspec.to_builtins(store.message(n)) for n in range(len(store))]
    kinds = [line["kind"] for line in lines]
    assert kinds == ["DbgMsgStruct"] * 4 + ["DbgMsgTx"] * len(store)
    received = {json.dumps(line["message"], sort_keys=True) for line in lines[4:]}
    assert received == {json.dumps(message, sort_keys=True) for message in sent}
    assert [line["received"] for line in lines] == sorted(line["received"] for line in lines)


def test_the_log_of_a_range(recording: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.log"
    start = ["--from", "+0.2s", "--to", "+0.4s"]
    done = am_dbg("export", recording, "-f", "log", "-o", out, "-m", "app", *start)
    assert done.returncode == 0
    lines = out.read_text().splitlines()
    whole = am_dbg("log", recording, "-m", "app").stdout.splitlines()
    assert 5 < len(lines) < len(whole)
    at = whole.index(lines[0])
    assert whole[at : at + len(lines)] == lines


def test_a_transition_as_markdown(recording: Path, tmp_path: Path) -> None:
    store = indexed(recording)
    canceled = store.machines[0].next_with(Flag.CANCELED, 0)
    assert canceled is not None
    tx = store.message(store.machines[0].n(canceled))
    out = tmp_path / "tx.md"
    done = am_dbg("export", recording, "-f", "md", "-o", out, "--at", f"mach://app/{tx.id}")
    assert done.returncode == 0
    said = out.read_text()
    assert said.startswith("## ✗ add Ready\n")
    assert f"- address: `mach://app/{tx.id}`" in said
    assert re.search(r"- time: 2026-01-05 10:00:00\.\d{9} UTC", said)
    assert "- outcome: refused by ReadyEnter" in said
    assert "- **Ready** requires **Start**" in said
    assert said.count("## ✗") == 1


def test_markdown_of_a_moment_is_a_section_a_machine(recording: Path, tmp_path: Path) -> None:
    out = tmp_path / "tx.md"
    am_dbg("export", recording, "-f", "md", "-o", out, "--at", str(START + 300 * MS))
    said = out.read_text()
    assert said.count("\n- machine: ") == 3
    assert "\x1b" not in said
    assert r"**\[bold\]x\[/\]" in said


@pytest.mark.parametrize("diagram", ["schema", "network", "steps"])
def test_diagrams(recording: Path, tmp_path: Path, diagram: str) -> None:
    for form, name in (("mermaid", "d.mmd"), ("svg", "d.svg")):
        arguments = ["-f", form, "-o", str(tmp_path / name), "--diagram", diagram, "-m", "app"]
        done = am_dbg("export", recording, *arguments)
        assert (done.returncode, done.stdout) == (0, "")
    said = (tmp_path / "d.mmd").read_text()
    assert said.splitlines()[1] == ("sequenceDiagram" if diagram == "steps" else "flowchart TD")
    ET.fromstring((tmp_path / "d.svg").read_bytes())


def test_a_diagram_around_a_state(recording: Path, tmp_path: Path) -> None:
    out = tmp_path / "d.mmd"
    around = ["--state", "Message", "--within", "1", "-m", "app"]
    assert am_dbg("export", recording, "-f", "mermaid", "-o", out, *around).returncode == 0
    assert out.read_text().count('["') == 2


def test_a_diagram_of_a_group(recording: Path, tmp_path: Path) -> None:
    out = tmp_path / "d.mmd"
    group = ["--group", "Network", "-m", "app"]
    assert am_dbg("export", recording, "-f", "mermaid", "-o", out, *group).returncode == 0
    assert out.read_text().count('["') == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-m", "nobody"], "no machine 'nobody'; there are app, "),
        (["--from", "yesterday"], "no time; write it like"),
        (["--at", "mach://app/nope"], "not in this recording"),
        (["--from", "+0.4s", "--to", "+0.2s"], "--to lies before --from"),
        (["--from", "+5x"], "how much?"),
        (["--state", "Nope"], "no state 'Nope'"),
        (["-m", "app", "--group", "Nope"], "no group 'Nope'; there are Network, Traffic"),
    ],
)
def test_what_is_wrong_is_one_line(
    recording: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    out = tmp_path / "out.mcap"
    done = am_dbg("export", recording, "-f", "mcap", "-o", out, *arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_range_and_a_moment_are_not_both(recording: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mcap"
    done = am_dbg("export", recording, "-f", "mcap", "-o", out, "--at", "+1s", "--to", "+2s")
    assert done.returncode == 2


def test_an_existing_file_is_kept_unless_forced(recording: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.md"
    out.write_text("mine")
    done = am_dbg("export", recording, "-f", "md", "-o", out)
    assert (done.returncode, out.read_text()) == (1, "mine")
    assert "exists; --force replaces it" in done.stderr
    assert am_dbg("export", recording, "-f", "md", "-o", out, "--force").returncode == 0
    assert out.read_text().startswith("## ")


def test_the_open_recording_is_never_replaced(tmp_path: Path) -> None:
    path = small(tmp_path / "small.mcap")
    before = path.read_bytes()
    done = am_dbg("export", path, "-f", "mcap", "-o", path, "--force")
    assert done.returncode == 1
    assert path.read_bytes() == before


def test_a_folder_that_can_not_be_written(recording: Path, tmp_path: Path) -> None:
    done = am_dbg("export", recording, "-f", "mcap", "-o", tmp_path / "none" / "out.mcap")
    assert done.returncode == 1
    assert "No such file or directory" in done.stderr


def test_an_export_that_is_given_up_leaves_nothing(recording: Path, tmp_path: Path) -> None:
    store = indexed(recording)
    for form in ("mcap", "jsonl"):
        running = Export(store, form, tmp_path / f"out.{form}", everything(store)).run()
        next(running)
        running.close()
    assert list(tmp_path.iterdir()) == []


def test_the_real_session_and_parts_of_it(tmp_path: Path) -> None:
    if not REAL.exists():
        pytest.skip(f"{REAL} is not at hand")
    whole, out, part = tmp_path / "whole.mcap", tmp_path / "out.mcap", tmp_path / "part.mcap"
    assert am_dbg("import", REAL, "--output", whole).returncode == 0
    assert am_dbg("export", REAL, "-f", "mcap", "-o", out).returncode == 0
    before, after = info(whole), info(out)
    assert [[m[k] for k in COUNTS] for m in after["machines"]] == [
        [m[k] for k in COUNTS] for m in before["machines"]
    ]
    done = am_dbg("export", whole, "-f", "mcap", "-o", part, "--from", "+5s", "--to", "+10s")
    assert done.returncode == 0
    official_count(part)
    one, other = indexed(whole), indexed(part)
    end = (one.first_time or 0) + 10_000_000_000
    for log in other.machines:
        machine = one.machine_by(log.label)
        assert machine is not None
        assert log.last_ticks() == machine.ticks(machine.pos_at(end))
