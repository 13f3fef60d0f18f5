"""Group commit: messages gather on the event loop while a thread compresses and writes the last.

Whoever waits for his messages to be written is called once their chunk has been given to the
operating system. A disk that refuses is tried again and again; meanwhile clients are held back.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from am_dbg.recording import Channel, Gathered, RecordingWriter
from am_dbg.recording.writer import CHUNK_SIZE, EVENTS_KIND, EVENTS_TOPIC
from telemetry.messages import encode

INTERVAL = 0.05
"""Seconds that messages wait for company when nobody waits for them."""

FULL = 8 << 20
"""Bytes on their way to disk at which clients are held back, until half of it is left."""

RETRY = 0.5
"""Seconds between tries to write to a disk that refused."""

Waiter = Callable[[str | None], None]
"""Called with None once written, or with an error that says why it could not be."""


class _Batch:
    """A chunk on its way to disk, and who waits for it."""

    __slots__ = ("error", "gathered", "waiters")

    def __init__(self, gathered: Gathered, waiters: list[Waiter]) -> None:
        self.gathered = gathered
        self.waiters = waiters
        self.error: str | None = None


class Journal:
    """Writes to ``writer`` from one thread. Everything here but ``_work`` runs on the event loop.

    ``hold`` is called with True when clients have to be held back and with False when no longer,
    ``say`` with a line for the user.
    """

    def __init__(
        self, writer: RecordingWriter, hold: Callable[[bool], None], say: Callable[[str], None]
    ) -> None:
        self.writer = writer
        self._hold = hold
        self._say = say
        self._loop = asyncio.get_running_loop()
        self._events = self._events_channel()
        self._waiters: list[Waiter] = []
        self._in_flight: list[_Batch] = []
        self._bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._due = False
        self._closing_soon = False
        self._holding = False
        self._failing = False
        self._removed = False
        self._checked = time.monotonic()
        self._queue: queue.SimpleQueue[_Batch | None] = queue.SimpleQueue()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="am-dbg journal", daemon=True)
        self._thread.start()

    @property
    def failing(self) -> bool:
        """Whether the disk refuses what is to be written."""
        return self._failing

    def add(self, channel: Channel, log_time: int, publish_time: int, data: Any) -> None:
        """Adds one message; ``touch`` has to follow once a group of them is complete."""
        self.writer.gathered.add(channel, log_time, publish_time, data)

    def event(self, kind: str, **fields: Any) -> None:
        """Adds an event of the recorder, with the time. Closes no chunk."""
        now = time.time_ns()
        data = encode({"kind": kind, "time": now, **fields})
        self.writer.gathered.add(self._events, now, now, data)
        self._start_timer()

    def when_written(self, waiter: Waiter) -> None:
        """Calls ``waiter`` when all that has been added so far is written."""
        if self.writer.gathered.data:
            self._waiters.append(waiter)
            self.touch()
        elif self._in_flight:
            self._in_flight[-1].waiters.append(waiter)
        else:
            waiter(None)

    def touch(self) -> None:
        """Sees to it that what has been added gets written."""
        gathered = self.writer.gathered
        if len(gathered.data) >= CHUNK_SIZE:
            self._close_chunk()
        elif self._waiters and not self._in_flight:
            # At the end of this turn of the loop, so that other connections' data comes along.
            if not self._closing_soon:
                self._closing_soon = True
                self._loop.call_soon(self._close_now)
        elif gathered.data:
            self._start_timer()

    async def close(self) -> None:
        """Writes everything, the summary too, and closes the file. Raises OSError if it can't."""
        self._close_chunk()
        self._ending.set()
        self._queue.put(None)
        await self._loop.run_in_executor(None, self._thread.join)
        await asyncio.sleep(0)  # lets what the thread has reported reach those who wait
        if self._timer is not None:
            self._timer.cancel()
        await self._loop.run_in_executor(None, self.writer.close)

    def _events_channel(self) -> Channel:
        for channel in self.writer.channels.values():
            if channel.kind == EVENTS_KIND:
                return channel
        return self.writer.channel(EVENTS_TOPIC, EVENTS_KIND, {})

    def _start_timer(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(INTERVAL, self._interval_over)

    def _interval_over(self) -> None:
        self._timer = None
        if self._in_flight:
            self._due = True
        else:
            self._close_chunk()

    def _close_now(self) -> None:
        self._closing_soon = False
        if not self._in_flight:
            self._close_chunk()

    def _close_chunk(self) -> None:
        if not self.writer.gathered.data:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._due = False
        batch = _Batch(self.writer.take(), self._waiters)
        self._waiters = []
        self._in_flight.append(batch)
        self._bytes += len(batch.gathered.data)
        self._queue.put(batch)
        if self._bytes > FULL and not self._holding:
            self._holding = True
            self._hold(True)

    def _committed(self, batch: _Batch) -> None:
        self._in_flight.remove(batch)
        self._bytes -= len(batch.gathered.data)
        if self._failing and batch.error is None:
            self._failing = False
            self._say(f"{self.writer.path}: writing again, nothing was lost")
        for waiter in batch.waiters:
            waiter(batch.error)
        if self._holding and self._bytes <= FULL // 2 and not self._failing:
            self._holding = False
            self._hold(False)
        if self._due:
            self._close_chunk()
        else:
            self.touch()
        self._check_file()

    def _check_file(self) -> None:
        now = time.monotonic()
        if now - self._checked > 1 and not self._removed:
            self._checked = now
            if self.writer.removed:
                self._removed = True
                self._say(
                    f"{self.writer.path}: the file was removed; what comes is lost at the end"
                )

    def _failed(self, error: OSError) -> None:
        if not self._failing:
            self._failing = True
            self._say(f"{self.writer.path}: {error.strerror}; clients wait until there is room")
            if not self._holding:
                self._holding = True
                self._hold(True)

    def _work(self) -> None:
        """The thread: writes one batch after another."""
        call = self._loop.call_soon_threadsafe
        while (batch := self._queue.get()) is not None:
            while True:
                try:
                    self.writer.commit(batch.gathered)
                except OSError as error:
                    call(self._failed, error)
                    if self._ending.wait(RETRY):
                        batch.error = f"disk: {error.strerror}"
                        break
                else:
                    break
            call(self._committed, batch)
