"""The state-machine kernel: multi-state, clock-based, relational."""
