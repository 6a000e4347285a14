"""Entries, heads and the mark of what was asked are written one by one, not all or none.

Whoever forgets the transaction does not notice until a process dies between two
statements, and no test of the happy way ever does.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.journal.databases import SqlcipherStore
from sim.canaries.planting import rewritten

HARNESS = "power"


def plant() -> AbstractContextManager[None]:
    """Each statement commits by itself."""
    return rewritten(
        SqlcipherStore.staged,
        ("            with self.transaction():\n", "            if True:\n"),
    )
