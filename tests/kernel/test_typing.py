"""A type checker sees states and handlers: right code passes, each mistake is found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parent / "samples" / "user_code.py"

MISTAKES = {
    "misspelt state": ("door.tick(Door.Open)", "door.tick(Door.Opne)", "Opne"),
    "misspelt state in a decorator": ("on.enter(Door.Locked)", "on.enter(Door.Loked)", "Loked"),
    "wrong handler": (
        "def may_lock(self, event: Event) -> bool:",
        "def may_lock(self, event: int) -> bool:",
        "may_lock",
    ),
    "async negotiation": (
        "def may_lock(self, event: Event) -> bool:",
        "async def may_lock(self, event: Event) -> bool:",
        "may_lock",
    ),
    "wrong flag": ("State(auto=True,", "State(auto='yes',", "auto"),
    "not a state": ('door.add(Door.Open, args={"who": "me"})', "door.add(7)", "add"),
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


def test_right_code_passes_and_mistakes_are_found(tmp_path: Path) -> None:
    code = SAMPLE.read_text()
    assert check(code, tmp_path) == ""
    # One run for all mistakes: the checker takes a second to start.
    for right, wrong, _word in MISTAKES.values():
        assert right in code
        if "may_lock" not in wrong:
            code = code.replace(right, wrong)
    found = check(code, tmp_path)
    for name in ("misspelt state", "misspelt state in a decorator", "wrong flag", "not a state"):
        assert MISTAKES[name][2] in found, name


@pytest.mark.parametrize("name", ["wrong handler", "async negotiation"])
def test_wrong_handlers(name: str, tmp_path: Path) -> None:
    right, wrong, _word = MISTAKES[name]
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
