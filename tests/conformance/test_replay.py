"""The kernel does what the original does, and the replayer would notice if it didn't."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.replay import Case, cases, main, replay_case

VECTORS = Path(__file__).parent.parent / "data" / "conformance"
FILES = sorted(VECTORS.glob("*.jsonl.gz"))


def test_all_families_are_there() -> None:
    assert [path.name[0] for path in FILES] == ["0", "1", "2", "3", "4", "5"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.split(".")[0])
def test_vectors(path: Path) -> None:
    failures = {case["id"]: found for case in cases(path) if (found := replay_case(case))}
    assert failures == {}


def rich_case() -> Case:
    """A case in which every field that can be wrong is there."""
    for path in reversed(FILES):
        for case in cases(path):
            if case["order"] != "exact" or not case["has_steps"]:
                continue
            txs = [tx for end in case["expect"] for tx in end["txs"]]
            handlers = [h for tx in txs for h in tx.get("handlers", ())]
            has_calls = any("tick" in call for h in handlers for call in h.get("calls", ()))
            errors = any(end.get("err") for end in case["expect"])
            if has_calls and errors and any(tx.get("token") for tx in txs):
                return case
    raise AssertionError("no such case")


END_FIELDS = ("result", "clock", "qtick", "active", "qlen", "is_err", "err")
TX_FIELDS = (
    "type",
    "called",
    "auto",
    "check",
    "accepted",
    "qtick",
    "token",
    "targets",
    "targets_init",
    "before",
    "after",
    "mach_after",
    "handlers",
    "steps",
)


def spoiled(value: Any) -> Any:
    """Something of the same kind that is wrong."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, list):
        if value and isinstance(value[0], int):
            return [value[0] + 1, *value[1:]]
        return value[:-1] if value else ["Nothing"]
    return "x"


DEFAULTS = {"qlen": 0, "is_err": False, "err": None, "auto": False, "check": False, "token": 0}


@pytest.mark.parametrize("field", END_FIELDS)
def test_a_wrong_end_is_found(field: str) -> None:
    case = copy.deepcopy(rich_case())
    end = case["expect"][-1]
    end[field] = spoiled(end.get(field, DEFAULTS.get(field)))
    found = replay_case(case)
    assert len(found) == 1
    assert f": {field}: " in found[0]


@pytest.mark.parametrize("field", TX_FIELDS)
def test_a_wrong_transition_is_found(field: str) -> None:
    case = copy.deepcopy(rich_case())
    txs = [tx for end in case["expect"] for tx in end["txs"]]
    tx = next(tx for tx in txs if field in tx or field not in ("handlers", "steps"))
    fallback = {"mach_after": tx["after"], "targets_init": tx["targets"]}
    tx.setdefault("mach_after", tx["after"])
    tx.setdefault("targets_init", tx["targets"])
    tx[field] = spoiled(tx.get(field, {**DEFAULTS, **fallback}.get(field)))
    found = replay_case(case)
    assert found
    assert all(f": {field}: " in line for line in found)


@pytest.mark.parametrize("field", ["h", "b", "r", "calls"])
def test_a_wrong_handler_record_is_found(field: str) -> None:
    case = copy.deepcopy(rich_case())
    records = [h for e in case["expect"] for tx in e["txs"] for h in tx.get("handlers", ())]
    record = next(h for h in records if field in h)
    record[field] = spoiled(record[field])
    assert any(": handlers: " in line for line in replay_case(case))


@pytest.mark.parametrize("field", ["result", "tick", "do", "states"])
def test_a_wrong_call_is_found(field: str) -> None:
    case = copy.deepcopy(rich_case())
    calls = [
        call
        for end in case["expect"]
        for tx in end["txs"]
        for h in tx.get("handlers", ())
        for call in h.get("calls", ())
    ]
    call = next(call for call in calls if field in call)
    call[field] = spoiled(call[field])
    assert any(": handlers: " in line for line in replay_case(case))


@pytest.mark.parametrize("field", ["active", "clock", "qtick", "err"])
def test_a_wrong_start_is_found(field: str) -> None:
    case = copy.deepcopy(rich_case())
    case["start"][field] = spoiled(case["start"].get(field))
    found = replay_case(case)
    assert found[0].startswith(f"start: {field}: ")


def test_steps_are_compared_in_order() -> None:
    case = copy.deepcopy(rich_case())
    tx = next(
        tx
        for end in case["expect"]
        for tx in end["txs"]
        if len({tuple(step) for step in tx.get("steps", ())}) > 1
    )
    tx["steps"].sort(reverse=True)
    assert any(": steps: " in line for line in replay_case(case))


def test_a_missing_and_a_surplus_transition_are_found() -> None:
    case = copy.deepcopy(rich_case())
    case["expect"][0]["txs"].append(case["expect"][0]["txs"][0])
    case["expect"][1]["txs"].clear()
    found = replay_case(case)
    assert sum("number of transitions" in line for line in found) == 2


def test_what_the_kernel_raises_is_a_difference() -> None:
    case = copy.deepcopy(rich_case())
    case["ops"][0]["states"] = ["Nowhere"]
    assert replay_case(case)[0].startswith("StateError: ")


def test_command_counts_and_fails(tmp_path: Path) -> None:
    good = copy.deepcopy(rich_case())
    bad = copy.deepcopy(good)
    bad["expect"][0]["result"] = "nonsense"
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps(good) + "\n" + json.dumps(bad) + "\n")
    script = Path(__file__).parent / "replay.py"
    done = subprocess.run(
        [sys.executable, str(script), str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "1 passed, 1 failed"
    assert main([str(VECTORS / "0_examples.jsonl.gz")]) == 0


def test_handlers_run_while_binding_leave_no_trace() -> None:
    """A machine that starts in error runs handlers as they are bound, ahead of the first tracer."""
    case: Case = {
        "id": "starts-in-error",
        "order": "exact",
        "has_steps": False,
        "schema": [{"name": "A", "require": ["B"], "remove": ["B"]}, {"name": "B"}],
        "names": ["A", "B", "Exception"],
        "bindings": 1,
        "handlers": [{"b": 0, "name": "AnyState", "do": "can_add", "states": ["B"], "max": 1}],
        "start": {
            "txs": [],
            "active": ["Exception"],
            "clock": [0, 0, 3],
            "qtick": 3,
            "is_err": True,
            "err": "schema error: require-remove conflict for A to B",
        },
        "ops": [{"op": "add", "states": ["B"]}],
    }
    wanted = {
        **case["start"],
        "result": "executed",
        "txs": [
            {
                "type": "add",
                "called": ["B"],
                "accepted": True,
                "qtick": 4,
                "targets": ["Exception", "B"],
                "before": [0, 0, 3],
                "after": [0, 1, 3],
                "handlers": [{"h": "AnyState", "b": 0, "r": "ok"}],
            }
        ],
        "active": ["Exception", "B"],
        "clock": [0, 1, 3],
        "qtick": 4,
    }
    assert replay_case({**case, "expect": [wanted]}) == []
