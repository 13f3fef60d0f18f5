"""A small recording, the same for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.sessions import small


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small(tmp_path_factory.mktemp("ui") / "small.mcap")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
