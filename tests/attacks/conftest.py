"""Fixtures of the attacks: the district of the cast, and what a thief can make himself."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journal.stores import IN_MEMORY, StoreDistrict


@pytest.fixture
def district() -> Iterator[StoreDistrict]:
    """A kabupaten; every thief of these tests has stolen one of its machines, or none."""
    with tempfile.TemporaryDirectory(prefix="perahu-", dir=IN_MEMORY) as folder:
        made = StoreDistrict(Path(folder) / "district")
        yield made
        made.close()
