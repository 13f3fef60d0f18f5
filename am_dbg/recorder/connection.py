"""One client: takes its bytes apart, has its messages judged, answers once they are written.

An asyncio Protocol and no anyio stream, against the general rule of this project: reading through
a task costs a switch for each piece of data, and the budget of 300,000 transitions a second leaves
3 us for everything.
"""

from __future__ import annotations

import asyncio
import hmac
import socket
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

from msgspec import Raw

from am_dbg.recorder.intake import Intake
from am_dbg.recorder.machines import Machine
from telemetry.messages import (
    PROTOCOL,
    Hello,
    ShapeError,
    decode_hello,
)
from telemetry.wire import HEAD, Call, Fault, Framer, Message, encode_response

if TYPE_CHECKING:
    from am_dbg.recorder.server import Recorder

UNADMITTED_LIMIT = 64 << 10
"""Longest message of a client that has yet to show its token, in bytes."""


class Connection(asyncio.Protocol):
    """A client's connection; ``no`` names it in the recording."""

    def __init__(self, recorder: Recorder, needs_token: bool) -> None:
        self._recorder = recorder
        self._journal = recorder.journal
        self._admitted = not needs_token
        limit = recorder.options.max_message
        self._framer = Framer(limit if self._admitted else min(limit, UNADMITTED_LIMIT))
        self._transport: asyncio.Transport = cast(asyncio.Transport, None)
        self._intake = Intake(recorder, self)
        self._begun = False
        self._ignored: Counter[str] = Counter()
        self._unanswered = 0
        self._holds: set[str] = set()
        self._closing = False
        self._ended = False
        self.no = ""
        self.peer = ""
        self.hello = Hello()
        self.valid = False

    # what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected; it leaves no trace before it sends something."""
        self._transport = cast(asyncio.Transport, transport)
        name = transport.get_extra_info("peername")
        self.peer = f"{name[0]}:{name[1]}" if isinstance(name, tuple) else "unix"
        if (sock := transport.get_extra_info("socket")) is not None:
            _keep_alive(sock)
        self._recorder.opened(self)

    def data_received(self, data: bytes) -> None:
        """Takes in what came."""
        if self._closing:
            return
        if not self.no:
            self.no = self._recorder.next_conn()
            self._journal.event("connected", conn=self.no, peer=self.peer)
        for message in self._framer.feed(data):
            if self._take(message):
                break
        self._journal.touch()

    def eof_received(self) -> bool:
        """The client sends no more, but may still read its answers."""
        self._end()
        return self._unanswered > 0

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._closing = True
        self._end()
        if self.no:
            self.flush_ignored()
            self._intake.release()
            self._journal.event("disconnected", conn=self.no, peer=self.peer)
        self._recorder.gone(self)

    def pause_writing(self) -> None:
        """The client doesn't read its answers: it gets no more until it does."""
        self.hold("answers", True)

    def resume_writing(self) -> None:
        """The client has read answers."""
        self.hold("answers", False)

    # what the server calls

    def hold(self, reason: str, on: bool) -> None:
        """Stops reading for that reason, or no longer."""
        held = bool(self._holds)
        (self._holds.add if on else self._holds.discard)(reason)
        if held != bool(self._holds) and not self._transport.is_closing():
            (self._transport.pause_reading if on else self._transport.resume_reading)()

    def stop(self) -> None:
        """Reads no more; what has come counts, and what is not whole is not the client's fault."""
        self._closing = self._ended = True
        self.hold("end", True)

    def close(self) -> None:
        """Ends the connection once its answers are sent."""
        self._closing = True
        self._transport.close()

    def abort(self) -> None:
        """Ends the connection now."""
        self._transport.abort()

    def flush_ignored(self) -> None:
        """Reports the notifications that have been ignored since the last time."""
        for method, count in self._ignored.items():
            self._journal.event("ignored", conn=self.no, peer=self.peer, method=method, count=count)
        self._ignored.clear()

    # what intake calls

    def schema_changed(self, machine: Machine) -> None:
        """The machine has other states now, maybe through another connection."""
        self._intake.schema_changed(machine)

    def reject(self, kind: str, raw: Raw | bytes, text: str) -> str:
        """Reports a message that is not what its method says; the text, for the answer."""
        self._rejected("shape", f"{kind}: {text}", bytes(raw)[:HEAD])
        return text

    def mark_valid(self) -> None:
        """Something that it sent was as it should be."""
        if not self.valid:
            self.valid = True
            self._recorder.heard_valid()

    # messages

    def _take(self, message: Message) -> bool:
        """Deals with one message; whether that ends the connection. Responses mean nothing here."""
        if message.__class__ is Call:
            self._call(message)
        elif message.__class__ is Fault:
            self._fault(message)
        return self._closing

    def _call(self, call: Call) -> None:
        method = call.method
        if method == "hello":
            self._on_hello(call)
            self._begun = True
            return
        if not self._admitted:
            self._refuse(call.msgid, "denied: the first message has to be a hello with the token")
            return
        # What is ignored may come before hello: stock clients introduce themselves in their way.
        self._begun = self._begun or method in _METHODS
        if method == "DbgMsgTx" or method == "DbgMsg":
            self._answer_batch(call, self._intake.record_txs(call.params))
        elif method == "DbgMsgStruct":
            self._answer_batch(call, self._intake.record_schemas(call.params))
        elif method == "DbgMsgGap":
            self._answer_batch(call, self._intake.record_gaps(call.params))
        elif method == "bye":
            self._answer_batch(call, [])
        elif call.msgid is not None:
            self._send(call.msgid, f"method: this server has no {method[:200]!r}", None)
        else:
            self._ignore(method)

    def _on_hello(self, call: Call) -> None:
        try:
            if self._begun:
                raise ShapeError("hello comes once and first")
            if len(call.params) != 1:
                raise ShapeError(f"hello has one map, not {len(call.params)}")
            hello = decode_hello(call.params[0])
        except ShapeError as error:
            self.reject("hello", call.params[0] if call.params else b"", str(error))
            if self._admitted:
                self._send(call.msgid, f"shape: {error}", None)
            else:
                self._refuse(call.msgid, f"denied: {error}")
            return
        token = self._recorder.options.token
        if not self._admitted and not _same(hello.token, token):
            self._refuse(call.msgid, "denied: wrong token" if hello.token else "denied: no token")
        elif hello.protocol != PROTOCOL:
            self._refuse(call.msgid, f"protocol: server speaks {PROTOCOL}")
        else:
            self._admitted = True
            self._framer.limit = self._recorder.options.max_message
            self.hello = hello
            self.mark_valid()
            self._journal.event(
                "hello",
                conn=self.no,
                peer=self.peer,
                protocol=hello.protocol,
                client=hello.client,
                service=hello.service,
                host=hello.host,
                pid=hello.pid,
            )
            self._send(call.msgid, None, self._recorder.greeting())

    # answers and events

    def _answer_batch(self, call: Call, bad: list[str]) -> None:
        if call.msgid is None:
            return
        msgid, size = call.msgid, len(call.params) if call.method != "bye" else 0
        error = f"shape: {bad[0]}" if bad and len(bad) == size else None
        counts = {"recorded": size - len(bad), "rejected": len(bad)}
        self._unanswered += 1

        def written(failure: str | None) -> None:
            self._unanswered -= 1
            self._send(msgid, failure or error, counts)
            if self._ended and not self._unanswered:
                self.close()

        self._journal.when_written(written)

    def _send(self, msgid: int | None, error: str | None, result: Any) -> None:
        if msgid is None or self._transport.is_closing():
            return
        self._transport.write(encode_response(msgid, error, None if error else result))

    def _rejected(self, code: str, text: str, head: bytes) -> None:
        self._journal.event(
            "rejected", conn=self.no, peer=self.peer, code=code, text=text, data=head
        )

    def _fault(self, fault: Fault) -> None:
        self._rejected(fault.code, fault.text, fault.head)
        if not self._admitted:
            self._refuse(fault.msgid, "denied: the first message has to be a hello with the token")
            return
        if fault.msgid is not None:
            self._send(fault.msgid, f"shape: {fault.text}", None)
        if fault.fatal:
            self.close()

    def _refuse(self, msgid: int | None, text: str) -> None:
        self._journal.event("refused", conn=self.no, peer=self.peer, text=text)
        self._send(msgid, text, None)
        self.close()

    def _ignore(self, method: str) -> None:
        if not self._ignored:
            asyncio.get_running_loop().call_later(1.0, self.flush_ignored)
        self._ignored[method[:200]] += 1
        if len(self._ignored) > 100:
            self.flush_ignored()

    def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        fault = self._framer.finish()
        if fault is not None:
            self._rejected(fault.code, fault.text, fault.head)


_METHODS = frozenset(("DbgMsgTx", "DbgMsg", "DbgMsgStruct", "DbgMsgGap", "bye"))


def _same(given: str, token: str | None) -> bool:
    """Compares tokens in constant time."""
    expected = (token or "").encode("utf-8", "surrogateescape")
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected)


def _keep_alive(sock: socket.socket) -> None:
    """Finds out within a minute when the peer's machine has vanished without a word."""
    if sock.family == getattr(socket, "AF_UNIX", None):
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
