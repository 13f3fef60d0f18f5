"""Which machine a message belongs to: instances, parents, connections."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from am_dbg.recording import Channel
from am_dbg.store.fields import EventFields, IndexTx
from am_dbg.store.machine import MachineLog, Span
from am_dbg.store.status import Client
from telemetry.messages import DbgMsgStruct

if TYPE_CHECKING:
    from am_dbg.store.store import Store

ConnKey = tuple[int, str]
"""File number, connection."""


@dataclass(slots=True)
class Registry:
    """The machines of a store by all their names. Only the indexer writes it."""

    store: Store
    by_instance: dict[tuple[str, str], MachineLog] = field(default_factory=dict)
    by_conn: dict[tuple[int, str, str], MachineLog] = field(default_factory=dict)
    """(file, connection, machine id) -> machine, for machines that name no instance."""
    by_id: dict[str, list[MachineLog]] = field(default_factory=dict)
    by_label: dict[str, MachineLog] = field(default_factory=dict)
    orphans: dict[str, list[MachineLog]] = field(default_factory=dict)
    """Machines whose parent, of that id, has not appeared yet."""
    on_conn: dict[ConnKey, set[int]] = field(default_factory=dict)
    """Numbers of the machines with an open span on a connection."""
    doubtful: dict[tuple[int, str, str], DbgMsgStruct] = field(default_factory=dict)
    """Continued on a later connection without clocks: the first clocks decide (`settle`)."""

    def struct(self, file: int, channel: Channel, schema: DbgMsgStruct, time: int) -> MachineLog:
        """The machine that a schema message is of, a new one if need be; takes the schema."""
        conn = channel.metadata.get("conn", "")
        schema.instance = channel.metadata.get("instance") or schema.instance
        machine = self._known(file, conn, schema)
        if machine is None:
            machine = self._create(file, channel, schema)
        else:
            machine.take_schema(schema)
        if not schema.instance:
            self.by_conn[file, conn, schema.id] = machine
        machine.conn = (file, conn)
        self._connect(machine, (file, conn), time)
        if machine.parent is None and schema.parent:
            self._adopt(machine)
        return machine

    def of(self, file: int, channel: Channel) -> tuple[MachineLog | None, bool]:
        """The machine that a channel's messages belong to, and whether that is for good."""
        instance = channel.metadata.get("instance", "")
        if instance:
            return self.by_instance.get((channel.topic, instance)), True
        key = (file, channel.metadata.get("conn", ""), channel.topic)
        if key in self.by_conn:
            return self.by_conn[key], key not in self.doubtful
        # the schema may have come over another connection
        same = self.by_id.get(channel.topic)
        return (same[-1] if same else None), False

    def settle(self, file: int, channel: Channel, tx: IndexTx, time: int) -> MachineLog | None:
        """The first clocks on a later connection: the same machine if none fell, else a new one.

        None: the message says nothing of clocks, so the question stays open, or there is none.
        """
        conn = channel.metadata.get("conn", "")
        key = (file, conn, channel.topic)
        if key not in self.doubtful or (tx.clocks is None and tx.ticks is None):
            return None
        schema = self.doubtful.pop(key)
        machine = self.by_conn[key]
        # differences without a snapshot before them count from zero: a machine that began anew
        if tx.clocks is not None and not fell(machine.current, tx.clocks):
            return machine
        self._move_span(machine, (file, conn))
        fresh = self._create(file, channel, schema)
        self.by_conn[key] = fresh
        fresh.conn = (file, conn)
        self._connect(fresh, (file, conn), time)
        if schema.parent:
            self._adopt(fresh)
        return fresh

    def event(self, file: int, event: EventFields, log_time: int) -> None:
        """Take a DbgEvent into the status and the machines' connections."""
        status = self.store.status
        key = (file, str(event.conn))
        time = event.time or log_time
        if event.kind in ("connected", "hello"):
            client = self._client(key, time)
            client.peer = event.peer or client.peer
            client.name = event.client or client.name
            client.service = event.service or client.service
            client.host = event.host or client.host
            client.pid = str(event.pid or "") or client.pid
        elif event.kind == "disconnected":
            self._disconnect(key, time)
        elif event.kind == "recovered":
            status.recovered += 1
            for other in [k for k, c in status.clients.items() if k[0] == file and c.open]:
                self._disconnect(other, time)
        elif event.kind == "rejected":
            status.rejected += 1
        elif event.kind == "refused":
            status.refused += 1
        elif event.kind == "ignored":
            status.ignored += max(event.count, 1)
        if event.kind in ("rejected", "refused"):
            what = ": ".join(part for part in (event.kind, event.code, event.text) if part)
            status.errors.append(f"{event.peer or event.conn} {what}".strip())

    def close_file(self, file: int) -> None:
        """No more will come from the file: machines without connection events end."""
        for key, numbers in self.on_conn.items():
            if key[0] == file and key not in self.store.status.clients:
                for no in numbers:
                    machine = self.store.machines[no]
                    self._end_span(machine, key, None)
                    machine.spans[-1].since = machine.time_at(0) or machine.spans[-1].since
                numbers.clear()

    def _known(self, file: int, conn: str, schema: DbgMsgStruct) -> MachineLog | None:
        if schema.instance:
            return self.by_instance.get((schema.id, schema.instance))
        key = (file, conn, schema.id)
        if key in self.by_conn:
            return self.by_conn[key]
        earlier = [m for m in self.by_id.get(schema.id, ()) if not m.instance]
        if not earlier or self._is_open(earlier[-1].conn):
            return None
        if schema.clocks is not None:
            return None if fell(earlier[-1].current, schema.clocks) else earlier[-1]
        self.doubtful[key] = schema
        return earlier[-1]

    def _create(self, file: int, channel: Channel, schema: DbgMsgStruct) -> MachineLog:
        same = self.by_id.setdefault(schema.id, [])
        label = schema.id if not same else f"{schema.id}#{len(same) + 1}"
        machine = MachineLog(self.store, len(self.store.machines), schema, label)
        machine.take_schema(schema)
        known = channel.metadata
        machine.service = machine.service or known.get("service", "")
        machine.host = known.get("host", "")
        machine.pid = known.get("pid", "")
        machine.library = machine.library or known.get("client", "")
        machine.conn = (file, known.get("conn", ""))
        self.store.machines.append(machine)
        self.enter(machine, same)
        for child in self.orphans.pop(schema.id, []):
            if child.parent is None:
                self._set_parent(child, machine)
        return machine

    def enter(self, machine: MachineLog, same: list[MachineLog]) -> None:
        """Make the machine known by its names; ``same`` lists those of its id."""
        same.append(machine)
        self.by_label.setdefault(machine.label, machine)
        if machine.instance:
            self.by_instance[machine.id, machine.instance] = machine

    def _adopt(self, machine: MachineLog) -> None:
        """Find the parent: on the same connection if it is there, else the latest of that id."""
        same = self.by_id.get(machine.schema.parent)
        if not same:
            waiting = self.orphans.setdefault(machine.schema.parent, [])
            if machine not in waiting:
                waiting.append(machine)
            return
        near = [parent for parent in same if parent.conn == machine.conn]
        self._set_parent(machine, (near or same)[-1])

    def _set_parent(self, child: MachineLog, parent: MachineLog) -> None:
        above: MachineLog | None = parent
        while above is not None:
            if above is child:
                return  # a cycle: the machine that would close it stays a root
            above = None if above.parent is None else self.store.machines[above.parent]
        child.parent = parent.no
        parent.children.append(child.no)

    def _client(self, key: ConnKey, time: int) -> Client:
        clients = self.store.status.clients
        if key not in clients:
            clients[key] = Client(key[1], key[0], since=time)
        return clients[key]

    def _is_open(self, key: ConnKey) -> bool:
        client = self.store.status.clients.get(key)
        return client is not None and client.open

    def _connect(self, machine: MachineLog, key: ConnKey, time: int) -> None:
        numbers = self.on_conn.setdefault(key, set())
        if machine.no in numbers:
            return
        numbers.add(machine.no)
        machine.spans.append(Span(key, time))

    def _disconnect(self, key: ConnKey, time: int) -> None:
        self._client(key, time).until = time
        for no in self.on_conn.pop(key, ()):
            self._end_span(self.store.machines[no], key, time)

    def _end_span(self, machine: MachineLog, key: ConnKey, time: int | None) -> None:
        for span in reversed(machine.spans):
            if span.conn == key and span.until is None:
                # one past the last message, which still belongs to it
                span.until = machine.last_time + 1 if time is None else time
                return

    def _move_span(self, machine: MachineLog, key: ConnKey) -> None:
        machine.spans = [span for span in machine.spans if span.conn != key or span.until]
        self.on_conn.get(key, set()).discard(machine.no)


def fell(before: list[int], after: list[int]) -> bool:
    """Whether any clock is lower than before; clocks left out at the end are 0."""
    padded = after + [0] * (len(before) - len(after))
    return any(new < old for old, new in zip(before, padded, strict=False))
