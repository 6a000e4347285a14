"""A print right may be taken by an office that holds it already, or gave it away.

Both halves of a move are noted, and nobody looks whether it is still on its way: the same
coin is spent twice.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.cards import rules_order
from sim.canaries.planting import both, rewritten

HARNESS = "worlds"


def plant() -> AbstractContextManager[None]:
    """A right that is not on its way is taken."""
    return both(
        rewritten(
            rules_order._coming,
            ("    if known.moving_to != node:\n", "    if False:\n"),
        ),
    )
