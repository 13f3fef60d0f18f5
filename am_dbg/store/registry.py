"""Which machine a message belongs to: instances, parents, connections."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from am_dbg.recording import Channel
from am_dbg.store.fields import EventFields
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
    """(file, connection, machine id) -> machine, for channels that name no instance."""
    by_id: dict[str, list[MachineLog]] = field(default_factory=dict)
    by_label: dict[str, MachineLog] = field(default_factory=dict)
    orphans: dict[str, list[MachineLog]] = field(default_factory=dict)
    """Machines whose parent, of that id, has not appeared yet."""
    on_conn: dict[ConnKey, set[int]] = field(default_factory=dict)
    """Numbers of the machines with an open span on a connection."""

    def struct(self, file: int, channel: Channel, schema: DbgMsgStruct, time: int) -> MachineLog:
        """The machine that a schema message is of, a new one if need be; takes the schema."""
        key = (file, channel.metadata.get("conn", ""))
        anonymous = not schema.instance
        schema.id = channel.topic or schema.id  # the topic is what all kinds of messages share
        schema.instance = channel.metadata.get("instance") or schema.instance
        machine = self.of(file, channel, schema.instance)
        if machine is None:
            machine = self._create(key, channel, schema)
            if anonymous:
                self._supersede(machine, key, time)
        else:
            machine.take_schema(schema)
        if machine.parent is None and schema.parent:
            self._adopt(machine)
        client = self.store.status.clients.get(key)
        # a channel names the connection it began on; on later ones a "resumed" event tells
        if client is None or client.open:
            self._connect(machine, key, time)
        return machine

    def of(self, file: int, channel: Channel, instance: str = "") -> MachineLog | None:
        """The machine that a channel's messages belong to, None before its schema.

        Without an instance (a file of somebody else's) it is the one of that id on the connection.
        """
        instance = channel.metadata.get("instance") or instance
        if instance:
            return self.by_instance.get((channel.topic, instance))
        key = (file, channel.metadata.get("conn", ""), channel.topic)
        return self.by_conn.get(key)

    def without_schema(self, file: int, channel: Channel, time: int) -> MachineLog:
        """A machine whose schema was in a part of the file that is lost."""
        schema = DbgMsgStruct(channel.topic, [], instance=channel.metadata.get("instance", ""))
        machine = self.struct(file, channel, schema, time)
        machine.nameless = True
        return machine

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
        elif event.kind == "resumed":
            machine = self.by_instance.get((event.machine_id, event.instance))
            if machine is not None:
                machine.conn = key
                self._connect(machine, key, time)
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
        """Nobody writes the file any more: whatever is still connected in it no longer is."""
        clients = self.store.status.clients
        end = (self.store.last_time or 0) + 1
        for key in [key for key in self.on_conn if key[0] == file and key not in clients]:
            # a file without connection events: a machine was there while its messages came
            for no in self.on_conn.pop(key):
                machine = self.store.machines[no]
                self._end_span(machine, key, None)
                machine.spans[-1].since = machine.time_at(0) or machine.spans[-1].since
        for key in [key for key, client in clients.items() if key[0] == file and client.open]:
            self._disconnect(key, max(end, clients[key].since))

    def _create(self, key: ConnKey, channel: Channel, schema: DbgMsgStruct) -> MachineLog:
        same = self.by_id.setdefault(schema.id, [])
        label = schema.id if not same else f"{schema.id}#{len(same) + 1}"
        machine = MachineLog(self.store, len(self.store.machines), schema, label)
        machine.take_schema(schema)
        known = channel.metadata
        machine.service = machine.service or known.get("service", "")
        machine.host = known.get("host", "")
        machine.pid = known.get("pid", "")
        machine.library = machine.library or known.get("client", "")
        machine.conn = key
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
        self.by_conn[*machine.conn, machine.id] = machine

    def rebuild(self) -> None:
        """Know all machines of a store that was filled from a cache."""
        for machine in self.store.machines:
            self.enter(machine, self.by_id.setdefault(machine.id, []))
            if machine.parent is not None:
                self.store.machines[machine.parent].children.append(machine.no)
            elif machine.schema.parent:
                self.orphans.setdefault(machine.schema.parent, []).append(machine)
            for span in machine.spans:
                if span.until is None:
                    self.on_conn.setdefault(span.conn, set()).add(machine.no)

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

    def _supersede(self, machine: MachineLog, key: ConnKey, time: int) -> None:
        """A client without instances began anew: what was taken for it is no longer connected."""
        for other in self.by_id[machine.id]:
            if other is not machine and other.no in self.on_conn.get(key, ()):
                self._end_span(other, key, time)
                self.on_conn[key].discard(other.no)

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
