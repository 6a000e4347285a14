"""The fence moves before the book is flushed: the order of two flushes is a lie.

After a power cut the fence promises what the book does not hold, and a healthy office
takes itself for an old backup. Two fsyncs in the wrong order is what half of the
vulnerabilities of ALICE (OSDI 2014) came to.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.journal.promises import Promises
from sim.canaries.planting import rewritten

HARNESS = "power"


def plant() -> AbstractContextManager[None]:
    """First the fence, then the book."""
    return rewritten(
        Promises.keep,
        (
            "            self._book.store.flush()\n",
            "            self._fence.move(mark)\n",
        ),
        (
            "            self._fence.move(mark)\n            return mirrored",
            "            self._book.store.flush()\n            return mirrored",
        ),
    )
