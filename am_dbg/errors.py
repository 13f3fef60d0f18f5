"""What a user did wrong, in one line that says what to do."""

from __future__ import annotations


class UserError(Exception):
    """Wrong input: shown as ``am-dbg: TEXT`` on stderr, exit status 1, never a traceback."""
