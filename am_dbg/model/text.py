"""The one currency between view models and widgets: lines of spans, each with a meaning.

A view model says *what* a piece of text means (a token); the theme says how that looks. Every
meaning that has a colour has a sign in the text as well, so that nothing depends on colour.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Token(Enum):
    """Meaning of a span; ``am_dbg.ui.themes`` maps each to a style."""

    TEXT = "text"
    DIM = "dim"
    STRONG = "strong"
    TITLE = "title"
    KEY = "key"
    LINK = "link"
    NUMBER = "number"
    TIME = "time"
    ACTIVE = "active"
    INACTIVE = "inactive"
    MULTI = "multi"
    ADDED = "added"
    REMOVED = "removed"
    CALLED = "called"
    AUTO = "auto"
    QUEUED = "queued"
    CHECK = "check"
    CANCELED = "canceled"
    ERROR = "error"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    LIVE = "live"
    PAUSED = "paused"
    MATCH = "match"
    NAMED = "named"
    WARNING = "warning"
    ARG_NAME = "arg-name"
    ARG_VALUE = "arg-value"

    __hash__ = object.__hash__  # Enum's own hashes the name, thousands of times a repaint


class Span(NamedTuple):
    """A piece of text with one meaning, and what a click on it leads to (a ``mach://`` address)."""

    text: str
    token: Token = Token.TEXT
    link: str = ""


Line = tuple[Span, ...]
"""One row of a pane, unpadded; the widget crops it to its width and pads it."""
