from __future__ import annotations

from pathlib import Path

import pytest

from am_dbg.recording import RecordingReader, RecordingWriter

Row = tuple[str, str, int, int, bytes]
"""Topic, kind, log time, publish time, data of one message."""

META = {"conn": "1", "instance": "00000000000000aa", "service": "svc"}


def write(path: Path, chunks: list[list[Row]], close: bool = True) -> RecordingWriter:
    """A recording with these chunks; returned open unless ``close``."""
    writer = RecordingWriter(path)
    channels = {}
    for chunk in chunks:
        for topic, kind, log_time, publish_time, data in chunk:
            key = topic, kind
            if key not in channels:
                channels[key] = writer.channel(topic, kind, META)
            writer.write(channels[key], log_time, publish_time, data)
        writer.flush()
    if close:
        writer.close()
    return writer


def rows(reader: RecordingReader) -> list[Row]:
    """Every message that the reader finds from where it is."""
    return [
        (channel.topic, channel.kind, log_time, publish_time, block.data[start:end])
        for block in reader.blocks()
        for channel, log_time, publish_time, start, end in block.messages()
    ]


def read(path: Path) -> list[Row]:
    """Every message in the file."""
    with RecordingReader(path) as reader:
        return rows(reader)


@pytest.fixture
def sample() -> list[list[Row]]:
    """Three chunks, two machines, every kind of message."""
    return [
        [("a", "DbgMsgStruct", 10, 1, b"schema-a"), ("a", "DbgMsgTx", 11, 2, b"x" * 50)],
        [("b/\u00fc", "DbgMsgStruct", 12, 3, b""), ("a", "DbgMsgTx", 13, 4, b"y" * 200)],
        [("a", "DbgMsgGap", 14, 5, b"gap"), ("a", "DbgMsgTx", 15, 6, b"z")],
    ]
