"""Fixtures: a district whose books lie in SQLCipher files, or in PostgreSQL where asked.

A test file that says `pytestmark = BOTH_STORES` runs every test on both.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journal.postgres import Cluster, installed
from tests.journal.stores import StoreDistrict


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server for the whole run."""
    binaries = installed()
    if binaries is None:
        pytest.skip("needs the Debian package postgresql")
    made = Cluster(binaries)
    yield made
    made.stop()


@pytest.fixture
def district(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreDistrict]:
    """The kabupaten of the cast, on the store that the test's parameter names."""
    wanted = getattr(request, "param", "sqlcipher")
    server = request.getfixturevalue("cluster") if wanted == "postgresql" else None
    made = StoreDistrict(tmp_path / "district", server)
    yield made
    made.close()
