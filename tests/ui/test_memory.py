"""The memory limit of a live session: it is said, nothing is lost, and the screen goes on."""

from __future__ import annotations

import weakref
from pathlib import Path

import pytest

from am_dbg.commands.view import replay_session
from am_dbg.settings import Settings
from am_dbg.store import Store
from am_dbg.ui import memory
from am_dbg.ui.app import DebuggerApp
from am_dbg.ui.live import Recorder, free_address
from am_dbg.ui.recordings import new_recording
from tests.ui.driving import WIDE, main, text_of, until
from tests.ui.test_live import Client, tx

pytestmark = pytest.mark.anyio
BATCH = 50


def send(client: Client, first: int, count: int) -> None:
    for begin in range(first, first + count, BATCH):
        numbers = range(begin, begin + BATCH)
        client.call("DbgMsgTx", *(tx(number, number % 2) for number in numbers))


async def test_near_the_limit_the_oldest_part_is_left_out_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a session that fills real memory would take minutes: here little is already much
    monkeypatch.setattr(memory, "MIN_ROWS", 2000)
    monkeypatch.setattr(memory, "CHECK_SECONDS", 0.5)
    address = free_address()
    recording = new_recording(tmp_path, address)
    recorder = Recorder.start(address, recording, None, insecure=False)
    try:
        session = replay_session([recording], True, Settings(max_mem=1))
        app = DebuggerApp(session, recorder=recorder)
        async with app.run_test(size=WIDE) as pilot:
            client = Client(address)
            client.call("DbgMsgStruct", {"id": "lamp", "states_index": ["On", "Off"]})
            send(client, 1, 1500)
            await until(pilot, lambda: session.cursor.pos == 1499)
            assert not session.left_out
            whole_session = weakref.ref(session.store)
            await pilot.press("left")  # stays at this moment
            moment = session.cursor.moment
            send(client, 1501, 1500)
            await until(pilot, lambda: "only in the" in session.left_out)
            assert 1000 < len(session.store) < 2500
            left_out = 3000 - len(session.store)
            await until(pilot, lambda: f"its oldest {left_out:,} transitions" in text_of(pilot))
            assert "memory limit of 1 MB" in text_of(pilot)
            assert "am-dbg" in text_of(pilot)
            assert moment is not None
            machine = session.machine
            assert machine is not None
            if machine.time_at(0) <= moment:
                assert session.cursor.moment == moment
            else:
                assert session.cursor.pos == 0  # the first that is still there
            send(client, 3001, 50)
            await pilot.press("f")
            await until(pilot, lambda: len(session.store) == 3050 - left_out)
            await until(pilot, lambda: session.cursor.pos == len(session.store) - 1)
            assert session.store.message(len(session.store) - 1).id == "t3050"
            machine = session.machine
            assert machine is not None
            assert machine.ticks(session.cursor.pos) == [1525, 1525]
            assert machine.connected
            client.close()
            await until(pilot, lambda: not session.store.status.connected)
            await until(pilot, lambda: whole_session() is None)  # its memory is free again
    finally:
        recorder.stop()
    with Store.open([recording]) as whole:
        while whole.feed():
            pass
        assert len(whole) == 3050


async def test_a_replayed_recording_is_never_shortened(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MIN_ROWS", 1)
    monkeypatch.setattr(memory, "CHECK_SECONDS", 0.0)
    session = replay_session([recording], False, Settings(max_mem=1))
    count = len(session.store)
    async with DebuggerApp(session).run_test(size=WIDE) as pilot:
        await until(pilot, lambda: not session.opening)
        await pilot.pause(0.3)
        assert len(session.store) == count
        assert not session.left_out
        assert main(pilot).trouble.display is False


def test_what_this_process_takes_is_measured(recording: Path) -> None:
    with Store.open([recording]) as store:
        assert 10_000_000 < memory.resident_bytes(store) < 10_000_000_000
