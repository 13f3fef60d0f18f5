"""Stock MessagePack-RPC clients, which know nothing of us."""

from __future__ import annotations

import asyncio
import gc
import warnings
from typing import Any

import aio_msgpack_rpc  # type: ignore[import-untyped]  # it has no types
import pytest

from tests.recorder.conftest import SCHEMA, Start, tx

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pynvim's imports are not what is tested here
    from pynvim.msgpack_rpc import tcp_session  # type: ignore[import-untyped]  # no types


def test_pynvim(start: Start) -> None:
    recorder = start()
    host, _, port = recorder.address.rpartition(":")
    session: Any = tcp_session(host, int(port))
    try:
        assert session.request("hello", {"protocol": 1})["protocol"] == 1
        assert session.request("DbgMsgStruct", SCHEMA) == {"recorded": 1, "rejected": 0}
        for number in range(50):
            assert session.request("DbgMsgTx", tx(id=str(number)))["recorded"] == 1
        session.request("no_such_notification", 1, async_=True)
        with pytest.raises(Exception):  # noqa: B017, PT011 - its type depends on the version
            session.request("no_such_method")
        assert session.request("bye") == {"recorded": 0, "rejected": 0}
    finally:
        session.close()
        del session
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # pynvim leaves its socket to the GC
            gc.collect()
    assert recorder.end() == 0
    assert recorder.info()["records"] == 51
    assert recorder.info()["rejected"] == 0


def test_aio_msgpack_rpc_with_requests_in_flight(start: Start) -> None:
    recorder = start()
    host, _, port = recorder.address.rpartition(":")

    async def run() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        client: Any = aio_msgpack_rpc.Client(reader, writer)
        await client.call("DbgMsgStruct", SCHEMA)
        answers = await asyncio.gather(
            *(client.call("DbgMsgTx", tx(id=str(n)), tx(id=f"{n}b")) for n in range(200))
        )
        assert answers == [{"recorded": 2, "rejected": 0}] * 200
        with pytest.raises(aio_msgpack_rpc.error.RPCResponseError, match="no schema for nobody"):
            await client.call("DbgMsgTx", {"machine_id": "nobody"})
        client.close()
        writer.close()
        await writer.wait_closed()

    asyncio.run(run())
    assert recorder.end() == 0
    assert recorder.info()["records"] == 401
