"""A type checker sees states and handlers: right code passes, each mistake is found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parent / "samples" / "user_code.py"

MISTAKES = {
    "misspelt state": ("door.tick(Door.Open)", "door.tick(Door.Opne)", 'no attribute "Opne"'),
    "misspelt state in a decorator": (
        "on.enter(Door.Locked)",
        "on.enter(Door.Loked)",
        'no attribute "Loked"',
    ),
    "wrong flag": ("State(auto=True,", "State(auto='yes',", 'Argument "auto" to "State"'),
    "misspelt argument": ("if visit.loud:", "if visit.luod:", 'has no attribute "luod"'),
    "wrong callback": ("earlier: Time, later", "earlier: str, later", 'Argument 1 to "on_change"'),
    "result of an eval": (
        "answer: int = door.eval",
        "answer: str = door.eval",
        'expression has type "int", variable has type "str"',
    ),
    "wait for no machines": ("when_each([door],", "when_each(door,", 'Argument 1 to "when_each"'),
    "not a state": (
        'door.add(Door.Open, args={"who": "me"})',
        "door.add(7)",
        'Argument 1 to "add"',
    ),
}
WRONG_HANDLERS = {
    "not an event": (
        "def may_lock(self, event: Event) -> bool:",
        "def may_lock(self, event: int) -> bool:",
    ),
    "async negotiation": (
        "def may_lock(self, event: Event) -> bool:",
        "async def may_lock(self, event: Event) -> bool:",
    ),
}


def check(code: str, folder: Path) -> str:
    path = folder / "code.py"
    path.write_text(code)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    return done.stdout + done.stderr


def test_right_code_passes(tmp_path: Path) -> None:
    assert check(SAMPLE.read_text(), tmp_path) == ""


def test_each_mistake_is_found_and_nothing_else(tmp_path: Path) -> None:
    code = SAMPLE.read_text()
    # One run for all mistakes: the checker takes a second to start.
    for right, wrong, _error in MISTAKES.values():
        assert code.count(right) == 1
        code = code.replace(right, wrong)
    found = check(code, tmp_path)
    for name, (_right, _wrong, error) in MISTAKES.items():
        assert error in found, name
    # The wrong callback is one where it is used, too.
    assert found.count("error:") == len(MISTAKES) + 1


@pytest.mark.parametrize("name", WRONG_HANDLERS)
def test_wrong_handlers(name: str, tmp_path: Path) -> None:
    right, wrong = WRONG_HANDLERS[name]
    found = check(SAMPLE.read_text().replace(right, wrong), tmp_path)
    assert 'Value of type variable "Asked"' in found


def test_the_sample_runs() -> None:
    done = subprocess.run(
        [sys.executable, str(SAMPLE)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_importing_the_kernel_loads_nothing_heavy() -> None:
    code = "import asyncmachine, sys; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in out.stdout.split()}
    heavy = {"textual", "rich", "asyncio", "anyio", "trio", "msgspec", "telemetry", "am_dbg"}
    assert not loaded & heavy
