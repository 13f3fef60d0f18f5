"""``python -m am_dbg`` is ``am-dbg``."""

from am_dbg.cli import main

main()
