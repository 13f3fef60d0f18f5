"""Transitions a second that a recorder receives, validates and writes, and what that costs.

    python benchmarks/recorder.py [--count N]

Four connections from another process send transitions of 50 machines with 20 states (about 250
bytes, five steps, two log entries). A run ends when every connection's ``bye`` has been answered,
which happens once everything is written. CPU is the recorder's, its start not counted. Budgets:
300,000/s in batches of 64, 150,000/s with one a message. Ratios are to a fixed loop and to decoding
the same bytes with msgpack alone, in this run.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import msgpack

MACHINES, STATES, CONNECTIONS = 50, 20, 4


def transition(rng: random.Random, machine: int, seq: int, clocks: list[int]) -> bytes:
    """A transition as the exporter sends them."""
    ticks = [[i, 1] for i in sorted(rng.sample(range(STATES), rng.choice([1, 2, 2, 3, 4])))]
    for index, added in ticks:
        clocks[index] += added
    message: dict[str, Any] = {
        "machine_id": f"machine-{machine}",
        "instance": f"{machine:016x}",
        "id": f"{rng.getrandbits(64):016x}",
        "seq": seq,
        "time": 1_700_000_000_000_000_000 + seq * 1_000_000 + rng.randrange(1_000_000),
        "duration": rng.randrange(1_000_000),
        "queue_tick": seq,
        "called_states_idxs": [ticks[0][0]],
        "steps": [
            [kind, -1, rng.randrange(STATES), 0, None] for kind in (32, 1, 4, 8, 2)
        ],
        "log_entries": [[2, f"[state] +State{ticks[0][0]}"], [3, "[add] " + "x" * 12]],
        "accepted": True,
    }  # fmt: skip
    message |= {"clocks": list(clocks)} if seq % 256 == 1 else {"ticks": ticks}
    packed: bytes = msgpack.packb(message)
    return packed


def stream(connection: int, count: int, batch: int, requests: bool) -> tuple[bytes, int]:
    """All that one connection sends but the last request, and how many requests are in it."""
    rng = random.Random(connection)
    own = range(connection, MACHINES, CONNECTIONS)
    clocks = {machine: [0] * STATES for machine in own}
    names = [f"State{i}" for i in range(STATES)]
    schemas = [
        {"id": f"machine-{m}", "instance": f"{m:016x}", "states_index": names} for m in own
    ]  # fmt: skip
    out = [msgpack.packb([2, "DbgMsgStruct", schemas])]
    seqs = dict.fromkeys(own, 0)
    sent = asked = 0
    while sent < count:
        txs = []
        for _ in range(min(batch, count - sent)):
            machine = rng.choice(own)
            seqs[machine] += 1
            txs.append(transition(rng, machine, seqs[machine], clocks[machine]))
        sent += len(txs)
        size = len(txs)
        head = bytes([0x90 | size]) if size < 16 else b"\xdc" + size.to_bytes(2, "big")
        if requests:
            asked += 1
            head = b"\x94\x00" + msgpack.packb(asked) + msgpack.packb("DbgMsgTx") + head
        else:
            head = b"\x93\x02" + msgpack.packb("DbgMsgTx") + head
        out += [head, *txs]
    return b"".join(out), asked


def send(port: int, count: int, batch: int, requests: bool) -> None:
    """The sending process: prints ready, waits for a line, sends, prints the seconds it took."""
    parts = [stream(c, count // CONNECTIONS, batch, requests) for c in range(CONNECTIONS)]
    print("ready", flush=True)
    sys.stdin.readline()
    start = time.perf_counter()

    def run(data: bytes, asked: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as sock:
            answers = threading.Thread(target=read_answers, args=(sock, asked + 1))
            answers.start()
            sock.sendall(data + msgpack.packb([0, asked + 1, "bye", []]))
            answers.join()

    threads = [threading.Thread(target=run, args=part) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(time.perf_counter() - start, flush=True)


def read_answers(sock: socket.socket, count: int) -> None:
    unpacker = msgpack.Unpacker()
    while count:
        unpacker.feed(sock.recv(1 << 16))
        for _, msgid, error, _ in unpacker:
            if error is not None:
                raise SystemExit(f"request {msgid}: {error}")
            count -= 1


def measure(count: int, batch: int, requests: bool) -> tuple[float, float, int]:
    """Wall seconds, CPU seconds of the recorder with its start, its peak memory in KiB."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.mcap"
        recorder = subprocess.Popen(
            [sys.executable, "-m", "am_dbg", "record", "--listen", "127.0.0.1:0", "--output", path],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert recorder.stderr is not None
        port = int(recorder.stderr.readline().split("127.0.0.1:")[1].split(",")[0])
        options = ["--send", str(port), "--count", str(count), "--batch", str(batch)]
        options += ["--requests"] * requests
        client = subprocess.Popen(
            [sys.executable, __file__, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert client.stdin is not None
        assert client.stdout is not None
        client.stdout.readline()
        client.stdin.write("go\n")
        client.stdin.flush()
        seconds = float(client.stdout.readline())
        client.wait()
        recorder.send_signal(signal.SIGTERM)
        _, status, usage = os.wait4(recorder.pid, 0)
        recorder.returncode = os.waitstatus_to_exitcode(status)
        recorder.stderr.close()
        check(path, count)
        return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def check(path: Path, count: int) -> None:
    info = subprocess.run(
        [sys.executable, "-m", "am_dbg", "info", "--json", path], capture_output=True, check=True
    )
    found = json.loads(info.stdout)
    transitions = sum(machine["transitions"] for machine in found["machines"])
    if (transitions, found["rejected"]) != (count, 0):
        raise SystemExit(f"{transitions} of {count} recorded, {found['rejected']} rejected")


def calibrate() -> float:
    """Seconds of a fixed loop on this machine now."""
    x, start = 0, time.perf_counter()
    for i in range(10**7):
        x += i
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=600_000)
    parser.add_argument("--send", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--batch", type=int, default=64, help=argparse.SUPPRESS)
    parser.add_argument("--requests", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.send:
        send(args.send, args.count, args.batch, args.requests)
        return
    loop = calibrate()
    rng = random.Random(0)
    sample = [transition(rng, 0, seq, [0] * STATES) for seq in range(1, 20_001)]
    start = time.perf_counter()
    for data in sample:
        msgpack.unpackb(data)
    unpack = (time.perf_counter() - start) / len(sample) * 1e6
    size = sum(map(len, sample)) / len(sample)
    print(f"calibration loop {loop:.3f} s; msgpack.unpackb {unpack:.2f} us/tx; {size:.0f} bytes/tx")
    rows = [("64 a notification", 64, False, 300_000), ("64 a request", 64, True, 300_000),
            ("1 a notification", 1, False, 150_000)]  # fmt: skip
    idle = min(measure(CONNECTIONS, 1, False)[1] for _ in range(3))
    for name, batch, requests, budget in rows:
        seconds, cpu, memory = measure(args.count, batch, requests)
        rate, cost = args.count / seconds, (cpu - idle) / args.count * 1e6
        print(
            f"{name:18} {rate:9,.0f} tx/s (budget {budget:,}, {rate / budget:.2f}x)  "
            f"{cost:.2f} us CPU/tx ({1e6 / cost:,.0f} tx per CPU second, "
            f"{cost / unpack:.2f}x unpackb, {cost / loop:.1f} us per second of the loop)  "
            f"{memory / 1024:.0f} MiB"
        )


if __name__ == "__main__":
    main()
