"""``am-dbg import`` and ``am-dbg log`` as a user runs them, on the Go debugger's own session."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # it has no type hints
import pytest

from am_dbg.formats.gomessages import GoStep, _step, go_time
from am_dbg.store import Store
from tests.formats.canonical import digest
from tests.formats.gobwriter import GobWriter

SESSION = Path(__file__).parents[3] / "shared" / "data" / "am-dbg-sim.gob.br"
DIGEST = "23cac9ec6ef3532c0e46380660c8e8ffb74693e4f0639e86e62dda1b47b0911d"

TX = (
    "struct",
    {
        "MachineID": "string",
        "ID": "string",
        "Clocks": ("slice", "uint"),
        "CalledStates": ("slice", "string"),
        "Accepted": "bool",
        "LogEntries": ("slice", ("struct", {"Level": "int", "Text": "string"})),
    },
)
STATE = ("struct", {"Auto": "bool"})
SCHEMA = (
    "struct",
    {"ID": "string", "StatesIndex": ("slice", "string"), "States": ("map", "string", STATE)},
)
DUMP = ("slice", ("struct", {"MsgStruct": SCHEMA, "MsgTxs": ("slice", TX)}))


def am_dbg(*args: str | Path, cache: Path | None = None) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "XDG_CACHE_HOME": str(cache)} if cache else None
    return subprocess.run(
        [sys.executable, "-m", "am_dbg", *map(str, args)],
        capture_output=True,
        text=True,
        timeout=60,
        env=environ,
    )


@pytest.fixture(scope="module")
def session() -> Path:
    if not SESSION.exists():
        pytest.skip(f"the recorded session is not here: {SESSION.name}")
    return SESSION


@pytest.fixture(scope="module")
def imported(session: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    output = tmp_path_factory.mktemp("import") / "sim.mcap"
    done = am_dbg("import", session, "--output", output)
    assert (done.returncode, done.stderr) == (0, "")
    return output, done.stdout


def dump(path: Path, entries: list[dict[str, object]]) -> Path:
    writer = GobWriter()
    writer.value(DUMP, entries)
    path.write_bytes(brotli.compress(bytes(writer.out)))
    return path


def small_dump(path: Path, text: str = "[state] +A") -> Path:
    schema = {"ID": "m", "StatesIndex": ["A", "B"], "States": {"A": {"Auto": True}, "B": {}}}
    tx = {
        "MachineID": "m",
        "ID": "t1",
        "Clocks": [1, 0],
        "CalledStates": ["A", "Gone"],
        "Accepted": True,
        "LogEntries": [{"Level": 2, "Text": text}],
    }
    return dump(path, [{"MsgStruct": schema, "MsgTxs": [tx]}])


def test_import_says_what_it_imported(imported: tuple[Path, str]) -> None:
    _, said = imported
    for part in (
        "107 machines",
        "7,605 transitions",
        "7,533 accepted",
        "72 canceled",
        "56 auto",
        "0 checks",
        "0 queued",
        "clocks sum 8,610",
        "10,094 log entries",
        "25,119 steps",
    ):
        assert part in said


def test_the_imported_recording_has_the_session_s_digest(imported: tuple[Path, str]) -> None:
    assert digest(imported[0]) == DIGEST


def test_the_store_counts_the_session_as_its_account_does(imported: tuple[Path, str]) -> None:
    with Store.open([imported[0]], cache=False) as store:
        while store.feed():
            pass
        totals: Counter[str] = Counter()
        for machine in store.machines:
            counts = machine.counts
            for name in ("executed", "queued", "accepted", "canceled", "auto", "checks"):
                totals[name] += getattr(counts, name)
            totals["log_entries"] += counts.log_entries
            totals["steps"] += counts.steps
            totals["clocks"] += sum(machine.last_ticks())
            totals["states"] += len(machine.states)
        assert totals == Counter(
            executed=7605,
            accepted=7533,
            canceled=72,
            auto=56,
            log_entries=10_094,
            steps=25_119,
            clocks=8610,
            states=1595,
            queued=0,
            checks=0,
        )
        assert max(map(len, store.machines)) == 237
        assert not any(machine.connected for machine in store.machines)
        machine = store.machines[0]
        assert machine.connected_at(machine.time_at(0))
        assert machine.connected_at(machine.time_at(len(machine) - 1))


def test_messages_of_all_machines_are_interleaved_by_time(imported: tuple[Path, str]) -> None:
    with Store.open([imported[0]], cache=False) as store:
        store.feed()
        times = list(store.time)
        assert times == sorted(times)
        assert len({store.machine[n] for n in range(300)}) > 5


def test_import_refuses_to_overwrite(imported: tuple[Path, str], session: Path) -> None:
    size = imported[0].stat().st_size
    done = am_dbg("import", session, "--output", imported[0])
    assert done.returncode == 1
    assert "exists" in done.stderr
    assert done.stderr.count("\n") == 1
    assert imported[0].stat().st_size == size


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "cut, or not compressed"),
        (b"no brotli at all", "brotli"),
        (brotli.compress(b"no gob at all"), "not a session"),
        (brotli.compress(b""), "without machines"),
    ],
)
def test_what_is_no_session_gets_one_line(tmp_path: Path, content: bytes, text: str) -> None:
    file = tmp_path / "x.gob.br"
    file.write_bytes(content)
    done = am_dbg("import", file, "--output", tmp_path / "x.mcap")
    assert done.returncode == 1
    assert text in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "x.mcap").exists()


def test_a_missing_file_and_a_wrong_kind_get_one_line(tmp_path: Path) -> None:
    done = am_dbg("import", tmp_path / "gone.gob.br", "--output", tmp_path / "x.mcap")
    assert (done.returncode, "No such file" in done.stderr) == (1, True)
    done = am_dbg("import", tmp_path / "x.mcap", "--output", tmp_path / "y.mcap")
    assert (done.returncode, "only .gob.br" in done.stderr) == (1, True)
    done = am_dbg("import", tmp_path / "x.gob.br")
    assert done.returncode == 2


def test_without_brotli_the_line_says_how_to_install_it(tmp_path: Path) -> None:
    file = small_dump(tmp_path / "x.gob.br")
    output = tmp_path / "x.mcap"
    program = (
        "import sys; sys.modules['brotli'] = None; from am_dbg.cli import main; "
        f"sys.argv = ['am-dbg', 'import', {str(file)!r}, '--output', {str(output)!r}]; "
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 1
    assert "pip install 'am-dbg[gob]'" in done.stderr


def test_names_that_have_no_index_become_minus_one(tmp_path: Path) -> None:
    am_dbg("import", small_dump(tmp_path / "x.gob.br"), "--output", tmp_path / "x.mcap")
    with Store.open([tmp_path / "x.mcap"], cache=False) as store:
        store.feed()
        assert store.message(0).called_states_idxs == [0, -1]
        assert store.machines[0].schema.states["A"].auto


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (GoStep(type=1, from_state="A", to_state="B", data=2), (1, 0, 1, 0, 2)),
        (GoStep(type=1, from_state="A", to_state="B", rel_type=3), (1, 0, 1, 0, 3)),
        (GoStep(type=2, from_state="A", is_final=True, data="AState"), (2, -1, 0, 5, None)),
        (GoStep(type=2, to_state="A", data="AEnter"), (2, -1, 0, 4, None)),
        (GoStep(type=2, from_state="B", data="BExit"), (2, 1, -1, 0, None)),
        (GoStep(type=2, from_state="B", data="BEnd", is_final=True), (2, -1, 1, 1, None)),
        (GoStep(type=2, from_state="A", to_state="B", data="AB"), (2, 0, 1, 0, None)),
        (GoStep(type=2, data="AnyState"), (2, "Any", "Any", 5, None)),
        (GoStep(type=2, to_state="A", is_enter=True), (2, -1, 0, 4, None)),
        (GoStep(type=32, to_state="Unknown"), (32, -1, "Unknown", 0, None)),
    ],
)
def test_steps_old_and_new(step: GoStep, expected: tuple[object, ...]) -> None:
    assert _step(step, {"A": 0, "B": 1}) == expected


def test_go_s_times() -> None:
    noon = (1_700_000_000 + 62_135_596_800).to_bytes(8, "big")
    assert (
        go_time(b"\x01" + noon + (5).to_bytes(4, "big") + b"\xff\xff") == 1_700_000_000 * 10**9 + 5
    )
    assert go_time(b"\x01" + bytes(14)) == 0
    assert go_time(b"") == 0
