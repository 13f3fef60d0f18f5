"""The documentation: every block runs as it stands, and everything public is in it."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import asyncmachine
from asyncmachine import Machine
from tests.kernel import test_quirks

DOCS = Path(__file__).parents[2] / "docs"
KERNEL = (DOCS / "kernel.md").read_text()
COOKBOOK = (DOCS / "cookbook.md").read_text()


def blocks(text: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)


@pytest.mark.parametrize(
    ("text", "least"), [(KERNEL, 9), (COOKBOOK, 10)], ids=["kernel", "cookbook"]
)
def test_the_blocks_run(text: str, least: int) -> None:
    found = blocks(text)
    assert len(found) >= least
    program = "\n".join(f"exec({block!r}, {{}})" for block in found)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_the_cookbook_has_ten_patterns() -> None:
    assert re.findall(r"^## (\d+)\.", COOKBOOK, re.M) == [str(n) for n in range(1, 11)]


def public(owner: object) -> Iterator[tuple[str, object]]:
    """What a class of ours (bases included) or a module of ours defines."""
    if isinstance(owner, type):
        for base in owner.__mro__:
            if base.__module__.startswith("asyncmachine"):
                yield from ((n, v) for n, v in vars(base).items() if not n.startswith("_"))
    elif isinstance(owner, ModuleType):
        for name, value in vars(owner).items():
            if name.startswith("_"):
                continue
            if getattr(value, "__module__", None) == owner.__name__ and inspect.isroutine(value):
                yield name, value


def members() -> Iterator[tuple[str, str, object]]:
    for owner in asyncmachine.__all__:
        value = getattr(asyncmachine, owner)
        yield "", owner, value
        for name, member in public(value):
            yield f"{owner}.", name, member


def documented(value: object) -> bool:
    if isinstance(value, property):
        return bool(value.__doc__)
    if inspect.isfunction(value) or isinstance(value, classmethod | staticmethod | type):
        return bool(inspect.getdoc(value))
    return True


def test_everything_public_has_a_docstring() -> None:
    assert [owner + name for owner, name, value in members() if not documented(value)] == []


def test_everything_public_is_in_the_documentation() -> None:
    words = set(re.findall(r"\w+", KERNEL))
    assert [name for name in asyncmachine.__all__ if name not in words] == []
    methods = {name for name, _ in public(Machine)}
    assert sorted(methods - words) == []
    helpers = [
        f"{owner}{name}"
        for owner, name, value in members()
        if owner and not owner.startswith("Machine.") and inspect.isroutine(value)
        if name not in words
    ]
    assert helpers == []


def test_every_defect_has_its_test() -> None:
    rows = re.findall(r"^\| (\d+) \|", KERNEL.split("## Defects of the original")[1], re.M)
    assert rows == [str(n) for n in range(1, 29)]
    tested = {name[5:7] for name in vars(test_quirks) if re.match(r"test_\d\d_", name)}
    assert {f"{int(row):02}" for row in rows} - tested == {"28"}, "what can't be seen"
