"""The command: what opens where, and what a wrong argument is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from am_dbg.cli import cli
from am_dbg.commands.view import replay_session, select
from am_dbg.errors import UserError
from am_dbg.model.addresses import format_address

REAL = Path("../shared/data/am-dbg-sim.gob.br")


def label(session: object) -> str:
    return session.machine.label  # type: ignore[attr-defined,no-any-return]


def test_a_machine_is_selected_at_the_end_of_the_recording(recording: Path) -> None:
    session = replay_session([recording], follow=False)
    moment = session.cursor.moment
    select(session, "worker-1")
    assert label(session) == "worker-1"
    assert session.cursor.moment == moment


def test_an_address_selects_machine_and_transition(recording: Path) -> None:
    session = replay_session([recording], follow=False)
    machine = session.store.machines[0]
    tx = session.store.message(machine.n(7)).id
    select(session, format_address(machine.id, tx))
    assert session.cursor.pos == 7


def test_a_machine_that_is_not_there_is_one_line(recording: Path) -> None:
    session = replay_session([recording], follow=False)
    with pytest.raises(UserError, match="no machine nobody"):
        select(session, "nobody")


def test_several_recordings_are_one_session(recording: Path, tmp_path: Path) -> None:
    from tests.ui.sessions import small

    other = small(tmp_path / "other.mcap", rounds=2)
    session = replay_session([recording, other], follow=False)
    assert len(session.store.machines) >= 4
    assert session.files == "small.mcap +1"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--listen", "nowhere"], "no address"),
        (["nosuch.mcap"], "nosuch.mcap"),
        (["pyproject.toml"], "not a recording"),
    ],
)
def test_a_wrong_argument_is_one_line(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(cli, ["view", *arguments])
    assert isinstance(result.exception, UserError)
    assert said in str(result.exception)


def test_following_needs_a_file() -> None:
    result = CliRunner().invoke(cli, ["view", "--follow"])
    assert result.exit_code == 2


def test_the_real_session_opens_at_its_last_transition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not REAL.exists():
        pytest.skip(f"{REAL} is not at hand")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    session = replay_session([REAL], follow=False)
    while session.store.feed():
        pass
    assert len(session.store.machines) == 107
    assert len(session.store) == 7605
    machine = session.machine
    assert machine is not None
    assert machine.time_at(session.cursor.pos) == session.store.last_time
