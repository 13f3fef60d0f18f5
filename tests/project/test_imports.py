"""What each part loads: a static graph can't see deferred imports, a fresh interpreter can."""

from __future__ import annotations

import subprocess
import sys

import pytest

TERMINAL = ("textual", "rich")
KERNEL = ("asyncmachine",)
EXPORTERS = ("telemetry.dbg", "telemetry.outbox")


def loaded_by(statement: str) -> set[str]:
    """Names of the modules in a fresh interpreter after ``statement``."""
    code = f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("statement", "forbidden"),
    [
        ("import asyncmachine", (*TERMINAL, "telemetry", "am_dbg", "msgspec")),
        ("import telemetry", (*TERMINAL, *KERNEL, *EXPORTERS, "am_dbg")),
        ("import telemetry.dbg", (*TERMINAL, "am_dbg")),
        ("import am_dbg.commands.record", ("textual", *KERNEL, *EXPORTERS)),
        ("import am_dbg.commands.info", ("textual", *KERNEL, *EXPORTERS)),
        ("import am_dbg.commands.log", ("textual", *KERNEL, *EXPORTERS)),
        ("import am_dbg.commands.import_", ("textual", *KERNEL, *EXPORTERS)),
        ("import am_dbg.commands.demo", ("textual", *KERNEL, *EXPORTERS, "examples")),
        ("import am_dbg.model.cursor", ("textual", *KERNEL, *EXPORTERS)),
        ("import am_dbg.store", (*TERMINAL, *KERNEL, *EXPORTERS)),
        ("import am_dbg.ui.app", (*KERNEL, *EXPORTERS, "examples")),
    ],
)
def test_a_part_loads_only_what_it_may(statement: str, forbidden: tuple[str, ...]) -> None:
    assert loaded_by(statement).isdisjoint(forbidden)
