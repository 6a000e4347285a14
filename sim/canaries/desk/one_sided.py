"""A movement of stock is posted to one account only.

Horizon, the system of the Post Office, knew "one-sided transactions"; people went to
prison for differences that it made.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.cards import reads_stock
from sim.canaries.planting import rewritten

HARNESS = "worlds"


def plant() -> AbstractContextManager[None]:
    """It comes in here, and goes out nowhere."""
    return rewritten(
        reads_stock._rows,
        (
            'return half(-1, "-", movement.source), half(1, "+", movement.target)',
            'return (half(1, "+", movement.target),)',
        ),
    )
