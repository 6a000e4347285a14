"""A node whose peer shows its journal further than it holds it itself just goes on.

The whole machine came out of a backup, the fence too: only somebody else can know. If it
does not begin a new epoch, its new facts stand where the lost ones stood, and nobody
takes them any more.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.sync.forgotten import witness_other
from sim.canaries.planting import rewritten

HARNESS = "pair"


def plant() -> AbstractContextManager[None]:
    """That a peer is further is no news."""
    return rewritten(
        witness_other,
        ("    if is_current or (", "    if False and is_current or ("),
    )
