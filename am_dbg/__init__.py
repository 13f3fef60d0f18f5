"""am-dbg: the terminal debugger for state machines (recorder, store, views, commands)."""
