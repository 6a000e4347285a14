"""A receipt is given before the book's file was flushed.

The oldest of all: a database that answers from the page cache. Of eleven systems that were
looked at in 2014 (ALICE, OSDI) most had orders of writes that nothing enforced; MongoDB's
drivers did not even wait for an answer until the end of 2012.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.journal.promises import Promises
from sim.canaries.planting import rewritten

HARNESS = "power"


def plant() -> AbstractContextManager[None]:
    """The promise is kept without the flush."""
    return rewritten(Promises.keep, ("            self._book.store.flush()\n", ""))
