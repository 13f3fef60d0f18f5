from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from am_dbg.store import Store
from telemetry.messages import StateDef
from tests.model.session import Session


@pytest.fixture(autouse=True)
def _utc() -> Iterator[None]:
    """Times on screen are local: the same everywhere in these tests."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path / "session.mcap")


STATES = (
    "Start",
    "IsDHT",
    "Ready",
    "Connected",
    "Connecting",
    "TopicJoined",
    "JoiningTopic",
    "Exception",
)


@pytest.fixture
def peers(session: Session) -> Session:
    """A parent with two children, the second of which has one late transition."""
    defs = {
        "Ready": StateDef(auto=True, require=["Start", "Connected"]),
        "Connected": StateDef(require=["Start"], remove=["Connecting"]),
        "TopicJoined": StateDef(multi=True, add=["Ready"], tags=["topic"]),
        "Connecting": StateDef(auto=True, after=["Start"]),
    }
    groups = {"Basic": [0, 2], "Net": [3, 4, 3]}
    more = {"groups": groups, "groups_order": ["Net", "Basic"], "parent": "sim"}
    session.machine("sim", ("Start", "Ready", "Exception"))
    session.machine("sim-p10", STATES, defs, **more)
    session.machine("sim-p2", STATES, defs, **more)
    session.tx("sim", 0, "Start", "Start", log_entries=[(3, "[add] Start"), (2, "[state] +Start")])
    session.tx("sim-p2", 10, "Start", "Start", duration=400_000)
    session.tx("sim-p2", 300, "Connecting", "Connecting", is_auto=True)
    session.tx(
        "sim-p2",
        1500,
        "Ready Connected",
        "Ready Connected Connecting",
        source=("sim", "t1", 3, "StartState"),
        args={"Topic.id": "t-forrest", "err": "red\x1b[31m"},
        queue=2,
        duration=380_000,
        steps=[
            (32, -1, 2, 0, None),
            (1, 2, 0, 0, 2),
            (8, -1, 4, 0, None),
            (4, -1, 3, 0, None),
            (2, -1, 2, 5, None),
        ],
        handlers=[("ReadyState", 0, 1000, 200_000, "ok")],
        log_entries=[
            (3, "[add] Ready Connected (Topic.id=t-forrest gump)"),
            (4, "[rel:remove] Connecting by Connected"),
            (2, "[state] +Ready +Connected -Connecting"),
            (1, "[exter] hello"),
            (2, '[error] boom\n  File "x.py", line 3'),
        ],
    )
    refused = [(32, -1, 6, 0, None), (2, -1, 6, 4, None), (64, -1, 6, 0, None)]
    how = [("JoiningTopicEnter", 0, 1, 200, "refused")]
    session.tx("sim-p2", 2000, "JoiningTopic", accepted=False, steps=refused, handlers=how)
    session.tx("sim-p2", 2500, "TopicJoined", is_queued=True, mut_queue_tick=7, stack_trace="a\nb")
    session.tx("sim-p2", 2600, "TopicJoined", "TopicJoined", queue_tick=7)
    session.tx("sim-p2", 2700, "TopicJoined", "TopicJoined TopicJoined")
    session.tx("sim-p10", 2800, "Exception", "Exception")
    session.tx("sim-p2", 2900, "TopicJoined", is_check=True)
    session.tx("sim-p2", 3900, "Start", "Start")
    return session


@pytest.fixture
def store(peers: Session) -> Store:
    return peers.store()


@pytest.fixture
def no(store: Store) -> Callable[[str], int]:
    """Number of a machine by its name."""

    def number(name: str) -> int:
        log = store.machine_by(name)
        assert log is not None
        return log.no

    return number
