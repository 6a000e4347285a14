"""The tables may know of entries that the book lost in a power cut.

They are not flushed with the book; what they noted of positions that are given again is
never corrected. etcd 3.5.0 to 3.5.2 noted how far it was before it was there, and its
members came out of a crash with different data (2022).
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.journal import recovery
from sim.canaries.planting import rewritten

HARNESS = "pair"


def plant() -> AbstractContextManager[None]:
    """Nobody compares the two at the start."""
    return rewritten(
        recovery.check_tables,
        ("        tables.rebuild()", "        assert tables is not None"),
    )
