"""How a recorder begins, ends, dies and goes on."""

from __future__ import annotations

import os
import resource
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import msgpack
import pytest

from am_dbg.recording import RecordingReader
from tests.recorder.conftest import (
    DEADLINE,
    SCHEMA,
    Client,
    Running,
    Start,
    events,
    info,
    messages,
    run_info,
    tx,
    wait_for,
)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_signals_close_the_file(start: Start, how: signal.Signals) -> None:
    recorder = start()
    client = recorder.connect()
    client.notify("DbgMsgStruct", SCHEMA)
    assert client.request("DbgMsgTx", tx(clocks=[1, 2, 3]))[0] is None
    assert recorder.info()["machines"][0]["connected"]
    assert "still being recorded" in run_info(recorder.path).stderr
    assert recorder.end(how) == 0
    found = recorder.info()
    assert (found["truncated"], found["machines"][0]["connected"]) == (False, False)
    assert recorder.stderr() == ""
    assert run_info(recorder.path).stderr == ""


def test_for_a_time(start: Start) -> None:
    recorder = start("--for", "0.3")
    recorder.connect().request("DbgMsgStruct", SCHEMA)
    assert recorder.wait() == 0
    assert recorder.info()["records"] == 1


def test_until_idle(start: Start) -> None:
    recorder = start("--until-idle", "0.3")
    silent, first, second = (recorder.connect() for _ in range(3))
    silent.sock.sendall(b"\x90")  # heard, but nothing valid
    first.request("DbgMsgStruct", SCHEMA)
    first.close()
    second.request("DbgMsgTx", tx())
    with pytest.raises(subprocess.TimeoutExpired):
        recorder.process.wait(1.0)  # second is quiet, but there
    second.close()
    assert recorder.wait() == 0
    assert recorder.info()["records"] == 2


def test_until_idle_waits_for_the_first_client(start: Start) -> None:
    recorder = start("--until-idle", "0.1")
    recorder.connect().close()
    with pytest.raises(subprocess.TimeoutExpired):
        recorder.process.wait(0.5)


def test_it_ends_with_its_stdin(start: Start) -> None:
    recorder = start("--follow-stdin")
    recorder.connect().request("DbgMsgStruct", SCHEMA)
    assert recorder.process.stdin is not None
    recorder.process.stdin.close()
    assert recorder.wait() == 0
    assert not recorder.info()["truncated"]


def test_what_can_be_given_wrongly_gets_one_line(start: Start, tmp_path: Path) -> None:
    recorder = start()
    port = recorder.address.rpartition(":")[2]
    exists = tmp_path / "exists.mcap"
    exists.write_bytes(b"")
    plain = tmp_path / "plain"
    plain.write_text("no socket")
    new = tmp_path / "new.mcap"
    for listen, output, status, text in [
        (recorder.address, new, 1, f"port {port} is in use"),
        ("127.0.0.1:0", exists, 1, "--append"),
        ("127.0.0.1:0", tmp_path / "no" / "x.mcap", 1, "No such file"),
        ("127.0.0.1", new, 2, "HOST:PORT"),
        ("0.0.0.0:0", new, 1, "--token"),
        ("203.0.113.1:0", new, 1, "--token"),
        (f"unix:{plain}", new, 1, "no socket"),
        (f"unix:{tmp_path}/no/x.sock", new, 1, "can't listen"),
    ]:
        done = start(listen=listen, output=output)
        assert done.wait() == status, text
        said = done.line + done.stderr()
        assert text in said
        assert "Traceback" not in said
        assert status == 2 or said.count("\n") == 1
        assert not new.exists()


def test_a_token_is_asked_for(start: Start) -> None:
    recorder = start(env={"AM_DBG_TOKEN": "sésame"})
    attempts: list[tuple[str, list[Any], str]] = [
        ("hello", [{"token": "wrong"}], "denied: wrong token"),
        ("hello", [{}], "denied: no token"),
        ("hello", [{"token": 5}], "denied: "),
        ("DbgMsgStruct", [SCHEMA], "denied: "),
    ]
    for first, params, error in attempts:
        client = recorder.connect()
        found, result = client.request(first, *params)
        assert found.startswith(error)
        assert result is None
        assert client.closed_by_server()
    quiet = recorder.connect()
    quiet.notify("DbgMsgStruct", SCHEMA)
    assert quiet.closed_by_server()
    long = recorder.connect()
    long.sock.sendall(b"\x93\x02\xa5hello\x91\xdb\x00\x0f\x00\x00")
    assert long.closed_by_server()
    good = recorder.connect()
    assert good.request("hello", {"token": "sésame", "service": "svc", "pid": 7})[0] is None
    assert good.request("DbgMsgStruct", SCHEMA)[0] is None
    assert recorder.end() == 0
    assert len(recorder.events("refused")) == 6
    assert recorder.info()["records"] == 1
    with RecordingReader(recorder.path) as reader:
        channels = [channel for block in reader.blocks() for channel, *_ in block.messages()]
    (meta,) = [channel.metadata for channel in channels if channel.kind == "DbgMsgStruct"]
    assert (meta["service"], meta["pid"], meta["instance"]) == ("svc", "7", SCHEMA["instance"])


def test_a_unix_socket_needs_no_token(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "am.sock"
    recorder = start("--token", "secret", listen=f"unix:{path}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert recorder.connect().request("DbgMsgStruct", SCHEMA)[0] is None
    second = start(listen=f"unix:{path}")
    assert second.wait() == 1
    assert "in use" in second.line
    recorder.process.kill()
    recorder.wait()
    assert path.exists()
    third = start(listen=f"unix:{path}")  # the socket of the dead one is in nobody's way
    assert third.connect().request("DbgMsgStruct", SCHEMA)[0] is None
    assert third.end() == 0
    assert not path.exists()


def test_several_addresses(start: Start, tmp_path: Path) -> None:
    recorder = start("--listen", f"unix:{tmp_path}/s", listen="localhost:0")
    assert recorder.connect().request("DbgMsgStruct", SCHEMA)[0] is None
    recorder.address = f"unix:{tmp_path}/s"
    assert recorder.connect().request("DbgMsgTx", tx())[0] is None
    assert recorder.end() == 0


def flood(client: Client, answered: list[int]) -> None:
    """Sends requests until the connection breaks, noting how many answers came."""
    numbers = iter(range(1, 10**9))

    def read() -> None:
        try:
            while True:
                answered.append(client.receive()[1])
        except (EOFError, OSError):
            return

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in numbers:
            seq = (number - 1) * 10
            batch = [tx(seq=seq + i, clocks=[seq + i]) for i in range(1, 11)]
            client.send(0, number, "DbgMsgTx", batch)
    except OSError:
        reader.join()


def test_killed_in_a_flood_it_holds_all_that_was_answered_and_goes_on(
    start: Start, tmp_path: Path
) -> None:
    path = tmp_path / "killed.mcap"
    recorder = start(output=path)
    client = recorder.connect()
    client.request("DbgMsgStruct", SCHEMA)
    answered: list[int] = []
    sender = threading.Thread(target=flood, args=(client, answered))
    sender.start()
    wait_for(lambda: len(answered) > 300, "some hundred answers")
    recorder.process.kill()
    sender.join()
    recorder.wait()

    done = run_info(path, "--json")
    assert done.returncode == 0
    assert "cut" in done.stderr
    found = info(path)
    assert found["truncated"]
    (machine,) = found["machines"]
    last = max(answered) * 10
    assert machine["transitions"] >= last
    assert machine["lost"] == 0
    assert machine["clocks"] == [machine["transitions"], 0, 0]

    again = start("--append", output=path)
    client = again.connect()
    top = machine["transitions"]
    client.request("DbgMsgStruct", {**SCHEMA, "clocks": [top + 7, 1, 0]})
    gap = {**SCHEMA, "machine_id": "m", "lost": 5, "first_seq": top + 1, "last_seq": top + 5}
    assert client.request("DbgMsgGap", gap)[0] is None
    again_sent = [tx(seq=n, clocks=[n]) for n in (top - 1, top)]
    news = [tx(seq=top + 6, clocks=[top + 6, 1]), tx(seq=top + 7, ticks=[[0, 1]])]
    assert client.request("DbgMsgTx", *again_sent, *news)[0] is None
    assert again.end() == 0
    found = info(path)
    (machine,) = found["machines"]
    assert machine["transitions"] == top + 2
    assert (machine["gaps"], machine["lost"]) == (1, 5)
    assert machine["clocks"] == [top + 7, 1, 0]
    assert not found["truncated"]
    (event,) = again.events("recovered")
    assert event["bytes"] >= 0
    connected = [event["conn"] for event in again.events("connected")]
    assert connected == ["1", "2"]
    (resumed,) = again.events("resumed")
    assert (resumed["conn"], resumed["machine_id"]) == ("2", "m")


def test_append_to_a_file_cut_anywhere(start: Start, tmp_path: Path) -> None:
    recorder = start()
    client = recorder.connect()
    client.request("DbgMsgStruct", SCHEMA)
    for number in range(5):
        client.request("DbgMsgTx", tx(id=str(number)))
    recorder.end()
    data = recorder.path.read_bytes()
    for length in (0, 8, 60, len(data) // 2, len(data) - 1, len(data)):
        cut = tmp_path / f"cut{length}.mcap"
        cut.write_bytes(data[:length])
        again = start("--append", output=cut)
        client = again.connect()
        client.request("DbgMsgStruct", SCHEMA)
        assert client.request("DbgMsgTx", tx(id="new"))[0] is None
        assert again.end() == 0
        ids = [message["id"] for message in messages(cut, "DbgMsgTx")]
        assert ids == [*(str(n) for n in range(len(ids) - 1)), "new"]
        assert len(again.events("recovered")) == (length not in (0, len(data)))
        assert not info(cut)["truncated"]


class TestMachinesWithoutInstance:
    """A later connection goes on with the machine unless its clocks fall."""

    def run(self, start: Start, *lives: tuple[list[int] | None, list[int]]) -> list[Any]:
        """Machines in a recording of one connection after another: schema and first clocks."""
        recorder = start()
        for number, (schema_clocks, clocks) in enumerate(lives, 1):
            client = recorder.connect()
            schema = {"id": "go", "states_index": ["A", "B"], "clocks": schema_clocks}
            client.request("DbgMsgStruct", schema)
            sent = {"machine_id": "go", "clocks": clocks}
            assert client.request("DbgMsgTx", sent)[0] is None
            client.close()
            wait_for(partial(self.ended, recorder, number), "the end of a connection")
        assert recorder.end() == 0
        machines = recorder.info()["machines"]
        assert len({machine["instance"] for machine in machines}) == len(machines)
        return [(machine["transitions"], machine["clocks"]) for machine in machines]

    def ended(self, recorder: Running, count: int) -> bool:
        return len(recorder.events("disconnected")) == count

    def test_clocks_that_go_on(self, start: Start) -> None:
        assert self.run(start, (None, [3, 1]), ([3, 1], [4, 1]), (None, [4, 2])) == [(3, [4, 2])]

    def test_clocks_in_the_schema_that_fall(self, start: Start) -> None:
        assert self.run(start, (None, [3, 1]), ([0, 0], [1, 0])) == [(1, [3, 1]), (1, [1, 0])]

    def test_clocks_in_the_first_transition_that_fall(self, start: Start) -> None:
        assert self.run(start, (None, [3, 1]), (None, [1, 9])) == [(1, [3, 1]), (1, [1, 9])]

    def test_one_that_is_still_there(self, start: Start) -> None:
        recorder = start()
        for clocks in ([1], [2]):
            client = recorder.connect()
            client.request("DbgMsgStruct", {"id": "go", "states_index": ["A"]})
            client.request("DbgMsgStruct", {"id": "go", "states_index": ["A", "B"]})
            client.request("DbgMsgTx", {"machine_id": "go", "clocks": clocks})
        assert recorder.end() == 0
        assert [m["clocks"] for m in recorder.info()["machines"]] == [[1, 0], [2, 0]]

    def test_across_an_append(self, start: Start, tmp_path: Path) -> None:
        path = tmp_path / "a.mcap"
        for clocks in ([5, 0], [6, 0], [2, 0]):
            recorder = start("--append", output=path)
            client = recorder.connect()
            client.request("DbgMsgStruct", {"id": "go", "states_index": ["A", "B"]})
            client.request("DbgMsgTx", {"machine_id": "go", "clocks": clocks})
            assert recorder.end() == 0
        assert [m["clocks"] for m in info(path)["machines"]] == [[6, 0], [2, 0]]


def test_a_client_that_shuts_its_side_still_gets_its_answers(start: Start) -> None:
    recorder = start()
    client = recorder.connect()
    for number in range(20):
        client.send(0, number, "DbgMsgStruct", [SCHEMA])
    client.sock.shutdown(socket.SHUT_WR)
    assert [client.receive()[1] for _ in range(20)] == list(range(20))
    assert client.closed_by_server()
    assert recorder.end() == 0


def test_a_client_that_never_reads_is_held_back_and_hurts_nobody(start: Start) -> None:
    recorder = start()
    deaf, good = recorder.connect(), recorder.connect()
    deaf.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.sock.settimeout(0.5)
    message = msgpack.packb([0, 1, "no_such_method", []]) * 1_000_000
    with pytest.raises(TimeoutError):
        deaf.sock.sendall(message)
    good.request("DbgMsgStruct", SCHEMA)
    begun = time.monotonic()
    assert good.request("DbgMsgTx", tx())[0] is None
    assert time.monotonic() - begun < 2
    assert recorder.end() == 0


def test_a_full_disk_holds_clients_back_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "full.mcap"
    limit = 200_000

    def limit_file_size() -> None:
        # Stands for a full disk: write(2) fails in the same place, with EFBIG.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    command = [sys.executable, "-m", "am_dbg", "record", "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(
        [*command, "--output", str(path)],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limit_file_size,
    )
    assert process.stderr is not None
    port = int(process.stderr.readline().split("127.0.0.1:")[1].split(",")[0])
    client = Client(socket.create_connection(("127.0.0.1", port)))
    client.request("DbgMsgStruct", SCHEMA)
    for number in range(30):
        client.send(0, 100 + number, "DbgMsgTx", [tx(stack_trace=os.urandom(20_000).hex())])
    said = process.stderr.readline()
    assert "File too large; clients wait" in said
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit * 100, resource.RLIM_INFINITY))
    assert "writing again" in process.stderr.readline()
    answers = [client.receive() for _ in range(30)]
    assert [answer[1:3] for answer in answers] == [[100 + n, None] for n in range(30)]
    client.close()
    process.terminate()
    assert process.wait(DEADLINE) == 0
    process.stderr.close()
    assert info(path)["records"] == 31


def test_a_disk_that_stays_full_costs_the_rest_only(tmp_path: Path, start: Start) -> None:
    recorder = start()
    client = recorder.connect()
    client.request("DbgMsgStruct", SCHEMA)
    pid = recorder.process.pid
    size = recorder.path.stat().st_size
    # SIGXFSZ is ignored by Python itself, so the write fails with EFBIG
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    client.send(0, 9, "DbgMsgTx", [tx()])
    assert recorder.process.stderr is not None
    assert "clients wait" in recorder.process.stderr.readline()
    assert recorder.end() == 1
    assert "File too large" in recorder.stderr()
    assert recorder.info()["records"] == 1
    assert recorder.info()["truncated"]


def test_a_removed_file_is_noticed(start: Start) -> None:
    recorder = start()
    client = recorder.connect()
    client.request("DbgMsgStruct", SCHEMA)
    recorder.path.unlink()
    stop = threading.Event()

    def go_on() -> None:
        while not stop.wait(0.05):
            client.request("DbgMsgTx", tx())

    sender = threading.Thread(target=go_on)
    sender.start()
    assert recorder.process.stderr is not None
    assert "was removed" in recorder.process.stderr.readline()
    stop.set()
    sender.join()
    assert recorder.end() == 0


def test_an_empty_recording(start: Start, tmp_path: Path) -> None:
    recorder: Running = start()
    recorder.connect()  # says nothing, so leaves no trace
    assert recorder.end() == 0
    assert events(recorder.path) == []
    found = recorder.info()
    assert (found["machines"], found["records"], found["truncated"]) == ([], 0, False)
    for data in (b"", b"\x89MC", b"text"):
        path = tmp_path / "bad.mcap"
        path.write_bytes(data)
        done = run_info(path, "--json")
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
