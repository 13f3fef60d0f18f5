"""Exporters: what a machine does, sent to debuggers and other backends.

``bind_dbg(machine)`` shows a machine in am-dbg; ``bind_from_env(machine)`` binds whatever the
environment asks for, and does nothing when it asks for nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from telemetry.dbg import bind_dbg, bind_from_env

__all__ = ["bind_dbg", "bind_from_env"]


def __getattr__(name: str) -> Any:
    # Loaded on first use: the debugger imports telemetry.messages and must not load the kernel.
    if name in __all__:
        from telemetry import dbg

        return getattr(dbg, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
