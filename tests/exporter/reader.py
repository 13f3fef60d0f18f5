"""A reader of dbg messages that takes the protocol at its word, and says where it was broken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Map = dict[str, Any]


@dataclass
class Seen:
    """What a reader knows of one machine instance."""

    schema: Map
    clocks: list[int]
    seqs: set[int] = field(default_factory=set)
    clocks_at: dict[str, list[int]] = field(default_factory=dict)
    """Clocks after each transition, by its id."""
    messages: list[Map] = field(default_factory=list)
    gaps: list[Map] = field(default_factory=list)
    schemas: int = 1
    needs_whole: bool = True
    since_whole: int = 0

    def lost(self) -> int:
        return max(self.seqs, default=0) - len(self.seqs)

    def transitions(self) -> list[Map]:
        return [m for m in self.messages if not m.get("is_queued")]

    def queued(self) -> list[Map]:
        return [m for m in self.messages if m.get("is_queued")]


class Reader:
    """Applies messages in the order of arrival."""

    def __init__(self) -> None:
        self.machines: dict[tuple[str, str], Seen] = {}

    def __getitem__(self, machine_id: str) -> Seen:
        found = [seen for (known, _), seen in self.machines.items() if known == machine_id]
        assert len(found) == 1, f"{machine_id}: {len(found)} instances"
        return found[0]

    def apply(self, method: str, message: Map) -> None:
        if method == "DbgMsgStruct":
            self._schema(message)
        elif method == "DbgMsgTx":
            self._tx(message)
        elif method == "DbgMsgGap":
            seen = self._of(message)
            seen.gaps.append(message)
            seen.needs_whole = True

    def reconnected(self) -> None:
        """From here on each machine has to begin with its schema and whole clocks."""
        for seen in self.machines.values():
            seen.needs_whole = True

    def _of(self, message: Map) -> Seen:
        key = (message["machine_id"], message["instance"])
        assert key in self.machines, f"{key} has no schema yet"
        return self.machines[key]

    def _schema(self, message: Map) -> None:
        key = (message["id"], message["instance"])
        clocks = list(message["clocks"])
        assert len(clocks) == len(message["states_index"])
        seen = self.machines.get(key)
        if seen is None:
            self.machines[key] = Seen(message, clocks)
            return
        seen.schema, seen.clocks = message, clocks
        seen.schemas += 1
        seen.needs_whole = True

    def _tx(self, message: Map) -> None:
        seen = self._of(message)
        if message["seq"] in seen.seqs:
            return
        seen.seqs.add(message["seq"])
        seen.messages.append(message)
        assert not ("clocks" in message and "ticks" in message)
        if "clocks" in message:
            seen.clocks = list(message["clocks"])
            seen.since_whole = 0
            if not message.get("is_queued"):
                seen.needs_whole = False
        else:
            assert not seen.needs_whole, "differences after a gap, a reconnect or a new schema"
            seen.since_whole += 1
            assert seen.since_whole <= 256
            for index, ticks in message.get("ticks", ()):
                seen.clocks[index] += ticks
        if not message.get("is_queued"):
            seen.clocks_at[message["id"]] = seen.clocks.copy()
