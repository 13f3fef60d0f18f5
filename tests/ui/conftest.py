"""A small recording, the same for all tests; nothing of the user's own state is read or written."""

from __future__ import annotations

from pathlib import Path

import pytest

from am_dbg.model.filters import EVERYTHING_SHOWN, FilterSet
from am_dbg.ui.remembered import remember
from tests.ui.sessions import small


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small(tmp_path_factory.mktemp("ui") / "small.mcap")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def state_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of its own, in which filters were set to show everything.

    Positions then are rows, which is easier to reckon with where filters aren't the matter.
    """
    home = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(home))
    remember("filters", FilterSet(EVERYTHING_SHOWN))
    return home
