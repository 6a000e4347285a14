"""A fact that this program cannot read stops the journal it came in.

One message that nobody understands, and everything behind it waits: every queue has a
word for it ("poison pill"). An office that was updated first would be cut off.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.journal.receiver import Receiver
from sim.canaries.planting import rewritten

HARNESS = "pair"


def plant() -> AbstractContextManager[None]:
    """What cannot count is refused."""
    return rewritten(
        Receiver._judge,
        ("            self._book.park(position, refusal)", "            raise refusal"),
    )
