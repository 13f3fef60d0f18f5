"""The work itself, without machines: make a folder of files, hash, compress and verify them."""

from __future__ import annotations

import gzip
import hashlib
import random
import zlib
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

WORDS = ["state", "clock", "tick", "queue", "relation", "handler", "mutation", "machine", "auto"]


class DamagedError(Exception):
    """What was written is not what was read."""


@dataclass(frozen=True)
class Job:
    """One file to pack, and which attempt it is."""

    path: Path
    size: int
    attempt: int = 1


def make_samples(folder: Path, dice: random.Random) -> None:
    """Fill ``folder`` with texts, noise and big files, and one link that leads nowhere."""
    for number in range(1, 15):
        words = dice.choices(WORDS, k=dice.randint(200, 20_000))
        (folder / f"text-{number:02}.txt").write_text(" ".join(words), "utf-8")
    for number in range(1, 7):
        (folder / f"noise-{number}.bin").write_bytes(dice.randbytes(dice.randint(1_000, 200_000)))
    for number in range(1, 4):
        pattern = dice.randbytes(1000)
        (folder / f"big-{number}.dat").write_bytes(pattern * dice.randint(1_000, 3_000))
    (folder / "gone.txt").symlink_to(folder / "nowhere")


def hash_file(source: BufferedReader) -> str:
    """SHA-256 of an open file, which is left at its start."""
    source.seek(0)
    digest = hashlib.file_digest(source, "sha256").hexdigest()
    source.seek(0)
    return digest


def compress(source: BufferedReader, target: Path, lose_end: bool) -> int:
    """Write ``source``, compressed, to ``target``; the bytes written.

    lose_end: what a failing disk does, so that there is something to verify.
    """
    packed = gzip.compress(source.read(), compresslevel=6)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(packed[: len(packed) // 2] if lose_end else packed)
    return len(packed)


def verify(target: Path, digest: str) -> None:
    """Unpack ``target`` and compare. Raises DamagedError."""
    try:
        found = hashlib.sha256(gzip.decompress(target.read_bytes())).hexdigest()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DamagedError(f"{target.name}: {error}") from error
    if found != digest:
        raise DamagedError(f"{target.name}: the hash differs")
