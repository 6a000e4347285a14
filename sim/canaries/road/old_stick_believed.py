"""Yesterday's courier file, read after today's, says how far the other side is.

Sticks come in any order. What it said is true of yesterday: the sender forgets what was
acknowledged since, and sends all of it once more.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.sync.courier import reading
from sim.canaries.planting import rewritten

HARNESS = "pair"


def plant() -> AbstractContextManager[None]:
    """Every ack is news."""
    return rewritten(
        reading._Import._heard_ack,
        (
            "        if self._is_stale or found.number <= self._seen_before:\n",
            "        if False:\n",
        ),
    )
