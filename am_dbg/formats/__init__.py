"""Files that are not recordings, read into one: sessions saved by the Go debugger."""

from __future__ import annotations

from pathlib import Path


def imported(path: Path) -> Path:
    """The recording to open for a file: itself, or a dump's import. Raises UserError."""
    from am_dbg.formats.opening import as_recording  # loads the gob reader only when it's needed

    return as_recording(path)
