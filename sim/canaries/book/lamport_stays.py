"""A node does not take over the Lamport time of what it hears.

Its next fact, stated in knowledge of the other one, then stands before it: the effect
before its cause.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.journal.book import Book
from sim.canaries.planting import rewritten

HARNESS = "pair"


def plant() -> AbstractContextManager[None]:
    """Only its own facts move its time."""
    return rewritten(
        Book.add_entries,
        (
            "        self._advance_lamport([item.header.lamport for item in checked])",
            "        if row.own:\n            self._advance_lamport("
            "[item.header.lamport for item in checked])",
        ),
    )
