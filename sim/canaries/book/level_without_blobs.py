"""A receipt says *diterima* as soon as the entry has arrived, its photos or not.

Names in a database, files beside it, two roads for them, and a count that looks at the
rows alone.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.journal import writer
from sim.canaries.planting import rewritten

HARNESS = "pair"


def plant() -> AbstractContextManager[None]:
    """The blobs are not asked."""
    return rewritten(
        writer.level_of, ("    return min([acked, *levels])", "    return min([acked])")
    )
