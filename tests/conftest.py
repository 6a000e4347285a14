"""Fixtures: the district of the cast, made anew for each test in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from perahu.node.django_settings import configure
from tests.cast import District

# Rooms have tables, and Django must know its settings before it sees one.
configure()


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    """A kabupaten whose hub has stated its first facts when `found` is called."""
    made = District(tmp_path / "district")
    yield made
    made.close()
