"""Settings as a file that could be kept."""

from __future__ import annotations

from typing import Any

from am_dbg.settings.checking import Row, rows
from am_dbg.settings.schema import Settings


def as_file(settings: Settings, where: str) -> str:
    """The settings as TOML, with comments; defaults are comments too."""
    lines = [f"# Settings of am-dbg: {where}"]
    table = ""
    for row in rows():
        value = _value(settings, row.name)
        head, _, name = row.name.rpartition(".")
        if isinstance(value, dict):  # a table of the user's own names
            head = row.name
        if head != table:
            table = head
            lines += ["", f"[{table}]"]
        lines += ["", f"# {row.words}: {row.allowed}"]
        if isinstance(value, dict):
            lines += [f"{key} = {as_toml(one)}" for key, one in value.items()]
        else:
            lines.append(_assigned(row, name, value))
    return "\n".join(lines)


def _assigned(row: Row, name: str, value: Any) -> str:
    return f"{'# ' if value == row.default else ''}{name} = {as_toml(value)}"


def _value(settings: Settings, name: str) -> Any:
    found: Any = settings
    for part in name.split("."):
        found = getattr(found, part)
    return found


def as_toml(value: Any) -> str:
    """A value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(as_toml(one) for one in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key} = {as_toml(one)}' for key, one in value.items())}}}"
    if isinstance(value, str):
        escaped = "".join(c if c.isprintable() and c not in '"\\' else _escape(c) for c in value)
        return f'"{escaped}"'
    return str(value)


def _escape(char: str) -> str:
    return f"\\{char}" if char in '"\\' else f"\\U{ord(char):08x}"
