"""Pure view models: what a pane shows, computed from ``(store, cursor, filters)`` without a terminal."""
