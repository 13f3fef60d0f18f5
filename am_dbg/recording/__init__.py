"""Recordings: append-only MCAP files that a recorder writes and viewers read while they grow.

What is in one: docs/recording.md. The container format: https://mcap.dev/spec.
"""

from __future__ import annotations

from am_dbg.recording.reader import Block, Damage, RecordingReader
from am_dbg.recording.records import Channel
from am_dbg.recording.writer import Gathered, RecordingWriter

__all__ = ["Block", "Channel", "Damage", "Gathered", "RecordingReader", "RecordingWriter"]
