"""Judges the messages of one client and puts the good ones into the recording."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw

from am_dbg.recorder.machines import Machine, schema_fault, tx_fault
from am_dbg.recording import Channel
from telemetry.messages import DbgMsgTx, ShapeError, decode_gap, decode_struct, decode_tx

if TYPE_CHECKING:
    from am_dbg.recorder.connection import Connection
    from am_dbg.recorder.server import Recorder

NO_ROOM = "the recording has no room for more machines: begin a new one"

_decode_tx_fast = msgspec.msgpack.Decoder(DbgMsgTx).decode


class Route:
    """Where a connection's messages of one machine go.

    ``unconfirmed``: taken for the machine of an earlier connection until its clocks say otherwise.
    """

    __slots__ = ("count", "machine", "tx_channel", "unconfirmed")

    def __init__(self, machine: Machine, unconfirmed: bool) -> None:
        self.machine = machine
        self.unconfirmed = unconfirmed
        self.count = len(machine.states)
        self.tx_channel: Channel | None = None


class Intake:
    """The machines that ``client`` sends messages of, and what becomes of those."""

    def __init__(self, recorder: Recorder, client: Connection) -> None:
        self._recorder = recorder
        self._client = client
        self._routes: dict[tuple[str, str], Route] = {}

    def record_txs(self, batch: list[Raw]) -> list[str]:
        """Records transitions; what is wrong with each of those that it did not."""
        now = time.time_ns()
        bad: list[str] = []
        add = self._recorder.writer.gathered.add
        routes = self._routes
        for raw in batch:
            try:
                try:
                    message = _decode_tx_fast(raw)
                except ValueError:  # also UnicodeDecodeError
                    message = decode_tx(raw)
            except (ShapeError, RecursionError) as error:
                bad.append(self._client.reject("DbgMsgTx", raw, str(error)))
                continue
            route = routes.get((message.machine_id, message.instance))
            if route is None:
                route = self._join(message.machine_id, message.instance)
                if route is None:
                    bad.append(
                        self._client.reject("DbgMsgTx", raw, f"no schema for {message.machine_id}")
                    )
                    continue
            fault = tx_fault(message, route.count)
            if fault is not None:
                bad.append(self._client.reject("DbgMsgTx", raw, f"{message.machine_id}: {fault}"))
                continue
            if route.machine.generated:
                self._follow(route, message)
            channel = route.tx_channel or self._tx_channel(route)
            if channel is None:
                bad.append(self._client.reject("DbgMsgTx", raw, NO_ROOM))
                continue
            add(channel, now, message.time or now, raw)
        return bad

    def record_schemas(self, batch: list[Raw]) -> list[str]:
        """Records schemas; what is wrong with each of those that it did not."""
        return [text for raw in batch if (text := self._record_schema(raw)) is not None]

    def record_gaps(self, batch: list[Raw]) -> list[str]:
        """Records gaps; what is wrong with each of those that it did not."""
        return [text for raw in batch if (text := self._record_gap(raw)) is not None]

    def _record_schema(self, raw: Raw) -> str | None:
        try:
            message = decode_struct(raw)
        except (ShapeError, RecursionError) as error:
            return self._client.reject("DbgMsgStruct", raw, str(error))
        fault = schema_fault(message)
        if fault is not None:
            return self._client.reject("DbgMsgStruct", raw, f"{message.id}: {fault}")
        route = self._routes.get((message.id, message.instance))
        if route is None:
            machine, unconfirmed = self._recorder.machines.for_schema(message)
            route = self._enter(message.instance, machine, unconfirmed)
        machine = route.machine
        machine.take_schema(message, bytes(raw))
        self._recorder.schema_changed(machine)
        if not self._write(machine, "DbgMsgStruct", message.time, raw, message.service):
            return self._client.reject("DbgMsgStruct", raw, NO_ROOM)
        return None

    def _record_gap(self, raw: Raw) -> str | None:
        try:
            message = decode_gap(raw)
        except (ShapeError, RecursionError) as error:
            return self._client.reject("DbgMsgGap", raw, str(error))
        key = message.machine_id, message.instance
        route = self._routes.get(key) or self._join(*key)
        if route is None:
            return self._client.reject("DbgMsgGap", raw, f"no schema for {message.machine_id}")
        if not self._write(route.machine, "DbgMsgGap", message.until, raw):
            return self._client.reject("DbgMsgGap", raw, NO_ROOM)
        return None

    def schema_changed(self, machine: Machine) -> None:
        """The machine has another number of states now, maybe through another connection."""
        for route in self._routes.values():
            if route.machine is machine:
                route.count = len(machine.states)

    def _join(self, machine_id: str, instance: str) -> Route | None:
        """The route of a machine whose schema came over another connection, if one did."""
        machine = self._recorder.machines.find(machine_id, instance)
        if machine is None:
            return None
        return self._enter(instance, machine, machine.generated and not machine.open)

    def _enter(self, instance: str, machine: Machine, unconfirmed: bool) -> Route:
        route = self._routes[machine.id, instance] = Route(machine, unconfirmed)
        machine.open.add(self._client.no)
        if machine.channels and all(
            channel.metadata.get("conn") != self._client.no for channel in machine.channels.values()
        ):
            # Its channels name the connection that it began on; this is how readers learn of this.
            self._recorder.journal.event(
                "resumed",
                conn=self._client.no,
                peer=self._client.peer,
                machine_id=machine.id,
                instance=machine.instance,
            )
        return route

    def _follow(self, route: Route, message: DbgMsgTx) -> None:
        """Follows the clocks of a machine without instance; where they fall, a new one begins."""
        machine = route.machine
        if route.unconfirmed and message.clocks is not None:
            route.unconfirmed = False
            if machine.falls_to(machine.states, message.clocks):
                machine.open.discard(self._client.no)
                schema, states = machine.schema, machine.states
                machine = self._recorder.machines.new(machine.id)
                machine.schema, machine.states = schema, states
                self._routes[machine.id, message.instance] = route
                route.machine, route.tx_channel = machine, None
                machine.open.add(self._client.no)
                self._write(machine, "DbgMsgStruct", message.time, schema)
        machine.advance(message)

    def _tx_channel(self, route: Route) -> Channel | None:
        try:
            route.tx_channel = self._recorder.machines.channel(
                route.machine, "DbgMsgTx", self._client.no, self._client.hello
            )
        except OverflowError:
            return None
        self._client.mark_valid()
        return route.tx_channel

    def _write(
        self, machine: Machine, kind: str, source_time: int, raw: Any, service: str = ""
    ) -> bool:
        try:
            channel = self._recorder.machines.channel(
                machine, kind, self._client.no, self._client.hello, service
            )
        except OverflowError:
            return False
        now = time.time_ns()
        self._recorder.journal.add(channel, now, source_time or now, raw)
        self._client.mark_valid()
        return True

    def release(self) -> None:
        """The client has gone: its machines are no longer on this connection."""
        for route in self._routes.values():
            route.machine.open.discard(self._client.no)
