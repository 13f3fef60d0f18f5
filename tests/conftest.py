"""What all tests share."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# A busy machine makes examples slow, which says nothing about the code; pytest-timeout bounds them.
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")


@pytest.fixture(autouse=True, scope="module")
def _collected() -> Iterator[None]:
    """Free what tests dropped: stores hold files, and the app freezes what lives when it starts."""
    yield
    gc.unfreeze()
    gc.collect()
