"""Fixtures: the district of the cast, made anew for each test in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cast import District


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    """A kabupaten whose hub has stated its first facts when `found` is called."""
    made = District(tmp_path / "district")
    yield made
    made.close()
