"""One writer a file: an advisory lock, which ends with the process however it ends."""

from __future__ import annotations

import sys
import time

ATTEMPTS = 10
"""Tries at the lock, 20 ms apart: a reader that asks who writes has it for a moment."""

if sys.platform == "win32":  # pragma: no cover - no flock there; then nobody checks

    def lock(fd: int) -> bool:
        """Takes the lock; False when another process has it."""
        return True

    def is_locked(fd: int) -> bool:
        """Whether a process has the lock."""
        return False

else:
    import fcntl

    def lock(fd: int) -> bool:
        """Takes the lock; False when another process has it."""
        for _ in range(ATTEMPTS):
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                time.sleep(0.02)
            else:
                return True
        return False

    def is_locked(fd: int) -> bool:
        """Whether a process has the lock."""
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        fcntl.flock(fd, fcntl.LOCK_UN)
        return False
