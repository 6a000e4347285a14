"""The receiver of a blob counts the chunk it waits for among those it has.

After every cut the sender goes on one chunk too far; the whole never checks, and a photo
is on its way for ever. One side counts from nought, the other one from one.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.sync.receiving import Receiving
from sim.canaries.planting import rewritten

HARNESS = "pair"


def plant() -> AbstractContextManager[None]:
    """One more than it holds."""
    return rewritten(
        Receiving._count, ("        return count", "        return count + 1")
    )
