"""Facts are put in order by the clock on the wall.

After a flat battery it is 1970, and a correction of today loses against yesterday's.
Cassandra's "last write wins" dropped acknowledged writes on clocks that differ (Jepsen,
2013).
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.journal.types import Event
from sim.canaries.planting import rewritten

HARNESS = "pair"


def plant() -> AbstractContextManager[None]:
    """The wall clock decides which fact is the later one."""
    return rewritten(
        Event.order,
        (
            "return (self.lamport, self.journal, self.seq)",
            "return (self.wall_ms, self.journal, self.seq)",
        ),
    )
