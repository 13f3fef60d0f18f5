"""The screen: from a key press to the last painted byte, through a pseudo terminal.

Run: python -m benchmarks.ui [--transitions N]. The real command opens a synthetic recording at
200x50; keys go in as a terminal sends them, and a key counts as painted when the new position has
come out (its row is painted behind the panes). Budgets: first screen within 1 s, 25 ms (p95) for a
step at 1 M transitions, 40 ms (p99) while 20,000 transitions a second arrive.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path

from benchmarks.store import synthetic

ROWS, COLUMNS = 50, 200
POSITION = re.compile(rb"tx ([\d,]+)|schema\x1b")
CALIBRATION = 10**7


class Terminal:
    """The command in a pseudo terminal, and everything that it has written."""

    def __init__(self, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "am_dbg", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)
        self.written = bytearray()

    def wait_position(self, seconds: float, after: int = 0) -> tuple[float, int]:
        """(moment, position) of the last position that has come out since byte ``after``."""
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            ready, _, _ = select.select([self.master], [], [], 0.05)
            if ready:
                self.written += os.read(self.master, 1 << 16)
                found = POSITION.findall(self.written, after)
                if found:
                    return time.perf_counter(), int(found[-1].replace(b",", b"") or 0)
        raise TimeoutError("no position was painted")

    def drain(self, seconds: float = 0.05) -> None:
        """Read what still comes."""
        while select.select([self.master], [], [], seconds)[0]:
            self.written += os.read(self.master, 1 << 16)

    def press(self, keys: bytes, drain: float = 0.03) -> float:
        """Press a key; seconds until the new position is painted."""
        after = len(self.written)
        start = time.perf_counter()
        os.write(self.master, keys)
        end, _ = self.wait_position(5.0, after)
        self.drain(drain)
        return end - start

    def memory(self) -> int:
        """Resident memory in bytes."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def close(self) -> None:
        """End it."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self.master)


def report(name: str, seconds: list[float]) -> None:
    """Print percentiles in milliseconds."""
    seconds.sort()
    shown = (
        seconds[min(len(seconds) - 1, int(len(seconds) * p))] * 1000 for p in (0.5, 0.95, 0.99)
    )
    print("{:44} p50 {:6.1f}  p95 {:6.1f}  p99 {:6.1f} ms".format(name, *shown))


def keys_at_rest(terminal: Terminal) -> None:
    """Steps, jumps and a held key."""
    terminal.press(b"\x1b[H")  # home
    terminal.press(b"\x1b[C")
    report("next transition", [terminal.press(b"\x1b[C") for _ in range(200)])
    report("10 further", [terminal.press(b"]") for _ in range(100)])
    far = (b"\x1b[F", b"\x1b[D", b"\x1b[H", b"l")
    report("first, last and back", [terminal.press(key) for _ in range(30) for key in far])
    report("next canceled", [terminal.press(b"c") for _ in range(60)])
    after = len(terminal.written)
    start = time.perf_counter()
    os.write(terminal.master, b"\x1b[C" * 100)
    _, at = terminal.wait_position(10.0, after)
    while True:
        terminal.drain(0.2)
        latest = int(POSITION.findall(terminal.written, after)[-1].replace(b",", b"") or 0)
        if latest == at:
            break
        at = latest
    took = time.perf_counter() - start - 0.2
    print(f"{'a held key':44} {100 / took:.0f} transitions/s")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--transitions", type=int, default=300_000)
    parser.add_argument("--rate", type=int, default=20_000)
    options = parser.parse_args()
    start = time.perf_counter()
    x = 0
    for i in range(CALIBRATION):
        x += i
    print(f"{'calibration: a loop of 10 M additions':44} {time.perf_counter() - start:.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.mcap"
        synthetic(path, options.transitions)
        for name in ("first opening", "second opening"):
            start = time.perf_counter()
            terminal = Terminal(str(path))
            end, _ = terminal.wait_position(60.0)
            print(f"{name + ': to the first screen':44} {end - start:.2f} s")
            indexed(terminal, options.transitions)
            if name == "first opening":
                os.write(terminal.master, b"q")
                terminal.process.wait(10)
                terminal.close()
        keys_at_rest(terminal)
        print(f"{'memory':44} {terminal.memory() / 2**20:.0f} MiB")
        terminal.close()
        arriving(Path(folder), options.rate)


def indexed(terminal: Terminal, transitions: int) -> None:
    """Wait until the index is complete."""
    wanted = f"{transitions:,} tx".encode()
    deadline = time.perf_counter() + 120
    while wanted not in re.sub(rb"\x1b\[[\d;]*m", b"", terminal.written):
        terminal.drain()
        if time.perf_counter() > deadline:
            raise TimeoutError("the index was never complete")


def arriving(folder: Path, rate: int) -> None:
    """Keys while transitions arrive: a growing recording is tailed."""
    whole, growing = folder / "source.mcap", folder / "growing.mcap"
    synthetic(whole, rate * 12)
    data = whole.read_bytes()
    growing.write_bytes(data[: len(data) // 6])
    stop = threading.Event()

    def write() -> None:
        at, step, begin, ticks = len(data) // 6, len(data) // 240, time.perf_counter(), 0
        with growing.open("ab") as file:
            while at < len(data) and not stop.is_set():
                file.write(data[at : at + step])  # a twentieth of a second's worth
                file.flush()
                at, ticks = at + step, ticks + 1
                time.sleep(max(0.0, begin + ticks * 0.05 - time.perf_counter()))

    terminal = Terminal("--follow", str(growing))
    terminal.wait_position(60.0)
    terminal.drain(0.3)
    os.write(terminal.master, b"\x1b[H")
    terminal.drain(0.3)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        keys = [terminal.press(b"\x1b[C", 0.005) for _ in range(150)]
    finally:
        stop.set()
        writer.join()
        terminal.close()
    report(f"next transition, {rate:,} tx/s arriving", keys)


if __name__ == "__main__":
    main()
