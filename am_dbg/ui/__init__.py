"""The terminal interface: widgets that draw what ``am_dbg.model`` computes, and keys."""
