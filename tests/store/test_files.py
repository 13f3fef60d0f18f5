"""Recordings that grow, are cut, damaged, several at once, removed; and the index cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from am_dbg.errors import UserError
from am_dbg.store import Store
from am_dbg.store.cache import cache_paths, snapshot
from am_dbg.store.search import Hit, search, search_outward
from tests.store.recordings import Tape, only


@pytest.fixture
def tape(tmp_path: Path) -> Tape:
    return Tape(tmp_path / "x.mcap")


def fed(*paths: Path, cache: bool = False) -> Store:
    store = Store.open(paths, cache=cache)
    while store.feed():
        pass
    return store


def test_a_growing_file_is_followed(tape: Tape) -> None:
    tape.schema()
    tape.tx()
    store = tape.store(close=False)
    version = store.version
    assert not store.feed()
    assert store.version == version
    assert not store.status.truncated
    tape.tx()
    tape.flush()
    assert not store.feed()
    assert (len(store), store.status.closed) == (2, False)
    assert store.version > version
    tape.writer.close()
    store.feed()
    assert store.status.closed
    assert store.progress()[0] == store.progress()[1] == tape.path.stat().st_size


def test_feed_works_in_slices(tape: Tape) -> None:
    tape.schema()
    for _ in range(2000):
        tape.tx()
    tape.writer.close()
    store = Store.open([tape.path], cache=False)
    assert store.feed(0)
    assert 0 < len(store) < 2000
    assert store.progress()[0] < store.progress()[1]
    while store.feed(0):
        pass
    assert len(store) == 2000


def test_a_cut_file_opens_and_says_so(tape: Tape) -> None:
    tape.schema()
    tape.tx()
    tape.writer.close()
    data = tape.path.read_bytes()
    tape.path.write_bytes(data[:-30])
    store = fed(tape.path)
    assert len(store) == 1
    assert store.status.truncated


def test_a_damaged_chunk_is_a_gap(tape: Tape) -> None:
    tape.schema()
    tape.tx(seq=1)
    tape.flush()
    begin = tape.path.stat().st_size
    tape.tx(seq=2, args={"text": "x" * 100})
    tape.flush()
    tape.tx(seq=3, clocks=[2, 0, 0, 0])
    tape.writer.close()
    data = bytearray(tape.path.read_bytes())
    data[begin + 80] ^= 0xFF
    tape.path.write_bytes(data)
    store = fed(tape.path)
    assert len(store.status.damage) == 1
    assert "bytes" in store.status.last_error
    assert only(store).counts.lost == 1


def test_several_files_at_once(tmp_path: Path) -> None:
    tapes = [Tape(tmp_path / f"{no}.mcap") for no in range(2)]
    for no, tape in enumerate(tapes):
        tape.now += no * 1_000_000_000
        tape.schema(f"m{no}", instance=f"i{no}")
        tape.tx(f"m{no}", instance=f"i{no}", id=f"t{no}", seq=1)
        tape.schema("both")
        tape.tx("both", seq=no + 1, id=f"b{no}", ticks=[(0, 1)])
        tape.writer.close()
    tapes.reverse()  # the order in which they are named doesn't matter
    store = fed(*(tape.path for tape in tapes))
    assert [machine.id for machine in store.machines] == ["m0", "both", "m1"]
    assert store.machines[1].last_ticks() == [2, 0, 0, 0]
    assert [store.message(n).id for n in range(4)] == ["t0", "b0", "t1", "b1"]


def test_machines_of_several_files_find_their_own_messages(tmp_path: Path) -> None:
    tapes = [Tape(tmp_path / f"{name}.mcap") for name in "xyz"]
    for number, tape in enumerate(tapes):
        tape.schema(f"m{number}", instance=f"i{number}")
        for k in range(10 + number):
            tape.tx(f"m{number}", instance=f"i{number}", id=f"{number}.{k}", ticks=[(0, 1)])
        tape.writer.close()
    store = fed(*(tape.path for tape in tapes))
    for number, log in enumerate(store.machines):
        ids = [store.message(log.n(pos)).id for pos in range(len(log))]
        assert ids == [f"{number}.{k}" for k in range(10 + number)]


def test_files_that_grow_side_by_side_keep_their_messages_apart(tmp_path: Path) -> None:
    tapes = [Tape(tmp_path / f"{name}.mcap") for name in "xy"]
    for number, tape in enumerate(tapes):
        tape.schema(f"m{number}", instance=f"i{number}")
        tape.flush()
    store = Store.open([tape.path for tape in tapes], cache=False)
    for round_ in range(3):
        for number, tape in enumerate(tapes):
            for k in range(500):
                message = {"id": f"{number}.{round_ * 500 + k}", "ticks": [(0, 1)]}
                tape.tx(f"m{number}", instance=f"i{number}", **message)
            tape.flush()
        store.feed(0)  # leaves off in the middle of a block
    while store.feed(0):
        pass
    for number, log in enumerate(store.machines):
        ids = [store.message(log.n(pos)).id for pos in range(len(log))]
        assert ids == [f"{number}.{k}" for k in range(1500)]


def test_what_is_no_recording_is_refused_and_nothing_stays_open(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "good.mcap")
    tape.writer.close()
    (tmp_path / "bad.mcap").write_bytes(b"not a recording at all")
    with pytest.raises(UserError, match="bad"):
        Store.open([tape.path, tmp_path / "bad.mcap"])


def test_a_file_overwritten_under_the_store_is_told_not_raised(tape: Tape) -> None:
    tape.schema()
    for k in range(60):
        tape.tx(args={"text": f"{k}" * 20_000})
        tape.flush()
    tape.writer.close()
    store = fed(tape.path)
    store.blocks._kept.clear()
    with tape.path.open("r+b") as file:
        file.truncate(100)
    message = store.message(3)
    assert (message.machine_id, message.args) == ("m", {})
    assert store.status.errors


def test_a_file_removed_or_cut_while_followed_is_told_once(tape: Tape) -> None:
    tape.schema()
    tape.tx()
    store = tape.store(close=False)
    version = store.version
    tape.path.rename(tape.path.with_name("elsewhere"))
    for _ in range(2):
        store.feed()
    assert list(store.status.errors) == [
        "x.mcap: the file was removed; what came so far stays here"
    ]
    assert store.version == version + 1
    assert store.message(0).machine_id == "m"


def test_a_cache_that_cannot_be_beside_is_in_the_user_s_cache_folder(
    tape: Tape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    fill(tape)
    store = tape.store()
    cache_paths(tape.path)[0].mkdir()
    taken = snapshot(store)
    assert taken is not None
    assert taken.save() == cache_paths(tape.path)[1]
    assert cache_paths(tape.path)[1].is_relative_to(tmp_path / "cache")
    assert fed(tape.path, cache=True).cached


def cached(tape: Tape) -> Store:
    """The store that was indexed and saved, whose cache is beside the recording now."""
    store = tape.store()
    taken = snapshot(store)
    assert taken is not None
    assert taken.save() == cache_paths(tape.path)[0]
    return store


def fill(tape: Tape) -> None:
    tape.event("connected", conn="1", peer="p")
    tape.schema("top", instance="t")
    tape.schema("m", parent="top")
    for k in range(100):
        tape.tx(id=f"t{k}", seq=k + 1 + k // 50, ticks=[(k % 4, 1)], accepted=k % 7 != 0)
    tape.event("rejected", conn="1", code="shape", text="\udcff")


def test_a_cached_index_is_the_same_index(tape: Tape) -> None:
    fill(tape)
    fresh = cached(tape)
    store = fed(tape.path, cache=True)
    assert store.cached
    assert store.status == fresh.status
    assert list(store.time) == list(fresh.time)
    assert list(store.flags) == list(fresh.flags)
    for one, other in zip(store.machines, fresh.machines, strict=True):
        assert (one.label, one.parent, one.children) == (other.label, other.parent, other.children)
        assert one.counts == other.counts
        assert one.gaps == other.gaps
        assert one.spans == other.spans
        assert [one.ticks(p) for p in range(-1, 100)] == [other.ticks(p) for p in range(-1, 100)]
    assert store.find_tx("m", "t42") == 42
    assert store.message(42).id == "t42"


def test_late_messages_are_sorted_into_a_cached_index(tape: Tape) -> None:
    tape.schema()
    for seq in (1, 2, 4):
        tape.tx(id=f"t{seq}", seq=seq, ticks=[(0, 1)])
    with tape.store(close=False) as store:
        taken = snapshot(store)
        assert taken is not None
        taken.save()
    tape.tx(id="t5", seq=5, ticks=[(0, 1)])
    tape.tx(id="t3", seq=3, ticks=[(1, 1)])
    tape.writer.close()
    store = fed(tape.path, cache=True)
    assert store.cached
    machine = only(store)
    assert [store.message(machine.n(pos)).id for pos in range(5)] == ["t1", "t2", "t3", "t4", "t5"]
    assert machine.ticks(2) == [2, 1, 0, 0]
    assert machine.last_ticks() == [4, 1, 0, 0]
    assert list(store.time_sum) == [1, 2, 4, 5, 3]
    assert len(store) == 5


def test_an_index_of_another_recording_is_ignored(tape: Tape, tmp_path: Path) -> None:
    fill(tape)
    cached(tape)
    other = Tape(tmp_path / "other.mcap")
    fill(other)
    other.tx(id="more")
    other.writer.close()
    other.path.replace(tape.path)
    store = fed(tape.path, cache=True)
    assert not store.cached
    assert len(store) == 101


@pytest.mark.parametrize("damage", ["cut", "meta", "empty", "magic"])
def test_a_damaged_cache_is_ignored(tape: Tape, damage: str) -> None:
    fill(tape)
    cached(tape)
    path = cache_paths(tape.path)[0]
    data = bytearray(path.read_bytes())
    if damage == "cut":
        del data[-100:]
    elif damage == "empty":
        data.clear()
    else:
        data[{"meta": 300, "magic": 2}[damage]] ^= 0xFF
    path.write_bytes(data)
    store = fed(tape.path, cache=True)
    assert not store.cached
    assert len(store) == 100


def test_a_large_recording_is_cached_by_itself(tape: Tape) -> None:
    tape.schema()
    for _ in range(21_000):
        tape.tx()
    tape.writer.close()
    fed(tape.path, cache=True).close()
    store = Store.open([tape.path])
    assert store.cached
    assert not store.feed()
    assert len(store) == 21_000


def texts(store: Store, needle: str, start: int, step: int = 1) -> list[str]:
    return [hit.text for hit in search(store, needle, start, step) if hit]


@pytest.fixture
def searched(tape: Tape) -> Store:
    tape.schema("m", states=["Needle"])
    tape.schema("n", instance="i2", states=["Needle"])
    for k in range(40):
        tape.tx(
            id="Needle", log_entries=[(2, f"hay {k}"), (2, f"a needle {k}")] if k % 10 == 5 else []
        )
        tape.tx("n", instance="i2", args={"name": "NEEDLE"} if k == 20 else {})
        if k % 4 == 0:
            tape.flush()
    tape.tx(pre_log_entries=[(3, "Größe ÄNDERT")])
    return tape.store()


def test_search_goes_on_from_a_position_in_both_directions(searched: Store) -> None:
    assert texts(searched, "Needle", -1) == [
        "a needle 5",
        "a needle 15",
        "name=NEEDLE",
        "a needle 25",
        "a needle 35",
    ]
    assert texts(searched, "needle", 30) == ["name=NEEDLE", "a needle 25", "a needle 35"]
    assert texts(searched, "needle", 30, -1) == ["a needle 5"]
    assert texts(searched, "nothing", 0) == []
    assert texts(searched, "", 0) == []


def test_search_finds_letters_beyond_ascii_whatever_their_case(searched: Store) -> None:
    assert texts(searched, "größe ändert", 0) == ["Größe ÄNDERT"]


def test_search_within_a_machine_and_outward(searched: Store) -> None:
    hits = [hit for hit in search(searched, "needle", -1, machine=1) if hit]
    assert hits == [Hit(41, "arg", 0, "name=NEEDLE")]
    outward = [hit.n for hit in search_outward(searched, "needle", 41) if hit]
    assert sorted(outward) == [10, 30, 41, 50, 70]
    assert outward[0] == 41


def test_a_search_can_be_left_between_blocks(searched: Store) -> None:
    assert next(search(searched, "nothing", 0)) is None
