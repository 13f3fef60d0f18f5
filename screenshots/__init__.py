"""Pictures of the screens, made by ``make screenshots``."""
