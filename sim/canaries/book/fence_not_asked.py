"""Nobody looks at the fence when the book is opened.

An old backup of the book goes on where the backup ended, and gives the same numbers to
other facts. borg keeps such a mark outside its repository; a sync app whose marks lay
inside the database rewound them with it (submersion, PR 309).
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.journal import recovery
from sim.canaries.planting import rewritten

HARNESS = "pair"


def plant() -> AbstractContextManager[None]:
    """The fence agrees with any book."""
    return rewritten(
        recovery.fence_agrees,
        ("    mark = fence.read()\n", "    return True\n    mark = fence.read()\n"),
    )
