"""Settings from the environment."""

from __future__ import annotations

import sys

import pytest

from telemetry.environment import Settings, debugger_address, service_name


def test_defaults() -> None:
    settings = Settings.from_env({})
    assert (settings.log_level, settings.args, settings.stacks) == (3, True, True)


@pytest.mark.parametrize(
    ("env", "level"),
    [
        ({"AM_LOG": "1"}, 1),
        ({"AM_LOG": "9"}, 5),
        ({"AM_LOG": "decisions"}, 4),
        ({"AM_LOG": "nonsense"}, 3),
        ({"AM_LOG_FULL": "1"}, 5),
        ({"AM_LOG_FULL": "0"}, 3),
        ({"AM_LOG_FULL": "1", "AM_LOG": "2"}, 2),
    ],
)
def test_log_level(env: dict[str, str], level: int) -> None:
    assert Settings.from_env(env).log_level == level


def test_switches() -> None:
    settings = Settings.from_env(
        {
            "AM_LOG_ARGS": "0",
            "AM_LOG_STATE_CTX": "off",
            "AM_DBG_NO_TRACE": "1",
            "AM_TRACE_FILTER": "/home/me/",
        }
    )
    assert not settings.args
    assert settings.hidden_notes == {"ctx"}
    assert not settings.stacks
    assert settings.stack_filter == "/home/me/"


def test_address() -> None:
    assert debugger_address({}) is None
    assert debugger_address({"AM_DBG_ADDR": ""}) is None
    assert debugger_address({"AM_DBG_ADDR": "1"}) == "localhost:6831"
    assert debugger_address({"AM_DBG_ADDR": "host:1"}) == "host:1"


def test_service_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert service_name({"AM_SERVICE": "shop"}) == "shop"
    monkeypatch.setattr(sys, "argv", ["/opt/app/worker.py"])
    assert service_name({}) == "worker"
    monkeypatch.setattr(sys, "argv", ["/opt/app/shop/__main__.py"])
    assert service_name({}) == "shop"
