"""The live mode: a real recorder process, a client over a socket, a recording that grows."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgpack
import pytest
from textual.events import Paste
from textual.pilot import Pilot

from am_dbg.commands.view import replay_session
from am_dbg.errors import UserError
from am_dbg.settings import Keep, Settings, View
from am_dbg.ui.app import DebuggerApp
from am_dbg.ui.footer import WITHOUT_MACHINES
from am_dbg.ui.keymap import KEYMAP
from am_dbg.ui.live import Recorder, free_address
from am_dbg.ui.recordings import beside, make_room, new_recording, recording_of
from am_dbg.ui.recordings_screen import RecordingsScreen
from am_dbg.ui.strips import plain
from tests.ui.driving import MEDIUM, main, text_of, until
from tests.ui.sessions import small

pytestmark = pytest.mark.anyio


class Client:
    """A program of a few lines that speaks the wire protocol, and knows nothing of ours."""

    def __init__(self, address: str) -> None:
        host, port = address.rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)))
        self._calls = 0

    def call(self, method: str, *params: object) -> object:
        self._calls += 1
        self._socket.sendall(msgpack.packb([0, self._calls, method, params]))
        unpacker = msgpack.Unpacker()
        while True:
            unpacker.feed(self._socket.recv(65536))
            for _, _, error, result in unpacker:
                assert error is None
                return result

    def close(self) -> None:
        self._socket.close()


def tx(number: int, state: int) -> dict[str, object]:
    return {
        "machine_id": "lamp",
        "id": f"t{number}",
        "ticks": [[state, 1]],
        "accepted": True,
        "called_states_idxs": [state],
        "time": time.time_ns(),
    }


def has_left(pilot: Pilot[None]) -> bool:
    return pilot.app._exit


@asynccontextmanager
async def live(tmp_path: Path) -> AsyncIterator[tuple[Pilot[None], Recorder, str]]:
    address = free_address()
    recorder = Recorder.start(address, new_recording(tmp_path, address), None, insecure=False)
    try:
        session = replay_session([recorder.recording], follow=True)
        session.listen, session.recording = address, str(recorder.recording)
        app = DebuggerApp(session, recorder=recorder)
        async with app.run_test(size=MEDIUM) as pilot:
            await pilot.pause()
            yield pilot, recorder, address
    finally:
        recorder.stop()


async def test_a_machine_that_connects_appears_and_is_followed(tmp_path: Path) -> None:
    async with live(tmp_path) as (pilot, _, address):
        text = text_of(pilot)
        assert address in text
        assert "bind_dbg(machine" in text
        assert "am-dbg demo" in text
        client = Client(address)
        client.call("DbgMsgStruct", {"id": "lamp", "states_index": ["On", "Off"]})
        await until(pilot, lambda: main(pilot).session.machine is not None)
        client.call("DbgMsgTx", tx(1, 0))
        await until(pilot, lambda: main(pilot).session.cursor.pos == 0)
        client.call("DbgMsgTx", tx(2, 1))
        await until(pilot, lambda: main(pilot).session.cursor.pos == 1)
        await until(pilot, lambda: "tx 2/2" in text_of(pilot))
        assert "LIVE" in text_of(pilot)
        assert main(pilot).machines.has_focus
        await pilot.press("left")
        client.call("DbgMsgTx", tx(3, 1))
        await until(pilot, lambda: "tx 1/3" in text_of(pilot))  # stays where the user went
        client.close()


async def test_the_only_machine_that_is_connected_can_be_selected(tmp_path: Path) -> None:
    async with live(tmp_path) as (pilot, _, address):
        session = main(pilot).session
        session.settings = Settings(view=View(select_connected=True))
        first, second = Client(address), Client(address)
        for client, name in ((first, "lamp"), (second, "door")):
            client.call("DbgMsgStruct", {"id": name, "states_index": ["On", "Off"]})
        await until(pilot, lambda: len(session.store.machines) == 2)
        await until(pilot, lambda: session.machine is not None and session.machine.id == "lamp")
        first.close()
        await until(pilot, lambda: session.machine is not None and session.machine.id == "door")
        second.close()


async def test_quitting_asks_while_programs_are_recorded(tmp_path: Path) -> None:
    async with live(tmp_path) as (pilot, _, address):
        client = Client(address)
        client.call("DbgMsgStruct", {"id": "lamp", "states_index": ["On", "Off"]})
        await until(pilot, lambda: main(pilot).session.machine is not None)
        await pilot.press("q")
        assert "1 program connected" in text_of(pilot)
        assert "q again quits" in text_of(pilot)
        await pilot.press("left")
        assert "still recording" in text_of(pilot)
        assert not has_left(pilot)
        await pilot.press("slash", "a", "ctrl+c")  # from within a search as well
        assert "1 program connected" in text_of(pilot)
        await pilot.press("ctrl+c")
        assert has_left(pilot)
        client.close()


async def test_quitting_asks_nothing_when_nothing_would_be_lost(tmp_path: Path) -> None:
    async with live(tmp_path) as (pilot, _, address):
        client = Client(address)
        client.call("DbgMsgStruct", {"id": "lamp", "states_index": ["On", "Off"]})
        await until(pilot, lambda: main(pilot).session.machine is not None)
        client.close()
        await until(pilot, lambda: not main(pilot).session.store.status.connected)
        await pilot.press("q")
        assert has_left(pilot)


async def test_a_killed_recorder_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    async with live(tmp_path) as (pilot, recorder, address):
        client = Client(address)
        client.call("DbgMsgStruct", {"id": "lamp", "states_index": ["On", "Off"]})
        client.call("DbgMsgTx", tx(1, 0))
        await until(pilot, lambda: main(pilot).session.cursor.pos == 0)
        os.kill(recorder.pid, signal.SIGKILL)
        await until(pilot, lambda: "the recorder has ended" in text_of(pilot))
        assert "tx 1/1" in text_of(pilot)
        await pilot.press("left")
        await until(pilot, lambda: main(pilot).session.cursor.pos == -1)
        client.close()


async def test_a_removed_recording_is_told(tmp_path: Path) -> None:
    async with live(tmp_path) as (pilot, recorder, address):
        client = Client(address)
        client.call("DbgMsgStruct", {"id": "lamp", "states_index": ["On", "Off"]})
        recorder.recording.unlink()
        number = 0
        while "the file was removed" not in text_of(pilot):
            number += 1
            assert number < 600, text_of(pilot)
            client.call("DbgMsgTx", tx(number, number % 2))
            await pilot.pause(0.02)
        client.close()


async def test_keys_on_the_empty_screen_say_that_nobody_is_there(tmp_path: Path) -> None:
    async with live(tmp_path) as (pilot, _, _):
        for action in KEYMAP:
            if action.name == "quit" or not action.keys:
                continue
            await pilot.press(action.keys[0])
            if pilot.app.screen is not main(pilot):
                await until(pilot, lambda: pilot.app.screen.is_mounted)
                await pilot.press("escape")
                await until(pilot, lambda: pilot.app.screen is main(pilot))
            elif action.name not in WITHOUT_MACHINES:
                await until(pilot, lambda: "no machine has connected yet" in text_of(pilot))


async def test_garbage_shows_one_line(tmp_path: Path) -> None:
    async with live(tmp_path) as (pilot, _, address):
        host, port = address.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as raw:
            raw.sendall(b"\xc1\xc1\xc1")
        await until(pilot, lambda: main(pilot).session.store.status.rejected == 1)
        await until(pilot, lambda: "msgpack" in text_of(pilot) or "garbage" in text_of(pilot))


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = am_dbg("--listen", f"127.0.0.1:{taken.getsockname()[1]}", folder=tmp_path)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "in use" in done.stderr


def test_a_taken_port_of_another_am_dbg_names_its_recording(tmp_path: Path) -> None:
    address = free_address()
    recorder = Recorder.start(address, new_recording(tmp_path, address), None, insecure=False)
    try:
        assert recording_of(tmp_path, address) == recorder.recording
        done = am_dbg("--listen", address, folder=tmp_path)
    finally:
        recorder.stop()
    assert done.returncode == 1
    assert str(recorder.recording) in done.stderr
    assert recording_of(tmp_path, address) is None  # it has ended


def test_a_recorder_that_may_not_begin_says_why(tmp_path: Path) -> None:
    recording = tmp_path / "there.mcap"
    recording.write_bytes(b"something")
    with pytest.raises(UserError, match="exists"):
        Recorder.start(free_address(), recording, None, insecure=False)


def test_the_newest_recordings_are_kept(tmp_path: Path) -> None:
    names = [f"2026-01-{day:02}T10-00-00.mcap" for day in range(1, 25)]
    for name in names:
        (tmp_path / name).write_bytes(b"x" * 10)
        beside(tmp_path / name).write_text("localhost:1")
    (tmp_path / "precious.mcap").write_bytes(b"x")
    make_room(tmp_path, Keep(recordings=20))
    assert sorted(path.name for path in tmp_path.glob("2026*.mcap")) == names[-19:]
    assert len(list(tmp_path.glob("*.address"))) == 19
    make_room(tmp_path, Keep(gigabytes=55 / 2**30))
    assert sorted(path.name for path in tmp_path.glob("2026*.mcap")) == names[-5:]
    assert (tmp_path / "precious.mcap").exists()


def am_dbg(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "am_dbg", "view", "--recording-dir", str(folder), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_another_recording_is_opened_beside_the_live_one(tmp_path: Path) -> None:
    other = small(tmp_path / "other.mcap", rounds=2)
    async with live(tmp_path) as (pilot, recorder, address):
        client = Client(address)
        client.call("DbgMsgStruct", {"id": "lamp", "states_index": ["On", "Off"]})
        await until(pilot, lambda: main(pilot).session.machine is not None)
        await pilot.press("O")
        pilot.app.post_message(Paste(str(other)))
        screen = pilot.app.screen
        assert isinstance(screen, RecordingsScreen)
        await until(pilot, lambda: screen.editor.text == str(other))
        await pilot.press("enter")
        await until(pilot, lambda: "opened" in plain(screen.said))
        client.call("DbgMsgTx", tx(1, 0), tx(2, 1))
        lamp = main(pilot).session.store.machine_by("lamp")
        assert lamp is not None
        await until(pilot, lambda: len(lamp) == 2)
        assert main(pilot).session.cursor.following

        at = main(pilot).session.recordings.index(recorder.recording)
        await pilot.press(*["down"] * at, "delete")
        await until(pilot, lambda: "this one is being recorded" in plain(screen.said))
        assert len(main(pilot).session.recordings) == 2
        client.close()
