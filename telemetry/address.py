"""Addresses of debuggers: ``HOST:PORT``, ``[::1]:PORT``, ``unix:PATH``, ``1`` for the default."""

from __future__ import annotations

from dataclasses import dataclass

from telemetry.messages import DEFAULT_ADDR


class AddressError(ValueError):
    """Text that is no address; says what one looks like."""


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """A host (name or IP address, without brackets) and a port, 0 for any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class UnixAddress:
    """The path of a Unix socket."""

    path: str

    def __str__(self) -> str:
        return f"unix:{self.path}"


Address = TcpAddress | UnixAddress


def parse_address(text: str) -> Address:
    """The address that ``text`` means. Raises AddressError."""
    text = text.strip()
    if text == "1":
        text = DEFAULT_ADDR
    if text.startswith("unix:"):
        if len(text) > len("unix:"):
            return UnixAddress(text.removeprefix("unix:"))
        raise AddressError(_wrong(text))
    host, colon, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if bracketed:
        host = host[1:-1]
    if not colon or not host or (":" in host) != bracketed or not _is_port(port):
        raise AddressError(_wrong(text))
    return TcpAddress(host, int(port))


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535


def _wrong(text: str) -> str:
    return f"{text!r} is no address: give HOST:PORT, [IPV6]:PORT or unix:PATH"
