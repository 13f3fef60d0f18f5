"""Every Python block of docs/kernel.md runs as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

DOC = Path(__file__).parents[2] / "docs" / "kernel.md"


def test_the_blocks_run() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", DOC.read_text(), re.M | re.S)
    assert len(blocks) > 14
    program = "\n".join(f"exec({block!r}, {{}})" for block in blocks)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_all_public_names_have_docstrings() -> None:
    import inspect

    import asyncmachine

    bare = []
    for name in asyncmachine.__all__:
        value = getattr(asyncmachine, name)
        if inspect.isclass(value):
            for member, function in inspect.getmembers(value, inspect.isfunction):
                if not member.startswith("_") and not inspect.getdoc(function):
                    bare.append(f"{name}.{member}")
        if (inspect.isclass(value) or inspect.isfunction(value)) and not inspect.getdoc(value):
            bare.append(name)
    assert bare == []
