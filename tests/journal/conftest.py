"""Fixtures: a district whose books lie in SQLCipher files, or in PostgreSQL where asked.

A test file that says `pytestmark = BOTH_STORES` runs every test on both.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journal.postgres import Cluster, installed
from tests.journal.stores import IN_MEMORY, StoreDistrict


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server for the whole run."""
    binaries = installed()
    if binaries is None:
        pytest.skip("needs the Debian package postgresql")
    made = Cluster(binaries, IN_MEMORY)
    yield made
    made.stop()


@pytest.fixture
def district(request: pytest.FixtureRequest) -> Iterator[StoreDistrict]:
    """The kabupaten of the cast, on the store that the test's parameter names."""
    wanted = getattr(request, "param", "sqlcipher")
    server = request.getfixturevalue("cluster") if wanted == "postgresql" else None
    with tempfile.TemporaryDirectory(prefix="perahu-", dir=IN_MEMORY) as folder:
        made = StoreDistrict(Path(folder) / "district", server)
        yield made
        made.close()
