"""The index: rate, memory, query times, over a synthetic recording of 50 machines with 20 states.

Run: python benchmarks/store.py [--transitions N]. Peers in the same run: a fixed calibration loop,
and msgspec decoding the same messages and doing nothing with them.
"""

from __future__ import annotations

import argparse
import gc
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

from am_dbg.recording import RecordingReader, RecordingWriter
from am_dbg.store import Flag, Store
from am_dbg.store.fields import decode_fast
from am_dbg.store.search import search_outward
from telemetry.messages import DbgMsgStruct, DbgMsgTx, StateDef, encode

MACHINES, STATES = 50, 20
START = 1_700_000_000_000_000_000


def synthetic(path: Path, transitions: int, seed: int = 1) -> None:
    """Write a recording: about 2.4 changed states, 5 steps and 2 log lines a transition."""
    rng = random.Random(seed)
    names = [f"State{i:02}" for i in range(STATES - 1)] + ["Exception"]
    with RecordingWriter(path) as writer:
        channels = []
        for no in range(MACHINES):
            meta = {"conn": str(no % 4 + 1), "instance": f"{no:016x}", "service": "bench"}
            schema = DbgMsgStruct(
                id=f"machine-{no:02}",
                states_index=names,
                states={name: StateDef() for name in names},
                parent=f"machine-{no // 7:02}" if no >= 7 else "",
                instance=meta["instance"],
            )
            kind = writer.channel(schema.id, "DbgMsgStruct", meta)
            writer.write(kind, START, START, encode(schema))
            channels.append(writer.channel(schema.id, "DbgMsgTx", meta))
        _write_transitions(writer, channels, transitions, rng)


def _write_transitions(writer, channels, transitions, rng) -> None:  # type: ignore[no-untyped-def]
    clocks = [[0] * STATES for _ in channels]
    seqs = [0] * len(channels)
    time = START
    for k in range(transitions):
        no = rng.randrange(len(channels))
        time += rng.randrange(1000, 60_000)
        seqs[no] += 1
        canceled = rng.random() < 0.02
        count = 0 if canceled else rng.choice((1, 2, 2, 3, 4))
        changed = rng.sample(range(STATES - 1), count)
        if rng.random() < 0.0005:
            changed.append(STATES - 1)
        added = [(state, 1) for state in sorted(changed)]
        for state, plus in added:
            clocks[no][state] += plus
        keyframe = seqs[no] % 256 == 1
        tx = DbgMsgTx(
            machine_id=channels[no].topic,
            instance=channels[no].metadata["instance"],
            id=f"{rng.getrandbits(64):016x}",
            seq=seqs[no],
            time=time,
            duration=rng.randrange(1000, 90_000),
            clocks=clocks[no] if keyframe else None,
            ticks=None if keyframe or canceled else added,
            queue_tick=seqs[no],
            called_states_idxs=changed[:1],
            steps=[(4, -1, state, 1, None) for state in (changed * 5)[:5]],
            log_entries=[
                (2, f"[state] +State{changed[0] if changed else 0:02} -State{k % 20:02}"),
                (3, f"[add] worker {k % 977} took job number {k}"),
            ],
            accepted=not canceled,
        )
        writer.write(channels[no], time + 50_000, time, encode(tx))


def calibration() -> float:
    """Seconds for a fixed loop: what other figures can be scaled by."""
    start = process_time()
    x = 0
    for i in range(10**7):
        x += i
    return process_time() - start


def decode_alone(path: Path) -> float:
    """Seconds to read the file and decode the index's fields of each message, keeping nothing."""
    start = process_time()
    with RecordingReader(path) as reader:
        for block in reader.blocks():
            view = memoryview(block.data)
            for channel, _, _, at, end in block.messages():
                if channel.kind == "DbgMsgTx":
                    decode_fast(view[at:end])
    return process_time() - start


def resident() -> int:
    """Bytes of memory in use by this process (Linux), or 0."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
    except OSError:
        return 0


def quantiles(ask: Callable[[], object], times: int = 20_000) -> tuple[float, float]:
    """Microseconds, median and 99 %, of a query."""
    taken = []
    for _ in range(times):
        start = perf_counter()
        ask()
        taken.append(perf_counter() - start)
    taken.sort()
    return taken[times // 2] * 1e6, taken[times * 99 // 100] * 1e6


def queries(store: Store, rng: random.Random) -> dict[str, Callable[[], object]]:
    """Random questions, each about a random machine and position."""
    machines = [machine for machine in store.machines if len(machine)]

    def place() -> tuple[int, int, int]:
        machine = machines[rng.randrange(len(machines))]
        return machine.no, rng.randrange(len(machine)), rng.randrange(len(machine.states))

    places = [place() for _ in range(4096)]
    moments = [rng.randrange(store.first_time or 0, (store.last_time or 0) + 1) for _ in places]
    turn = iter(range(10**9))

    def at(ask: Callable[[int, int, int], object]) -> Callable[[], object]:
        return lambda: ask(*places[next(turn) & 4095])

    all_machines = store.machines
    return {
        "(choosing a place)": at(lambda no, pos, state: None),
        "clock of a state": at(lambda no, pos, state: all_machines[no].tick(state, pos)),
        "next change": at(lambda no, pos, state: all_machines[no].next_change(state, pos)),
        "previous change": at(lambda no, pos, state: all_machines[no].prev_change(state, pos)),
        "next error": at(lambda no, pos, state: all_machines[no].next_with(Flag.ERROR, pos)),
        "whole vector": at(lambda no, pos, state: all_machines[no].ticks(pos)),
        "changes of a row": at(lambda no, pos, state: all_machines[no].changes(pos)),
        "position at a moment": lambda: all_machines[places[next(turn) & 4095][0]].pos_at(
            moments[next(turn) & 4095]
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--transitions", type=int, default=300_000)
    parser.add_argument("--file", type=Path, help="a recording to use instead of a synthetic one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.file
        if path is None:
            path = Path(folder) / "synthetic.mcap"
            synthetic(path, options.transitions)
        report(path)


def report(path: Path) -> None:
    print(f"calibration loop {calibration():.3f} s")
    alone = decode_alone(path)
    gc.collect()
    gc.freeze()
    store = Store.open([path], cache=False)
    start = process_time()
    middle: tuple[int, int] | None = None
    while store.feed(0.004):
        done, there = store.progress()
        if middle is None and done > there // 2:
            middle = len(store), resident() - store.blocks.kept_bytes
    spent = process_time() - start
    total, kept = len(store), store.blocks.kept_bytes
    print(
        f"index: {total:,} transitions, {total / spent:,.0f}/s, {spent / total * 1e6:.2f} us each"
    )
    print(f"  read and decode alone: {total / alone:,.0f}/s; index takes {spent / alone:.2f}x that")
    if middle is not None:
        each = (resident() - kept - middle[1]) / (total - middle[0])
        print(f"  memory {each:.0f} bytes/transition, over the second half of the file")
    for name, ask in queries(store, random.Random(2)).items():
        median, tail = quantiles(ask)
        print(f"  {name:22} p50 {median:6.2f} us   p99 {tail:6.2f} us")
    for needle in ("nowhere to be found", "job number 77", "größe"):
        search_time(store, needle)
    store.close()
    second_opening(path)


def search_time(store: Store, needle: str) -> None:
    """Seconds of a whole search outward from the middle, and until its first twenty hits."""
    start = perf_counter()
    first, hits = None, 0
    for hit in search_outward(store, needle, len(store) // 2):
        hits += hit is not None
        if hits == 20 and first is None:
            first = perf_counter() - start
    whole = perf_counter() - start
    shown = "" if first is None else f", the first 20 after {first * 1e3:.1f} ms"
    print(f"  search {needle!r}: {whole:.2f} s, {hits:,} hits{shown}")


def second_opening(path: Path) -> None:
    """Seconds to open it with the index cache that the first opening left."""
    with Store.open([path]) as store:
        while store.feed():
            pass
    start = perf_counter()
    with Store.open([path]) as store:
        more = store.feed()
        spent = perf_counter() - start
        print(f"  second opening: {spent * 1e3:.0f} ms (cached: {store.cached}, more: {more})")


if __name__ == "__main__":
    main()
