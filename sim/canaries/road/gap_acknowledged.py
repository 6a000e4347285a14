"""What lies behind a hole is acknowledged as if the hole were filled.

A torn file on a stick: its second half is read, and the answer says how far it went. The
first half is never sent again.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.sync.receiving import Receiving
from perahu.sync.vector import Reach
from sim.canaries.planting import both, rewritten

HARNESS = "pair"


def plant() -> AbstractContextManager[None]:
    """The end of what came is the end of what is held."""
    beyond: dict[bytes, Reach] = {}
    return both(
        rewritten(
            Receiving._segment,
            (
                "        if got is Received.STORED:\n",
                "        if got is Received.GAP:\n"
                "            reached_beyond[cargo.journal] = Reach(segment.b, segment.h_b[:8])\n"
                "        if got is Received.STORED:\n",
            ),
            names={"reached_beyond": beyond},
        ),
        rewritten(
            Receiving.take_reached,
            (
                "= self._reach(row)",
                "= told_beyond.pop(journal, None) or self._reach(row)",
            ),
            names={"told_beyond": beyond},
        ),
    )
