"""What a recording's messages add up to: clocks, counts, what is missing, who is connected.

Pure: fed with one message after another in file order, it reads no file and shows nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from msgspec import Raw, Struct

from am_dbg.recording.records import Channel
from telemetry.messages import (
    DbgMsgGap,
    DbgMsgStruct,
    Decoder,
    Uint,
    decode_gap,
    decode_struct,
)


class TxCounts(Struct):
    """The part of a transition that is counted; its lists of things stay encoded."""

    seq: Uint = 0
    time: Uint = 0
    clocks: list[Uint] | None = None
    ticks: list[tuple[Uint, Uint]] | None = None
    steps: list[Raw] = []
    log_entries: list[Raw] = []
    pre_log_entries: list[Raw] = []
    is_auto: bool = False
    accepted: bool = False
    is_check: bool = False
    is_queued: bool = False


class Event(Struct):
    """The part of a recorder's event that is counted."""

    kind: str = ""
    conn: str = ""
    machine_id: str = ""
    instance: str = ""


decode_counts = Decoder(TxCounts)
decode_event = Decoder(Event)


class SeqNumbers:
    """The ``seq`` numbers of one instance that have come, and the ranges that have not."""

    __slots__ = ("_first", "_last", "top")

    def __init__(self) -> None:
        self.top = 0
        self._first: list[int] = []  # of each missing range, ascending
        self._last: list[int] = []

    @property
    def ranges(self) -> int:
        """How many ranges are missing."""
        return len(self._first)

    @property
    def missing(self) -> int:
        """How many numbers are missing."""
        return sum(self._last) - sum(self._first) + len(self._first)

    def add(self, seq: int) -> bool:
        """Takes the number of a message that came; False if it had come before."""
        if seq == self.top + 1:
            self.top = seq
            return True
        if seq > self.top:
            self.expect(seq - 1)
            self.top = seq
            return True
        at = bisect_right(self._first, seq) - 1
        if at < 0 or self._last[at] < seq:
            return False
        first, last = self._first[at], self._last[at]
        keep = [part for part in ((first, seq - 1), (seq + 1, last)) if part[0] <= part[1]]
        self._first[at : at + 1] = [part[0] for part in keep]
        self._last[at : at + 1] = [part[1] for part in keep]
        return True

    def expect(self, last: int) -> None:
        """Numbers up to ``last`` have been given to messages, whether they come or not."""
        if last > self.top:
            if self._last and self._last[-1] == self.top:
                self._last[-1] = last
            else:
                self._first.append(self.top + 1)
                self._last.append(last)
            self.top = last


class Clocks:
    """The clocks of one instance, followed through its messages in the order they came.

    ``running`` is what ``ticks`` add to: after the previous message of any kind, one that came
    twice included. ``last`` is what is known of the machine: after the last message that is news.
    """

    __slots__ = ("_states", "last", "running")

    def __init__(self) -> None:
        self._states: list[str] = []
        self.running: list[int] = []
        self.last: list[int] = []

    def schema(self, states: list[str], clocks: Sequence[int] | None) -> None:
        """A schema came; clocks that it doesn't give are kept by the names of their states."""
        if states != self._states:
            known = dict(zip(self._states, self.running, strict=False))
            self.running = [known.get(name, 0) for name in states]
            self._states = states
        if clocks is not None:
            self.running = self._whole(clocks)
        self.last = self.running.copy()

    def transition(
        self,
        clocks: Sequence[int] | None,
        ticks: Sequence[tuple[int, int]] | None,
        news: bool = True,
    ) -> None:
        """A transition came; not ``news`` when it had come before."""
        if clocks is not None:
            self.running = self._whole(clocks)
        elif ticks:
            for index, added in ticks:
                if index >= len(self.running):
                    self.running += [0] * (index + 1 - len(self.running))
                self.running[index] += added
        if news:
            self.last = self.running.copy() if clocks is None and ticks else self.running

    def _whole(self, clocks: Sequence[int]) -> list[int]:
        return [*clocks, *(0 for _ in range(len(self._states) - len(clocks)))]


class MachineAccount:
    """One machine instance's totals. Times are effective ones in Unix ns, None without any."""

    __slots__ = (
        "_gap_messages", "_reported", "accepted", "auto", "canceled", "checks", "clocks", "conns",
        "duplicates", "first_time", "id", "instance", "last_time", "log_entries", "queued",
        "schema", "seqs", "steps",
    )  # fmt: skip

    def __init__(self, machine_id: str, instance: str) -> None:
        self.id = machine_id
        self.instance = instance
        self.schema: DbgMsgStruct | None = None
        self.clocks = Clocks()
        self.seqs = SeqNumbers()
        self.conns: set[str] = set()
        self.accepted = self.canceled = self.queued = self.auto = self.checks = 0
        self.log_entries = self.steps = self.duplicates = 0
        self.first_time: int | None = None
        self.last_time: int | None = None
        self._gap_messages = 0
        self._reported = 0

    @property
    def states(self) -> list[str]:
        """Names of the states, of the last schema."""
        return self.schema.states_index if self.schema else []

    @property
    def transitions(self) -> int:
        """Executed, canceled and checked mutations."""
        return self.accepted + self.canceled

    @property
    def lost(self) -> int:
        """Messages that never came; what gap messages say where nothing is numbered."""
        return self.seqs.missing or self._reported

    @property
    def gaps(self) -> int:
        """In how many places messages are missing."""
        return self.seqs.ranges or self._gap_messages

    @property
    def last_clocks(self) -> list[int]:
        """The last known ticks, as many as there are states."""
        count = len(self.states)
        return [*self.clocks.last[:count], *(0 for _ in range(count - len(self.clocks.last)))]

    def add_schema(self, message: DbgMsgStruct) -> None:
        """Counts a schema."""
        self.schema = message
        self.clocks.schema(message.states_index, message.clocks)

    def add_gap(self, message: DbgMsgGap) -> None:
        """Counts a gap; numbered ones are known from the numbers."""
        if message.last_seq:
            self.seqs.expect(message.last_seq)
        else:
            self._gap_messages += 1
            self._reported += message.lost

    def add_tx(self, message: TxCounts, arrival: int) -> bool:
        """Counts a transition that arrived then (Unix ns); False if it had come before."""
        news = not message.seq or self.seqs.add(message.seq)
        self.clocks.transition(message.clocks, message.ticks, news)
        if not news:
            self.duplicates += 1
            return False
        at = message.time or arrival
        if self.last_time is None:
            self.first_time = self.last_time = at
        elif at > self.last_time:
            self.last_time = at
        self.steps += len(message.steps)
        self.log_entries += len(message.log_entries) + len(message.pre_log_entries)
        if message.is_queued:
            self.queued += 1
            return True
        if message.accepted:
            self.accepted += 1
        else:
            self.canceled += 1
        self.auto += message.is_auto
        self.checks += message.is_check
        return True


class Accounting:
    """The totals of a recording: machines in order of appearance, records, events by kind."""

    def __init__(self) -> None:
        self.machines: dict[tuple[str, str], MachineAccount] = {}
        self.records = 0
        self.events: dict[str, int] = {}
        self._open: set[str] = set()
        self._by_channel: dict[Channel, MachineAccount] = {}

    def add(self, channel: Channel, arrival: int, data: bytes) -> None:
        """Counts one message. Raises ShapeError if it isn't what its channel says."""
        kind = channel.kind
        if kind == "DbgMsgTx":
            self.records += 1
            self._machine(channel).add_tx(decode_counts(data), arrival)
        elif kind == "DbgMsgStruct":
            self.records += 1
            self._machine(channel).add_schema(decode_struct(data))
        elif kind == "DbgMsgGap":
            self.records += 1
            self._machine(channel).add_gap(decode_gap(data))
        elif kind == "DbgEvent":
            self._add_event(decode_event(data))

    def connected(self, machine: MachineAccount) -> bool:
        """Whether a connection that the machine is on was open at the end."""
        return not self._open.isdisjoint(machine.conns)

    def _machine(self, channel: Channel) -> MachineAccount:
        machine = self._by_channel.get(channel)
        if machine is None:
            key = channel.topic, channel.metadata.get("instance", "")
            machine = self.machines.get(key)
            if machine is None:
                machine = self.machines[key] = MachineAccount(*key)
            machine.conns.add(channel.metadata.get("conn", ""))
            self._by_channel[channel] = machine
        return machine

    def _add_event(self, event: Event) -> None:
        self.events[event.kind] = self.events.get(event.kind, 0) + 1
        if event.kind == "connected":
            self._open.add(event.conn)
        elif event.kind == "disconnected":
            self._open.discard(event.conn)
        elif event.kind == "recovered":
            self._open.clear()  # the recorder had died, and its connections with it
        elif event.kind == "resumed":
            machine = self.machines.get((event.machine_id, event.instance))
            if machine is not None:
                machine.conns.add(event.conn)
