"""The terminal that the screens are drawn on: whether there is one, and when it has gone.

A terminal window that closes sends SIGHUP; but a terminal that isn't the controlling one, or whose
program died, just hangs up: reading then says end-of-file at once, for ever, and Textual's input
thread asks again and again. Nobody is left to look at a screen, so the debugger leaves.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
from typing import IO

from am_dbg.errors import UserError

HUNG_UP = select.POLLHUP | select.POLLERR | select.POLLNVAL
INSTEAD = "as text: am-dbg info FILE, am-dbg log FILE; without a screen: am-dbg record"


def need_terminal() -> None:
    """Raises UserError, one line, when there is no terminal to draw on and to read keys from."""
    streams = {"input": sys.__stdin__, "output": sys.__stdout__, "error output": sys.__stderr__}
    missing = [name for name, stream in streams.items() if not _is_terminal(stream)]
    if missing:
        raise UserError(f"the debugger needs a terminal, standard {missing[0]} is none; {INSTEAD}")
    if os.environ.get("TERM") == "dumb":
        raise UserError(f"TERM=dumb: this terminal shows no screens; {INSTEAD}")
    if hung_up():
        raise UserError("the terminal has gone")


def _is_terminal(stream: IO[str] | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def hung_up() -> bool:
    """Whether the terminal has gone. Costs a system call; a pipe or a file never has."""
    if sys.__stdin__ is None:
        return False
    try:
        fd = sys.__stdin__.fileno()
        poll = select.poll()
        poll.register(fd, 0)
        return any(what & HUNG_UP for _, what in poll.poll(0))
    except (OSError, ValueError, AttributeError):  # closed; or a system without poll
        return False


def let_go() -> None:
    """After the terminal has gone: what is still to be said goes nowhere, and is no error."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__):
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):
                os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
