"""Any file a user names, as a recording: dumps are imported once into the user's cache folder."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

from platformdirs import user_cache_path

from am_dbg.errors import UserError
from am_dbg.formats.dump import import_dump

DUMPS = (".gob.br", ".gob")
"""How the names of dumps end."""

VERSION = "1"
"""Grows when an import comes out differently, so that older ones in the cache are left alone."""


def is_dump(path: Path) -> bool:
    """Whether the file is, by its name, a session saved by the Go debugger."""
    return path.name.endswith(DUMPS)


def as_recording(path: Path) -> Path:
    """The recording to open for a file: itself, or a dump's import. Raises UserError."""
    if not is_dump(path):
        return path
    target = _cached(path)
    if not target.exists():
        part = target.with_name(f"{target.stem}.{os.getpid()}.part.mcap")
        part.unlink(missing_ok=True)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            import_dump(path, part)
            part.replace(target)
        except OSError as error:
            raise UserError(f"{target.parent}: {error.strerror}") from None
    return target


def _cached(path: Path) -> Path:
    try:
        stat = path.stat()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    key = f"{VERSION} {path.resolve()} {stat.st_size} {stat.st_mtime_ns}"
    digest = sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    stem = path.name.removesuffix(".br").removesuffix(".gob")
    return user_cache_path("am-dbg") / "imports" / f"{stem}-{digest}.mcap"
