from __future__ import annotations

import pytest

from telemetry.address import Address, AddressError, TcpAddress, UnixAddress, parse_address


@pytest.mark.parametrize(
    ("text", "address", "printed"),
    [
        ("localhost:6831", TcpAddress("localhost", 6831), "localhost:6831"),
        ("1", TcpAddress("localhost", 6831), "localhost:6831"),
        (" 127.0.0.1:0 ", TcpAddress("127.0.0.1", 0), "127.0.0.1:0"),
        ("[::1]:65535", TcpAddress("::1", 65535), "[::1]:65535"),
        ("unix:/run/a b.sock", UnixAddress("/run/a b.sock"), "unix:/run/a b.sock"),
    ],
)
def test_addresses(text: str, address: Address, printed: str) -> None:
    assert parse_address(text) == address
    assert str(address) == printed
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    "text",
    ["", "localhost", ":6831", "::1:6831", "[a]", "a:b", "a:65536", "a:-1", "unix:", "6831", "a:٣"],
)
def test_what_is_no_address_is_told_what_one_is(text: str) -> None:
    with pytest.raises(AddressError, match=r"is no address: give HOST:PORT") as caught:
        parse_address(text)
    assert "\n" not in str(caught.value)
