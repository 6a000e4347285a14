"""What has a number we hold is taken for what we hold; nobody compares the hash.

Two copies of one machine write different facts under the same numbers, and the second
ones vanish without a word. In Secure Scuttlebutt a fork is the end of a feed; here both
histories are kept and a person is asked.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.journal.receiver import Receiver
from sim.canaries.planting import both, rewritten

HARNESS = "pair"


def plant() -> AbstractContextManager[None]:
    """A known number is a known fact."""
    return both(
        rewritten(
            Receiver.receive,
            (
                "            if here is not None and here != item.h:\n",
                "            if False:\n",
            ),
        ),
        rewritten(
            Receiver._is_fork,
            ("        if here is None or here == segment.h_b:\n", "        if True:\n"),
        ),
    )
