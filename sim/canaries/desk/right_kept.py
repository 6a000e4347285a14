"""An office keeps a print right until the other one has said that it took it.

Copy first, delete when the copy is confirmed: right for a file, wrong for a right. While it
moves, and for as long as the other one's word is on the road, two offices may print one
card.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.cards import reads, rules
from sim.canaries.planting import both, rewritten

HARNESS = "moves"


def plant() -> AbstractContextManager[None]:
    """The sender stays the holder, and who holds it may print."""
    return both(
        rewritten(
            reads._place,
            (
                'place.holder, place.moving_to = "", other',
                "place.moving_to = other",
            ),
        ),
        rewritten(
            rules.check_right,
            (
                "    if order.moving_to:\n",
                "    if order.moving_to and order.holder != node:\n",
            ),
        ),
    )
