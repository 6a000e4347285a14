"""A flush that failed is tried once more, and this time it succeeds.

The system had thrown the unwritten pages away after the first failure: the second flush
has nothing to do. PostgreSQL did this for twenty years, until 2018 ("fsyncgate").
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.journal.databases import SqlcipherStore
from sim.canaries.planting import rewritten

HARNESS = "pair"


def plant() -> AbstractContextManager[None]:
    """The failure is told once and not remembered."""
    return rewritten(
        SqlcipherStore.flush,
        ("                self._failed = error", "                raise error"),
    )
