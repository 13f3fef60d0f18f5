"""Arguments as short texts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from telemetry.args import FAILED, LIMIT, map_args, named, text_of


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no")


def test_default_names_only() -> None:
    args = {"name": "a", "port": 80, "secret": "s", "path": Path("/x"), "err": ValueError("bad")}
    assert map_args(named(), args) == {
        "name": "a",
        "port": "80",
        "path": "/x",
        "err": "ValueError: bad",
    }


def test_long_values_are_cut() -> None:
    mapped = map_args(named(), {"name": "x" * 1000, "url": list(range(100_000))})
    assert len(mapped["name"]) == LIMIT
    assert mapped["name"].endswith("…")
    assert len(mapped["url"]) <= LIMIT


def test_own_names_and_limit() -> None:
    assert map_args(named(["job"], limit=4), {"job": "abcdefgh", "name": "n"}) == {"job": "abc…"}


def test_a_value_that_cannot_be_printed() -> None:
    assert text_of(Unprintable()) == "<Unprintable: RuntimeError when printed>"


def test_errors_of_a_mapper_are_shown() -> None:
    def broken(args: Mapping[str, Any]) -> Mapping[str, str]:
        raise KeyError("job")

    assert map_args(broken, {"a": 1}) == {FAILED: "KeyError: 'job'"}


def test_a_mapper_that_returns_something_else() -> None:
    def wrong(args: Mapping[str, Any]) -> Any:
        return {"n": 3, "e": None}

    assert map_args(wrong, {}) == {"n": "3", "e": "None"}
