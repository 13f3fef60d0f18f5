"""Copied texts: addresses, JSON, log lines, a diagram, and a test that really runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from am_dbg.model import cursor as moves
from am_dbg.model.copying import (
    COPIES,
    address_of,
    case_of,
    json_of,
    log_of,
    mermaid_of,
    moment_address_of,
    network_of,
    schema_of,
    time_address_of,
)
from am_dbg.model.cursor import Cursor
from am_dbg.model.goto import go_to_text
from am_dbg.store import Store
from telemetry.messages import StateDef
from tests.model.session import Session

Place = Callable[[int], Cursor]
MERMAID = re.compile(
    r"sequenceDiagram|title .+|participant s\d+ as .+"
    r"|s\d+(->>|--x)s\d+: .+|Note over s\d+: .+"
)


@pytest.fixture
def at(store: Store, no: Callable[[str], int]) -> Place:
    return lambda pos: moves.go_to(store, Cursor(), no("sim-p2"), pos).cursor


def run(sources: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run test modules in a process of their own."""
    for number, source in enumerate(sources):
        (folder / f"test_copied_{number}.py").write_text(source, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    return subprocess.run(
        [*command, f"--rootdir={folder}"], cwd=folder, capture_output=True, text=True, check=False
    )


def test_letters_of_the_menu_are_unique() -> None:
    assert len({kind.letter for kind in COPIES}) == len(COPIES)


def test_addresses_lead_back(store: Store, at: Place) -> None:
    assert address_of(store, at(2)).text == "mach://sim-p2/t4"
    assert address_of(store, at(-1)).text == "mach://sim-p2"
    stepping = moves.go_to_step(store, at(2), 3).cursor
    assert address_of(store, stepping).text == "mach://sim-p2/t4/3"
    end = at(8)
    for make in (address_of, time_address_of, moment_address_of):
        assert go_to_text(store, end, make(store, at(2)).text).cursor.pos == 2
    assert time_address_of(store, at(2)).text == "mach://sim-p2?t=5"


def test_json_has_names_beside_the_message(store: Store, at: Place) -> None:
    data = json.loads(json_of(store, at(2)).text)
    assert data["address"] == "mach://sim-p2/t4"
    assert data["called"] == ["Ready", "Connected"]
    assert data["changes"]["Connecting"] == [1, 2]
    assert data["message"]["called_states_idxs"] == [2, 3]
    assert data["steps"][1] == "Ready requires Start"


def test_log_lines_with_their_levels(store: Store, at: Place) -> None:
    lines = log_of(store, at(2)).text.splitlines()
    assert lines[0] == "ops         [add] Ready Connected (Topic.id=t-forrest gump)"
    assert lines[-1].endswith('  File "x.py", line 3')
    assert log_of(store, at(0)).text == ""
    assert log_of(store, at(0)).what == "this transition has no log lines"


def test_steps_as_a_mermaid_diagram(store: Store, at: Place) -> None:
    lines = mermaid_of(store, at(2)).text.splitlines()
    assert lines[0] == "sequenceDiagram"
    assert all(MERMAID.fullmatch(line.strip()) for line in lines), lines
    told = [line.strip() for line in lines]
    assert "s0->>s1: requires" in told
    assert "Note over s0: ReadyState()" in told
    refused = mermaid_of(store, at(3)).text
    assert "JoiningTopicEnter() refused" in refused
    assert "--x" in refused


def test_names_are_no_mermaid_syntax(session: Session) -> None:
    session.machine("m", ["A;B:<x>", "end"])
    steps = [(32, -1, 0, 0, None), (1, 0, 1, 0, 1)]
    session.tx("m", 1, "", "A;B:<x>", steps=steps, called_states_idxs=[0])
    store = session.store()
    lines = mermaid_of(store, Cursor(machine=0, pos=0)).text.splitlines()
    assert "    participant s0 as A#59;B#58;#60;x#62;" in lines


def test_before_the_first_transition_there_is_only_the_address(store: Store, at: Place) -> None:
    for make in (json_of, log_of, mermaid_of, case_of):
        assert not make(store, at(-1)).text
        assert "address" in make(store, at(-1)).what


LIGHTS = {
    "Red": StateDef(remove=["Green"]),
    "Green": StateDef(remove=["Red"], require=["Power"]),
    "Power": StateDef(),
    "Lit": StateDef(auto=True, require=["Power"]),
    "Beat": StateDef(multi=True, require=["Power"]),
}


@pytest.fixture
def lights(session: Session) -> Store:
    session.machine("li'ght\n", list(LIGHTS), LIGHTS, clocks=[1, 0, 0, 0, 0])
    session.clocks["li'ght\n"] = [1, 0, 0, 0, 0]
    name = "li'ght\n"
    session.tx(name, 1, "Green", accepted=False)
    session.tx(name, 2, "Power", "Power")
    session.tx(name, 3, "Lit", "Lit", is_auto=True)
    session.tx(name, 4, "Green", "Green Red")
    session.tx(name, 5, "Beat", "Beat")
    session.tx(name, 6, "Beat", "Beat Beat")
    session.tx(name, 7, "Power", is_check=True, type=1)
    refusal = [("RedEnter", 0, 1, 2, "refused")]
    session.tx(name, 8, "Red", accepted=False, handlers=refusal)
    session.tx(name, 9, "Power Red", "Red Green Beat Lit", type=2)
    session.tx(name, 10, "Red", is_queued=True)
    session.tx(name, 11, "Red", type=3)
    return session.store()


def test_the_pytest_cases_do_it_again(lights: Store, tmp_path: Path) -> None:
    copied = [case_of(lights, Cursor(machine=0, pos=pos)) for pos in range(9)]
    assert all(each.text for each in copied), [each.what for each in copied]
    done = run([each.text for each in copied], tmp_path)
    assert done.returncode == 0, done.stdout
    assert "9 passed" in done.stdout


def test_the_pytest_case_fails_when_the_schema_is_another(lights: Store, tmp_path: Path) -> None:
    source = case_of(lights, Cursor(machine=0, pos=3)).text
    changed = source.replace("State(require=['Power'], remove=['Red'])", "State()")
    assert changed != source
    done = run([changed], tmp_path)
    assert done.returncode == 1, done.stdout
    assert "AssertionError" in done.stdout


def test_what_is_no_case_says_why(lights: Store) -> None:
    assert "queued" in case_of(lights, Cursor(machine=0, pos=9)).what
    assert "eval" in case_of(lights, Cursor(machine=0, pos=10)).what


def test_schema_and_network_are_flowcharts(store: Store, at: Place) -> None:
    schema, network = schema_of(store, at(2)), network_of(store, at(2))
    assert "flowchart TD" in schema.text
    assert '["● Connected ▲ 1"]' in schema.text
    assert '["● sim-p2' in network.text
    assert schema_of(store, Cursor()).text == ""
