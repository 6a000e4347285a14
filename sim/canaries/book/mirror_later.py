"""*Tercermin* is said of entries that the second medium will get next time.

On 31 January 2017 GitLab had five kinds of copies, and none of them held the data.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.journal import mirroring
from sim.canaries.planting import rewritten

HARNESS = "pair"


def plant() -> AbstractContextManager[None]:
    """The mirror is there, so it counts."""
    return rewritten(
        mirroring.bring_on,
        (
            "        mirror.add(node, epoch, fresh)",
            "        mirror.add(node, epoch, ())",
        ),
    )
