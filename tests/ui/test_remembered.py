"""Choices that outlive a run: written whole, read tolerantly."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from am_dbg.ui.remembered import recall, remember, remembered_path


class Choice(msgspec.Struct, frozen=True):
    size: int = 3
    names: dict[str, int] = {}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_what_is_remembered_comes_back() -> None:
    assert recall("choice", Choice) == Choice()
    assert remember("choice", Choice(5, {"sim-ä": 2}))
    assert recall("choice", Choice) == Choice(5, {"sim-ä": 2})
    assert [path.name for path in remembered_path("choice").parent.iterdir()] == ["choice.json"]


@pytest.mark.parametrize(
    "garbage", [b"", b"{", b"[]", b'{"size": "x"}', b"\xff\xfe", b"[" * 100_000]
)
def test_garbage_is_as_good_as_nothing(garbage: bytes) -> None:
    assert remember("choice", Choice(5))
    remembered_path("choice").write_bytes(garbage)
    assert recall("choice", Choice) == Choice()


def test_a_newer_version_s_fields_are_ignored() -> None:
    assert remember("choice", Choice())
    remembered_path("choice").write_bytes(b'{"size": 4, "colour": "red"}')
    assert recall("choice", Choice) == Choice(4)


def test_a_folder_that_cannot_be_made_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    assert not remember("choice", Choice())
    assert recall("choice", Choice) == Choice()
