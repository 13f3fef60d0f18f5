"""The sockets a recorder listens on: opened before anything else, so that mistakes show at once."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import socket
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from am_dbg.errors import UserError
from telemetry.address import Address, TcpAddress, UnixAddress

BACKLOG = 128


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening socket, and its real address."""

    sock: socket.socket
    address: Address

    def close(self) -> None:
        """Stops listening; a Unix socket's file goes."""
        self.sock.close()
        if isinstance(self.address, UnixAddress):
            with contextlib.suppress(OSError):
                Path(self.address.path).unlink()


def open_listeners(addresses: Sequence[Address], open_to_all: bool) -> list[Listener]:
    """Listens on all of them. Raises UserError: in use, unknown, not loopback unless allowed."""
    listeners: list[Listener] = []
    try:
        for address in addresses:
            if isinstance(address, UnixAddress):
                listeners.append(_listen_unix(address))
            else:
                listeners += _listen_tcp(address, open_to_all)
    except BaseException:
        for listener in listeners:
            listener.close()
        raise
    return listeners


def _listen_tcp(address: TcpAddress, open_to_all: bool) -> list[Listener]:
    """All addresses of the host; with port 0 they share the first one's."""
    try:
        found = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise UserError(f"can't listen on {address}: {error.strerror or error}") from None
    listeners: list[Listener] = []
    port = address.port
    try:
        for family, host in dict.fromkeys((info[0], str(info[4][0])) for info in found):
            real = TcpAddress(host, port)
            if not open_to_all and not ipaddress.ip_address(host.partition("%")[0]).is_loopback:
                raise UserError(
                    f"listening on {real} lets everybody on the network send: "
                    "give --token TEXT, or --insecure if that is meant"
                )
            sock = _bind(family, real, optional=bool(listeners))
            if sock is not None:
                port = sock.getsockname()[1]
                listeners.append(Listener(sock, TcpAddress(host, port)))
    except BaseException:
        for listener in listeners:
            listener.close()
        raise
    if not listeners:
        raise UserError(f"can't listen on {address}: no such address here")
    return listeners


def _bind(family: int, address: TcpAddress, optional: bool) -> socket.socket | None:
    """A listening socket; None where this machine doesn't have the address."""
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        return None
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((address.host, address.port))
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRNOTAVAIL:
            if optional or family == socket.AF_INET6:
                return None
            raise UserError(f"can't listen on {address}: no such address here") from None
        if error.errno == errno.EADDRINUSE:
            raise UserError(
                f"port {address.port} is in use ({address}); choose another with "
                "--listen HOST:PORT, port 0 takes any free one"
            ) from None
        raise UserError(f"can't listen on {address}: {error.strerror}") from None
    return sock


def _listen_unix(address: UnixAddress) -> Listener:
    path = Path(address.path)
    try:
        _remove_stale(path)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)  # mode 0600 from the first moment
        try:
            sock.bind(address.path)
        except OSError:
            sock.close()
            raise
        finally:
            os.umask(before)
        sock.listen(BACKLOG)
    except OSError as error:
        raise UserError(f"can't listen on {address}: {error.strerror or error}") from None
    return Listener(sock, address)


def _remove_stale(path: Path) -> None:
    """Removes a socket that nobody listens on any more. Raises UserError if somebody does."""
    if not path.exists():
        return
    if not stat.S_ISSOCK(path.stat().st_mode):
        raise UserError(f"can't listen on unix:{path}: a file that is no socket is there")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise UserError(f"unix:{path} is in use; choose another with --listen")
