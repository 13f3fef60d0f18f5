"""The user's settings: one TOML file, checked against a schema; nothing needs to be in it.

Looked for in the user's config folder (``~/.config/am-dbg/settings.toml``), or where
``AM_DBG_SETTINGS`` says.
"""

from __future__ import annotations

from am_dbg.settings.checking import Row, allowed, rows
from am_dbg.settings.loading import VARIABLE, load_settings, settings_path
from am_dbg.settings.schema import NAMES, ArrangementName, Filter, Keep, PaneName, Settings, View
from am_dbg.settings.writing import as_file, as_toml

__all__ = (
    "NAMES",
    "VARIABLE",
    "ArrangementName",
    "Filter",
    "Keep",
    "PaneName",
    "Row",
    "Settings",
    "View",
    "allowed",
    "as_file",
    "as_toml",
    "load_settings",
    "rows",
    "settings_path",
)
