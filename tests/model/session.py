"""Small recordings for tests: machines and transitions written down as a recorder would."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from am_dbg.model.text import Line
from am_dbg.recording import Channel, RecordingWriter
from am_dbg.store import Store
from telemetry.messages import DbgMsg, DbgMsgGap, DbgMsgStruct, DbgMsgTx, StateDef, encode

START = 1_790_000_000_000_000_000
MS = 1_000_000


class Session:
    """Writes a recording to ``path``; ``store()`` opens it, fully indexed.

    Times are given in ms after START. Clocks are kept, so that a transition is told by the states
    that it adds to or takes from the active ones.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writer = RecordingWriter(path)
        self.states: dict[str, list[str]] = {}
        self.clocks: dict[str, list[int]] = {}
        self.count = 0
        self._channels: dict[tuple[str, str], Channel] = {}

    def machine(
        self, name: str, states: Sequence[str], defs: dict[str, StateDef] | None = None, **more: Any
    ) -> Session:
        """A schema; ``defs`` says more of some states."""
        self.states[name] = list(states)
        self.clocks[name] = [0] * len(states)
        known = {state: (defs or {}).get(state, StateDef()) for state in states}
        schema = DbgMsgStruct(id=name, states_index=list(states), states=known, **more)
        return self.put(name, schema, START)

    def tx(self, name: str, at: float, called: str = "", changed: str = "", **more: Any) -> Session:
        """A transition ``at`` ms: names called, names whose clocks go one up, blank-separated."""
        self.count += 1
        index = self.states[name].index
        for state in changed.split():
            self.clocks[name][index(state)] += 1
        fields: dict[str, Any] = {
            "id": f"t{self.count}",
            "accepted": True,
            "clocks": list(self.clocks[name]) if changed else None,
            "called_states_idxs": [index(state) for state in called.split()],
            **more,
        }
        time = START + round(at * MS)
        return self.put(name, DbgMsgTx(machine_id=name, time=time, **fields), time)

    def gap(self, name: str, lost: int, reason: str = "outbox") -> Session:
        """A report of dropped messages."""
        return self.put(name, DbgMsgGap(machine_id=name, lost=lost, reason=reason), START)

    def put(self, name: str, message: DbgMsg, time: int) -> Session:
        """Any message."""
        kind = type(message).__name__
        channel = self._channels.get((name, kind))
        if channel is None:
            channel = self.writer.channel(name, kind, {"conn": "1"})
            self._channels[name, kind] = channel
        self.writer.write(channel, time, time, encode(message))
        return self

    def store(self) -> Store:
        """What has been written so far, indexed to its end."""
        self.writer.flush()
        store = Store.open([self.path], cache=False)
        while store.feed():
            pass
        return store


def text(line: Line) -> str:
    """A line without its meanings."""
    return "".join(span.text for span in line)


def feed_all(store: Store) -> None:
    """Index everything that has arrived."""
    while store.feed():
        pass
