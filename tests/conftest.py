"""What all tests share."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A busy machine makes examples slow, which says nothing about the code; pytest-timeout bounds them.
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")
