"""Programs worth debugging: each runs alone, and ``am-dbg demo`` runs them all."""
