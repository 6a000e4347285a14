"""A box of blanks is counted in as often as somebody opens it.

The delivery note was signed by two people, or by one on two days.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.cards import rules_stock
from sim.canaries.planting import rewritten

HARNESS = "worlds"


def plant() -> AbstractContextManager[None]:
    """A transfer that came may come again."""
    return rewritten(
        rules_stock.decide_arrive,
        ("    if transfer.arrived is not None:\n", "    if False:\n"),
    )
