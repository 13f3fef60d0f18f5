"""The settings file: found, read, checked; what the command line says goes over it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from am_dbg.errors import UserError
from am_dbg.settings.checking import check
from am_dbg.settings.schema import Settings

VARIABLE = "AM_DBG_SETTINGS"


def settings_path(environment: Mapping[str, str] | None = None) -> Path:
    """Where the file is, or would be."""
    import platformdirs

    told = (os.environ if environment is None else environment).get(VARIABLE)
    if told:
        return Path(told).expanduser()
    return platformdirs.user_config_path("am-dbg", appauthor=False) / "settings.toml"


def load_settings(overrides: tuple[str, ...] = ()) -> Settings:
    """The settings of the file, with ``overrides`` (``NAME=VALUE``, as in the file) over them.

    Raises UserError, one line, for a file that can't be read, an unknown name, a wrong value.
    """
    path = settings_path()
    tables = _read(path)
    check(tables, str(path))
    names = []
    for override in overrides:
        names.append(override.partition("=")[0].strip())
        given = _override(override)
        check(given, f"--set {override}")
        _merge(tables, given)
    return msgspec.convert({**tables, "given": names}, Settings)


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        if os.environ.get(VARIABLE):
            raise UserError(f"{VARIABLE}: there is no file {path}") from None
        return {}
    except OSError as error:
        raise UserError(f"{path}: can't be read: {error.strerror}") from None
    try:
        tables: dict[str, Any] = msgspec.toml.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not TOML: {error}") from None
    return tables


def _override(text: str) -> dict[str, Any]:
    """``filter.log_level=2`` as the tables it stands for; a value that is no TOML is a text."""
    name, sign, value = text.partition("=")
    if not sign:
        raise UserError(f"--set {text}: write NAME=VALUE, such as filter.log_level=2")
    try:
        made: Any = msgspec.toml.decode(f"x = {value}")["x"]
    except (msgspec.DecodeError, KeyError):
        made = value
    for part in reversed(name.strip().split(".")):
        made = {part: made}
    tables: dict[str, Any] = made
    return tables


def _merge(into: dict[str, Any], tables: Mapping[str, Any]) -> None:
    for name, value in tables.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        else:
            into[name] = value
