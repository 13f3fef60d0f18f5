"""Runs the benchmarks one after the other, each in a process of its own: ``make bench``."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

NAMES = ("kernel", "exporter", "recorder", "store", "ui")


def main(names: list[str]) -> int:
    """Run the named benchmarks (all when none is named); 1 when one failed to run."""
    unknown = set(names) - set(NAMES)
    if unknown:
        print(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
        return 2
    print(f"Python {platform.python_version()}, {platform.machine()}, {platform.system()}")
    failed = 0
    for name in names or NAMES:
        print(f"\n== {name} ==", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}"]
        failed |= subprocess.run(command, cwd=Path(__file__).parent.parent).returncode != 0
    return int(failed)


sys.exit(main(sys.argv[1:]))
