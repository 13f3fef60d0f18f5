"""Pure view models: what a pane shows, from ``(store, cursor, filters)``, without a terminal."""
