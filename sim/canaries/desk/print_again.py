"""A print nobody knows the end of is tried again by itself.

The printer did not answer, so the card did not come out: two cards of one number. Whoever
repeats a payment after a timeout pays twice.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.cards import rules
from sim.canaries.planting import rewritten

HARNESS = "printers"


def plant() -> AbstractContextManager[None]:
    """What is uncertain is not printed yet."""
    return rewritten(
        rules.check_once, ("    if order.unresolved:\n", "    if False:\n")
    )
