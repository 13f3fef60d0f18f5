"""Cut, damaged and growing files."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from am_dbg.errors import UserError
from am_dbg.recording import RecordingReader, RecordingWriter
from tests.recording.conftest import Row, read, rows, write
from tests.recording.test_oracle import official


def starts(path: Path) -> list[tuple[int, int]]:
    with RecordingReader(path) as reader:
        return [(block.start, block.end) for block in reader.blocks()]


def test_cut_at_every_byte_reads_as_far_as_it_is_whole(
    tmp_path: Path, sample: list[list[Row]]
) -> None:
    whole, cut = tmp_path / "whole.mcap", tmp_path / "cut.mcap"
    write(whole, sample)
    ends = [end for _, end in starts(whole)]
    data = whole.read_bytes()
    for length in range(8, len(data)):
        cut.write_bytes(data[:length])
        complete = sum(end <= length for end in ends)
        with RecordingReader(cut) as reader:
            assert rows(reader) == list(itertools.chain(*sample[:complete])), length
            assert reader.truncated
            assert not reader.damage


@pytest.mark.parametrize("data", [b"", b"\x89MC", b"\x89MCAP0\r", b"hello, world", b"\0" * 100])
def test_what_is_no_recording_is_refused_in_one_line(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.mcap"
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"^[^\n]*x\.mcap: [^\n]+$"):
        RecordingReader(path)
    with pytest.raises(UserError, match="No such file"):
        RecordingReader(tmp_path / "missing.mcap")
    with pytest.raises(UserError, match="directory"):
        RecordingReader(tmp_path)


def test_a_flipped_byte_costs_its_chunk_only(tmp_path: Path, sample: list[list[Row]]) -> None:
    whole, bad = tmp_path / "whole.mcap", tmp_path / "bad.mcap"
    write(whole, sample)
    start, end = starts(whole)[1]
    for at in range(start, end):
        data = bytearray(whole.read_bytes())
        data[at] ^= 0x55
        bad.write_bytes(data)
        with RecordingReader(bad) as reader:
            found = rows(reader)
            if found == list(itertools.chain(*sample)):
                # times of the chunk are not covered by its CRC, and no reader needs them
                assert start + 9 <= at < start + 25
                continue
            assert found == sample[0] + sample[2], at - start
            assert reader.damage
            assert reader.damage[0].start == start
            assert reader.damage[-1].end == end
            assert reader.closed


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_damage_raises(tmp_path: Path, sample: list[list[Row]], data: st.DataObject) -> None:
    whole, bad = tmp_path / "whole.mcap", tmp_path / "bad.mcap"
    if not whole.exists():
        write(whole, sample)
    content = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(starts(whole)[0][0], len(content) - 1))
        span = data.draw(st.binary(min_size=1, max_size=12))
        content[at : at + len(span)] = span
    bad.write_bytes(content)
    expected = list(itertools.chain(*sample))
    assert all(row in expected for row in read(bad))
    copy = tmp_path / "copy.mcap"
    copy.write_bytes(content)
    with RecordingWriter(copy, append=True):
        pass
    assert read(copy) == read(bad)


def test_a_reader_goes_on_while_the_file_grows(tmp_path: Path, sample: list[list[Row]]) -> None:
    path = tmp_path / "live.mcap"
    writer = write(path, sample[:1], close=False)
    with RecordingReader(path) as reader:
        assert rows(reader) == sample[0]
        assert rows(reader) == []
        assert reader.recording
        assert not reader.truncated
        channel = writer.channel("new", "DbgMsgTx", {})
        writer.write(channel, 20, 20, b"later")
        assert rows(reader) == []
        writer.flush()
        assert rows(reader) == [("new", "DbgMsgTx", 20, 20, b"later")]
        writer.close()
        assert rows(reader) == []
        assert reader.closed
        assert not reader.recording


def test_a_reader_goes_on_after_an_append_to_the_closed_file(
    tmp_path: Path, sample: list[list[Row]]
) -> None:
    path = tmp_path / "a.mcap"
    write(path, sample)
    with RecordingReader(path) as reader:
        assert len(rows(reader)) == 6
        with RecordingWriter(path, append=True) as writer:
            writer.write(writer.channels[2], 30, 30, b"more")
        assert rows(reader) == [("a", "DbgMsgTx", 30, 30, b"more")]
        assert reader.closed


def test_append_repairs_any_cut(tmp_path: Path, sample: list[list[Row]]) -> None:
    whole, cut = tmp_path / "whole.mcap", tmp_path / "cut.mcap"
    write(whole, sample)
    ends = [end for _, end in starts(whole)]
    data = whole.read_bytes()
    for length in range(0, len(data) + 1, 3):
        cut.write_bytes(data[:length])
        if 0 < length < 8:
            with pytest.raises(UserError, match="cut within its first bytes"):
                RecordingWriter(cut, append=True)
            continue
        complete = sum(end <= length for end in ends)
        with RecordingWriter(cut, append=True) as writer:
            assert (writer.recovered is None) == (length in (0, len(data)))
            channel = writer.channel("again", "DbgMsgTx", {})
            assert channel.id == len({(r[0], r[1]) for c in sample[:complete] for r in c}) + 1
            writer.write(channel, 99, 99, b"went on")
        more = ("again", "DbgMsgTx", 99, 99, b"went on")
        expected = [*itertools.chain(*sample[:complete]), more]
        assert read(cut) == expected
        assert official(cut) == expected


def test_sequences_go_on_after_an_append(tmp_path: Path, sample: list[list[Row]]) -> None:
    path = tmp_path / "a.mcap"
    write(path, sample)
    with RecordingWriter(path, append=True) as writer:
        assert writer.channels[2].sequence == 3
        assert writer.channel("c", "DbgMsgTx", {}).schema_record == writer.channels[2].schema_record


def test_one_writer_a_file_and_no_overwriting(tmp_path: Path, sample: list[list[Row]]) -> None:
    path = tmp_path / "a.mcap"
    writer = write(path, sample, close=False)
    with pytest.raises(UserError, match="another recorder"):
        RecordingWriter(path, append=True)
    writer.close()
    with pytest.raises(UserError, match=r"exists.*--append"):
        RecordingWriter(path)
    with pytest.raises(UserError, match="No such file"):
        RecordingWriter(tmp_path / "no" / "a.mcap")


def test_golden_bytes(tmp_path: Path) -> None:
    path = tmp_path / "g.mcap"
    writer = RecordingWriter(path)
    writer.write(writer.channel("m", "DbgMsgTx", {"conn": "1"}), 2, 1, b"\x80")
    taken = writer.take()
    assert taken.records() == bytes.fromhex(
        "03 1600000000000000 0100 08000000 4462674d73675478 00000000 00000000"
        "04 2500000000000000 0100 0100 01000000 6d 07000000 6d73677061636b"
        "0d000000 04000000 636f6e6e 01000000 31"
        "05 1700000000000000 0100 00000000 0200000000000000 0100000000000000 80"
    )
    writer.close()
    data = path.read_bytes()
    assert data.startswith(b"\x89MCAP0\r\n\x01")
    assert data.endswith(b"\x89MCAP0\r\n")
    assert b"\x0f\x04\0\0\0\0\0\0\0\0\0\0\0" in data  # DataEnd without a CRC
