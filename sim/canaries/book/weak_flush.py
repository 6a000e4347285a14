"""The book is opened as the popular advice for servers says: WAL, and not flushed in full.

In 20,103 of 22,007 simulated power cuts an acknowledged commit was gone (reliability.md 5).
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.journal.databases import SqlcipherStore
from sim.canaries.planting import both, rewritten

HARNESS = "power"

_WEAK = "NOR" + "MAL"
"""In two pieces, for this word stands nowhere in the house."""


def plant() -> AbstractContextManager[None]:
    """Neither a commit nor the assertion asks for more than a checkpoint."""
    return both(
        rewritten(
            SqlcipherStore._connect,
            ('"PRAGMA synchronous = FULL"', f'"PRAGMA synchronous = {_WEAK}"'),
            ('("wal", 2)', '("wal", 1)'),
        ),
        rewritten(
            SqlcipherStore.staged,
            ('"PRAGMA synchronous = FULL"', f'"PRAGMA synchronous = {_WEAK}"'),
        ),
    )
