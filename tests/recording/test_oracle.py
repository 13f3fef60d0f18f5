"""Our recordings and those of the ``mcap`` package, read by each other with CRCs checked."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcap.reader import NonSeekingReader, make_reader
from mcap.writer import CompressionType, IndexType, Writer

from am_dbg.errors import UserError
from am_dbg.recording import RecordingReader
from tests.recording.conftest import META, Row, read, write


def official(path: Path) -> list[Row]:
    with path.open("rb") as stream:
        reader = make_reader(stream, validate_crcs=True)
        return [
            (c.topic, s.name if s else "", m.log_time, m.publish_time, m.data)
            for s, c, m in reader.iter_messages(log_time_order=False)
        ]


def test_the_official_reader_reads_ours(tmp_path: Path, sample: list[list[Row]]) -> None:
    path = tmp_path / "a.mcap"
    write(path, sample)
    assert official(path) == list(itertools.chain(*sample))
    with path.open("rb") as stream:
        reader = make_reader(stream, validate_crcs=True)
        header, summary = reader.get_header(), reader.get_summary()
        later = [m.data for _, _, m in reader.iter_messages(topics=["a"], starting_at=14)]
    assert header.profile == "am-dbg"
    assert header.library.startswith("am-dbg/")
    assert summary is not None
    assert summary.statistics is not None
    assert summary.statistics.message_count == 6
    assert summary.statistics.channel_message_counts == {1: 1, 2: 3, 3: 1, 4: 1}
    assert (summary.statistics.message_start_time, summary.statistics.message_end_time) == (10, 15)
    assert len(summary.chunk_indexes) == summary.statistics.chunk_count == 3
    assert all(not index.message_index_offsets for index in summary.chunk_indexes)
    assert {c.message_encoding for c in summary.channels.values()} == {"msgpack"}
    assert summary.channels[1].metadata == META
    assert {s.name for s in summary.schemas.values()} == {"DbgMsgStruct", "DbgMsgTx", "DbgMsgGap"}
    assert later == [b"gap", b"z"]


def test_the_official_streaming_reader_checks_our_crcs(
    tmp_path: Path, sample: list[list[Row]]
) -> None:
    path = tmp_path / "a.mcap"
    write(path, sample)
    with path.open("rb") as stream:
        found = list(NonSeekingReader(stream, validate_crcs=True).iter_messages())
    assert len(found) == 6


@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("compression", [CompressionType.ZSTD, CompressionType.NONE])
def test_we_read_the_official_writers_files(
    tmp_path: Path, compression: CompressionType, chunked: bool
) -> None:
    path = tmp_path / "b.mcap"
    expected = foreign(path, compression, chunked, count=500)
    with RecordingReader(path) as reader:
        blocks = list(reader.blocks())
        found = [(log, block.data[a:b]) for block in blocks for _, log, _, a, b in block.messages()]
        assert (reader.closed, reader.truncated, reader.damage) == (True, False, [])
        assert [c.topic for c in reader.channels.values()] == ["t"]
        assert [reader.block_at(block.start).data for block in blocks] == [b.data for b in blocks]
    assert found == expected
    assert chunked == (len(blocks) > 1)


def test_lz4_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "lz4.mcap"
    foreign(path, CompressionType.LZ4, True, count=50)
    with pytest.raises(UserError, match=r"lz4.*mcap compress"):
        read(path)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(
            st.tuples(
                st.text(st.characters(codec="utf-8"), min_size=1, max_size=4),
                st.sampled_from(["DbgMsgStruct", "DbgMsgTx", "DbgMsgGap"]),
                st.integers(0, 2**63),
                st.integers(0, 2**63),
                st.binary(max_size=100),
            ),
            max_size=6,
        ),
        max_size=5,
    )
)
def test_whatever_is_written_is_read_by_both(tmp_path: Path, chunks: list[list[Row]]) -> None:
    path = tmp_path / "h.mcap"
    path.unlink(missing_ok=True)
    write(path, chunks)
    expected = list(itertools.chain(*chunks))
    assert read(path) == expected
    # without a chunk index the official reader sorts nothing, with one it orders chunks by time
    assert sorted(official(path)) == sorted(expected)


def foreign(
    path: Path, compression: CompressionType, chunked: bool, count: int
) -> list[tuple[int, bytes]]:
    """A file of the official writer with message indexes; its (log time, data)."""
    writer = Writer(
        str(path),
        chunk_size=500,
        compression=compression,
        index_types=IndexType.ALL,
        use_chunking=chunked,
        enable_data_crcs=True,
    )
    writer.start("other", "them")
    schema = writer.register_schema("DbgMsgTx", "", b"")
    channel = writer.register_channel("t", "msgpack", schema, {"instance": "i"})
    expected = []
    for number in range(count):
        data = b"%d" % number * (number % 20)
        writer.add_message(channel, number + 1, data, number, number)
        expected.append((number + 1, data))
    writer.add_metadata("m", {"a": "b"})
    writer.add_attachment(1, 1, "n", "text/plain", b"attached")
    writer.finish()  # type: ignore[no-untyped-call]  # the package left it without
    return expected
