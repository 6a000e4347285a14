"""Fixtures of the exchange's tests."""

from __future__ import annotations

import pytest

from tests.cast import District
from tests.sync.road import Meeting


@pytest.fixture
def meeting(district: District) -> Meeting:
    """Hub and Enggano, who have exchanged the hub's first facts."""
    hub, enggano = district.open("Hub"), district.open("Enggano")
    district.found(hub)
    made = Meeting(enggano, hub)
    made.hold()
    return made
