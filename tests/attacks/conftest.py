"""Fixtures of the attacks: the district of the cast, and what a thief can make himself."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journal.stores import IN_MEMORY, StoreDistrict
from tests.web.conftest import (
    Printing,
    enggano,
    founded,
    hub,
    new_town,
    ordered_once,
    peopled,
    pin,
    printing,
    scanners,
    surroundings,
    town,
)

__all__ = [
    "Printing", "district", "enggano", "founded", "hub", "new_town", "ordered_once",
    "peopled", "pin", "printing", "scanners", "surroundings", "town",
]  # fmt: skip


@pytest.fixture
def district() -> Iterator[StoreDistrict]:
    """A kabupaten; every thief of these tests has stolen one of its machines, or none."""
    with tempfile.TemporaryDirectory(prefix="perahu-", dir=IN_MEMORY) as folder:
        made = StoreDistrict(Path(folder) / "district")
        yield made
        made.close()
