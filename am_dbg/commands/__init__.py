"""One module a command; ``am_dbg.cli`` loads them when they are called."""
