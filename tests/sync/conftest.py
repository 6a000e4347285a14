"""Fixtures of the exchange's tests."""

from __future__ import annotations

import pytest

from tests.cast import District
from tests.sync.road import Meeting, met


@pytest.fixture
def meeting(district: District) -> Meeting:
    """Hub and Enggano, who have met once."""
    return met(district)
