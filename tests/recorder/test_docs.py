"""The programs in the documentation do what they say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.recorder.conftest import Start

DOCS = Path(__file__).parents[2] / "docs"


def program(page: str) -> str:
    found = re.search(r"```python\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    assert found
    return found[1]


def test_the_ten_line_client_appears_and_the_reader_reads_it(start: Start) -> None:
    recorder = start("--until-idle", "0.1")
    port = recorder.address.rpartition(":")[2]
    client = program("protocol.md").replace("6831", port)
    assert len([line for line in client.splitlines() if line.strip()]) <= 10
    subprocess.run([sys.executable, "-c", client], check=True)
    assert recorder.wait() == 0
    (machine,) = recorder.info()["machines"]
    assert (machine["id"], machine["transitions"], machine["clocks"]) == ("light", 2, [2, 1])
    reader = program("recording.md").replace("session.mcap", str(recorder.path))
    done = subprocess.run([sys.executable, "-c", reader], capture_output=True, check=True)
    assert done.stdout.count(b"light DbgMsgTx") == 2
    assert b"am-dbg/events DbgEvent" in done.stdout
