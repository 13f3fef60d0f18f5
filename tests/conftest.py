"""What all tests share."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A busy machine makes examples slow; that says nothing about the code. Time limits are pytest-timeout's.
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")
