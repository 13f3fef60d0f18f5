"""The senders of this process, one an address: made when needed, ended with the process.

A forked child starts with senders as new: the parent goes on sending what it had, the child sends
what its machines do from here on, over connections of its own.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Callable

from telemetry.address import Address
from telemetry.outbox import Outbox
from telemetry.sender import Sender

_lock = threading.RLock()
_senders: dict[Address, Sender] = {}
_in_child: list[Callable[[], None]] = []


def sender_for(
    address: Address,
    service: str,
    token: str,
    max_messages: int | None = None,
    max_bytes: int | None = None,
) -> Sender:
    """The sender for ``address``, made if need be; what is given later replaces the old."""
    with _lock:
        sender = _senders.get(address)
        if sender is None:
            if not _senders:
                atexit.register(finish_all)
            sender = _senders[address] = Sender(address, service, token, Outbox())
            sender.on_start = _finish_with_multiprocessing
        if token:
            sender.token = token
        if max_messages is not None or max_bytes is not None:
            outbox = sender.outbox
            outbox.limit(max_messages or outbox.max_messages, max_bytes or outbox.max_bytes)
        return sender


def finish_all() -> None:
    """Gives each sender the time it may have at the end of the process."""
    for sender in list(_senders.values()):
        sender.finish()


def on_fork(callback: Callable[[], None]) -> None:
    """``callback`` is called in each forked child, after the senders have been made as new."""
    _in_child.append(callback)


def _finish_with_multiprocessing() -> None:
    """Forked processes of ``multiprocessing`` end without atexit; they have a list of their own."""
    process = sys.modules.get("multiprocessing.process")
    if process is not None and process.parent_process() is not None:
        from multiprocessing.util import Finalize

        Finalize(None, finish_all, exitpriority=0)


def _after_fork() -> None:
    global _lock
    _lock = threading.RLock()
    for sender in _senders.values():
        sender.restart_in_child()
    for callback in _in_child:
        callback()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
