"""What the environment says about telemetry: read when a machine is bound, never later."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from telemetry.messages import DEFAULT_ADDR, LOG_LEVEL_NAMES

OPS = 3
"""The log level collected by default: operations, without the resolver's decisions."""

EVERYTHING = 5
_OFF = ("", "0", "false", "no", "off")


@dataclass(frozen=True)
class Settings:
    """The exporter's settings that come from the environment."""

    log_level: int = OPS
    args: bool = True
    stacks: bool = True
    stack_filter: str = ""
    hidden_notes: frozenset[str] = frozenset()
    """Kinds of notes that were switched off."""

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Settings:
        """``AM_LOG AM_LOG_FULL AM_LOG_ARGS AM_LOG_WHEN AM_LOG_STATE_CTX AM_DBG_NO_TRACE
        AM_TRACE_FILTER``; a switch that isn't set keeps the default.
        """
        return cls(
            log_level=_log_level(env),
            args=_switch(env, "AM_LOG_ARGS"),
            stacks=not env.get("AM_DBG_NO_TRACE"),
            stack_filter=env.get("AM_TRACE_FILTER", ""),
            hidden_notes=_hidden_notes(env),
        )


def debugger_address(env: Mapping[str, str] = os.environ) -> str | None:
    """The debugger's address in ``AM_DBG_ADDR`` (``1`` is the default one), or None."""
    addr = env.get("AM_DBG_ADDR", "").strip()
    if not addr:
        return None
    return DEFAULT_ADDR if addr == "1" else addr


def service_name(env: Mapping[str, str] = os.environ) -> str:
    """``AM_SERVICE``, else the name of the program: its file, or its package if run with ``-m``."""
    named = env.get("AM_SERVICE", "").strip()
    if named:
        return named
    program = Path(sys.argv[0] if sys.argv else "")
    if program.stem == "__main__":
        return program.parent.name
    return program.stem or Path(sys.executable).stem


def debugger_token(env: Mapping[str, str] = os.environ) -> str:
    """``AM_DBG_TOKEN``, or the empty text."""
    return env.get("AM_DBG_TOKEN", "")


def _switch(env: Mapping[str, str], name: str) -> bool:
    return name not in env or env[name].strip().lower() not in _OFF


def _log_level(env: Mapping[str, str]) -> int:
    """``AM_LOG`` as a number or a name, cut to 0-5; ``AM_LOG_FULL`` raises the default."""
    given = env.get("AM_LOG", "").strip().lower()
    if given in LOG_LEVEL_NAMES:
        return LOG_LEVEL_NAMES.index(given)
    if given.isascii() and given.isdigit():
        return min(int(given), EVERYTHING)
    full = "AM_LOG_FULL" in env and _switch(env, "AM_LOG_FULL")
    return EVERYTHING if full else OPS


def _hidden_notes(env: Mapping[str, str]) -> frozenset[str]:
    hidden: set[str] = set()
    if not _switch(env, "AM_LOG_WHEN"):
        hidden |= {"when", "when_not", "when_time", "when_args", "when_queue", "when_query"}
    if not _switch(env, "AM_LOG_STATE_CTX"):
        hidden.add("ctx")
    return frozenset(hidden)
